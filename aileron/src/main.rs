//! `aileron`: the one binary that users run.
//!
//! `aileron serve` is the control plane, the console and the driver for one machine in one process. With a
//! cluster, `aileron serve` hands executions to it and `aileron propeller` runs them there.
//! This crate only puts the parts together: `wiring` (in one process), `kubernetes` and `remote` (through a
//! cluster and a wire) are all that the control plane and the drivers know of each other; `settings` is the
//! one table of what they can be told.
//!
//! `client` holds the commands that ask a server, over gRPC and nothing else.
//!
//! What it deliberately does not do: anything that a part could do itself.
//!
//! Start reading at [`serve`] or [`client`].

mod access;
mod accounts;
mod attempt;
mod batch;
mod catalog;
mod channel;
mod client;
mod config;
mod connectors;
mod console;
mod copilot;
mod exposure;
mod gate;
mod isolation;
mod kubernetes;
mod logs;
mod metrics;
mod migrate;
mod notifications;
mod objects;
mod plane;
mod process;
mod propeller;
mod remote;
mod secret_file;
mod serve;
mod settings;
mod telemetry;
mod webhook;
mod wiring;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// What blocks a thread when a program that stays has ended, a write mostly, may take this long.
const LAST_WORK: Duration = Duration::from_millis(500);

/// A workflow control plane that speaks Flyte.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the control plane and the console, and the local driver unless another is set.
    Serve(Box<settings::Options>),
    /// Runs the workflows of a Kubernetes cluster, and reports to a server.
    Propeller(Box<settings::Options>),
    /// Prints the definition of the custom resource, for `kubectl apply -f -`.
    Crd,
    /// Checks or shows a server's configuration.
    #[command(subcommand)]
    Config(Box<config::Config>),
    /// Brings a raw container its inputs, and takes its outputs; in pods, not for people.
    #[command(subcommand, hide = true)]
    Copilot(copilot::Copilot),
    /// Gives the pods of a Kubernetes cluster the secrets that they ask for.
    Webhook(webhook::Webhook),
    /// Brings the database of the metadata up to date.
    Migrate(Box<migrate::Migrate>),
    /// People whose passwords the server keeps.
    #[command(subcommand)]
    User(Box<accounts::User>),
    /// Programs with secrets of the server's.
    #[command(subcommand)]
    Client(Box<accounts::Client>),
    /// Roles in the server's database.
    #[command(subcommand)]
    Role(Box<accounts::Role>),
    /// Prints the key by which somebody reaches the store's door: access key and secret, a line each.
    S3Key(Box<objects::S3Key>),
    /// Puts a new key before those that sign tokens; the others count on.
    RotateKey(Box<settings::Options>),
    #[command(flatten)]
    Ask(client::Client),
}

fn main() -> ExitCode {
    if let Some(code) = attempt::attempt() {
        return code;
    }
    match prepare().and_then(|()| run(Arguments::parse().command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => end(&error),
    }
}

/// Says what went wrong, and how the program is to end.
fn end(error: &anyhow::Error) -> ExitCode {
    let failure = error.downcast_ref::<client::Failure>();
    if failure.is_some_and(client::Failure::is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    let hint = error.chain().find_map(|cause| hint(cause.downcast_ref::<std::io::Error>()?.kind()));
    // Where nobody reads there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {error:#}{}", hint.unwrap_or_default());
    failure.map_or(ExitCode::FAILURE, client::Failure::exit_code)
}

/// What to do about what the system refuses.
fn hint(refusal: ErrorKind) -> Option<&'static str> {
    match refusal {
        ErrorKind::PermissionDenied => {
            Some("\nhint: the user who runs this may not do that; let it own the folder, or name another one")
        }
        ErrorKind::ReadOnlyFilesystem => {
            Some("\nhint: nothing can be written there; name a folder on another disk")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("\nhint: the disk is full; free some space, or name a folder on another one")
        }
        _ => None,
    }
}

/// Several of our libraries speak TLS; left alone, each would look for a crypto provider of its own.
fn prepare() -> Result<()> {
    let installed = rustls::crypto::ring::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("another crypto provider was installed before"))
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => daemon(*options, serve::serve),
        Command::Propeller(options) => daemon(*options, propeller::propeller),
        Command::Crd => Ok(std::io::stdout().write_all(aileron_crd::manifest().as_bytes())?),
        Command::Config(command) => config::config(*command),
        Command::Webhook(asked) => briefly(webhook::webhook(asked)),
        Command::Copilot(asked) => briefly(copilot::copilot(asked)),
        Command::Migrate(asked) => briefly(migrate::migrate(*asked)),
        Command::User(asked) => briefly(accounts::user(*asked)),
        Command::Client(asked) => briefly(accounts::client(*asked)),
        Command::Role(asked) => briefly(accounts::role(*asked)),
        Command::S3Key(asked) => objects::print_key(*asked),
        Command::RotateKey(options) => accounts::rotate_key(*options),
        Command::Ask(command) => briefly(async { Ok(client::run(command).await?) }),
    }
}

/// Carries out what is done soon, on one thread.
fn briefly(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Runs a program that stays, on all cores.
fn daemon<F>(options: settings::Options, program: fn(settings::Settings) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    let settings = settings::load(options)?.settings;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let inside = runtime.enter();
    let telemetry = telemetry::start(&settings)?;
    drop(inside);
    let ended = runtime.block_on(async {
        let ended = program(settings).await;
        telemetry.end().await;
        ended
    });
    // A thread that waits for others, as for the address of a name, is not waited for.
    runtime.shutdown_timeout(LAST_WORK);
    ended
}
