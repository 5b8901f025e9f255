//! Loads the control plane of a server from outside and prints what it took, as one JSON object.
//!
//! `load BINARY [--database URL] [--only PART]... [-- SERVE OPTIONS]`: starts the binary on a new data folder and
//! measures registering, launching, reading and events, each in a file of its own; `--only access` measures what access
//! control costs, on servers of its own. What comes after `--` goes
//! to `aileron serve`: with another driver there, launching is measured with that. `cargo xtask bench control`
//! turns the numbers into a report.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is its result")]
#![expect(clippy::cast_precision_loss, reason = "counts and times, shown with three digits")]

mod access;
mod events;
mod launch;
mod million;
mod reads;
mod register;
mod streams;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aileron_tests::client::Client;
use aileron_tests::programs;
use aileron_tests::server::Server;
use anyhow::{Context, Result, bail};

/// What is measured, by the names of `--only`.
const PARTS: [&str; 5] = ["register", "launch", "get", "list", "events"];
/// Measured alone, and only when it is asked for by name.
const ACCESS: &str = "access";

type Numbers = BTreeMap<&'static str, f64>;

/// What the command line asks for.
#[derive(Debug)]
struct Asked {
    binary: PathBuf,
    database: Option<String>,
    parts: Vec<String>,
    serve: Vec<String>,
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Asked> {
        let usage = "usage: load BINARY [--database URL] [--only PART]... [-- SERVE OPTIONS]";
        let binary = words.next().context(usage)?.into();
        let mut asked = Asked { binary, database: None, parts: Vec::new(), serve: Vec::new() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--database" => asked.database = Some(words.next().context(usage)?),
                "--only" => asked.parts.push(words.next().context(usage)?),
                "--" => asked.serve.extend(words.by_ref()),
                _ => bail!(usage),
            }
        }
        let is_known = |part: &str| PARTS.contains(&part) || part == ACCESS;
        if let Some(unknown) = asked.parts.iter().find(|part| !is_known(part)) {
            bail!("there is no part `{unknown}`, only {} and {ACCESS}", PARTS.join(", "));
        }
        Ok(asked)
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|asked| asked == part)
    }
}

/// A server on a data folder, and how to start it there again.
struct World {
    folder: tempfile::TempDir,
    asked: Asked,
    server: Server,
}

impl World {
    fn start(asked: Asked) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let server = serve(&folder, &asked)?;
        Ok(World { folder, asked, server })
    }

    /// Ends the server, has something done without it, and starts it again.
    async fn without(self, work: impl AsyncFnOnce(&str) -> Result<()>) -> Result<World> {
        let World { folder, asked, server } = self;
        drop(server);
        let file = format!("sqlite://{}", folder.path().join("data/aileron.db").display());
        work(asked.database.as_deref().unwrap_or(&file)).await?;
        let server = serve(&folder, &asked)?;
        Ok(World { folder, asked, server })
    }

    async fn client(&self) -> Result<Client> {
        Client::connect(self.server.address()).await
    }
}

fn serve(folder: &tempfile::TempDir, asked: &Asked) -> Result<Server> {
    let mut options = vec!["--parallel-attempts", "1", "--log", "warn"];
    if let Some(database) = &asked.database {
        options.extend(["--database", database]);
    }
    options.extend(asked.serve.iter().map(String::as_str));
    Server::start(&asked.binary, &folder.path().join("data"), "127.0.0.1:0", &options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked = Asked::read(std::env::args().skip(1))?;
    if asked.parts == [ACCESS] {
        let mut numbers = Numbers::new();
        access::measure(&asked, &mut numbers).await?;
        return print(&numbers);
    }
    let wanted: Vec<bool> = PARTS.iter().map(|part| asked.wants(part)).collect();
    let [register, launch, get, list, events] = wanted[..] else { bail!("there are five parts") };
    let mut world = World::start(asked)?;
    let mut numbers = Numbers::new();
    if register {
        register::measure(&world, &mut numbers).await?;
    }
    // The only slot for attempts is taken: accepting, handing over and planning are measured, and processes are
    // not.
    let mut client = world.client().await?;
    let sleep = client.create_task(programs::command("sleep", &["sleep", "600"])).await?;
    let sleeping = client.create_workflow(programs::chain("sleeping", &sleep, 1)).await?;
    client.launch(&sleeping).await?;
    if launch || get {
        let created = launch::measure(&world, &mut numbers).await?;
        reads::executions(&world, &created, &mut numbers).await?;
    }
    if events {
        events::measure(&world, &sleeping, &mut numbers).await?;
    }
    if get {
        reads::nodes(&world, &sleeping, &mut numbers).await?;
    }
    if list {
        world = world.without(million::fill).await?;
        reads::filtered(&world, &mut numbers).await?;
    }
    drop(world);
    print(&numbers)
}

fn print(numbers: &Numbers) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(numbers)?);
    Ok(())
}
