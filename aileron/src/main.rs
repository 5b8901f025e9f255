//! `aileron`: the one binary that users run.
//!
//! `aileron serve` is the control plane, the console and the driver for one machine in one process.
//! This crate only puts the parts together: the two adapters in `wiring` are all that the control
//! plane and the driver know of each other.
//!
//! What it deliberately does not do: anything that a part could do itself.
//!
//! Start reading at [`serve`].

mod console;
mod logs;
mod serve;
mod wiring;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// A workflow control plane that speaks Flyte.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// What is written to standard error: a level, or `target=level` pairs.
    #[arg(long, global = true, default_value = "info", value_name = "FILTER")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the control plane, the console and the local driver.
    Serve(serve::Options),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_new(&arguments.log)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.command {
        Command::Serve(options) => runtime.block_on(serve::serve(options)),
    }
}
