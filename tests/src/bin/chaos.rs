//! Kills parts of a cluster while workflows run; see `aileron_tests::chaos`.

#![expect(clippy::print_stdout, reason = "a command line tool talks to its terminal")]

use aileron_tests::chaos::{Plan, run};
use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// What decides which part is next.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many parts are killed.
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// How many workflows are under way at any time.
    #[arg(long, default_value_t = 100)]
    live: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { seed, kills, live } = Arguments::parse();
    let report = run(Plan { seed, kills, live }).await?;
    println!("{report:#?}");
    Ok(())
}
