//! Tests of the whole, one file an area. Each starts the real binary and speaks gRPC to it; tasks are
//! commands of the shell, so a test takes milliseconds where flytekit would take seconds.

mod client;
mod fairness;
mod lifecycle;
mod limits;
mod metrics;
mod migrate;
mod register;
mod starting;
mod tracing;

use std::time::Duration;

use aileron_tests::client::Client;
use aileron_tests::server::{Server, binary};
use anyhow::Result;
use tempfile::TempDir;

/// Longer than any execution here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a data folder of its own, and a client of it.
struct World {
    server: Server,
    client: Client,
    folder: TempDir,
}

impl World {
    async fn new(options: &[&str]) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let server = Server::start(&binary()?, &folder.path().join("data"), "127.0.0.1:0", options)?;
        let client = Client::connect(server.address()).await?;
        Ok(World { server, client, folder })
    }

    /// Kills the server and starts another on the same folder. It takes a port of its own: the old one
    /// may be given to anyone as soon as it is free.
    async fn crash(self) -> Result<World> {
        let World { server, folder, .. } = self;
        server.kill()?;
        let server = Server::start(&binary()?, &folder.path().join("data"), "127.0.0.1:0", &[])?;
        let client = Client::connect(server.address()).await?;
        Ok(World { server, client, folder })
    }
}
