//! Everything a developer or a build machine does here, as `cargo xtask COMMAND`.
//!
//! It drives other programs (cargo, trunk, pip, npm, the server) and checks the house's own rules.
//! What it deliberately does not do: contain product code, or hide the commands it runs; each is in
//! CONTRIBUTING too. Tools that it installs lie in a cache folder outside the clone ([`cache`]).
//!
//! Start reading at [`setup`], then [`test`] and [`demo`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod audit;
mod bench;
mod browser;
mod cache;
mod chaos;
mod codegen;
mod console;
mod demo;
mod fuzz;
mod image;
mod mutate;
mod operators;
mod plugins;
mod process;
mod python;
mod sbom;
mod sections;
mod server;
mod setup;
mod simulate;
mod test;
mod tidy;
mod workbench;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cache::Places;

#[derive(Parser)]
#[command(about = "Set-up, demo, tests and checks of this repository", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the other commands need and is missing
    Setup,
    /// Build the web console into `dist/`
    Console(console::Asked),
    /// Set everything up, start a server and run a real flytekit program on it
    Demo {
        /// End when the program has ended, with its result, instead of staying up
        #[arg(long)]
        once: bool,
        /// Run the program in pods: on a Kubernetes of this machine, which needs root, with the metadata in PostgreSQL
        #[arg(long)]
        kubernetes: bool,
    },
    /// Drive the engine through seeded runs with faults, and hold its properties
    Simulate {
        /// The first seed
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// How many seeds
        #[arg(long, default_value_t = 100_000)]
        seeds: u64,
        /// Only the properties whose names contain this
        property: Option<String>,
    },
    /// Break rules of the engine, one at a time in a copy, and hold that a test fails each time
    Mutate {
        /// Break only each so-manieth rule of the list
        #[arg(long, default_value_t = 1)]
        every: usize,
        /// Only the rules whose names contain this
        rule: Option<String>,
    },
    /// Kill parts of a cluster while workflows run, and hold that nothing is lost or run twice
    Chaos {
        /// What decides which part is next
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// How many parts are killed
        #[arg(long, default_value_t = 1000)]
        kills: u32,
        /// How many workflows are under way
        #[arg(long, default_value_t = 100)]
        live: usize,
    },
    /// Make an image of the binary, as a docker archive
    Image {
        /// Its name and tag
        #[arg(long, default_value = concat!("aileron:", env!("CARGO_PKG_VERSION")))]
        name: String,
        /// Where; `aileron.tar` in the build folder when not given
        #[arg(long)]
        out: Option<std::path::PathBuf>,
    },
    /// Set everything up and run every check and test
    Test,
    /// Run the tests that speak by flytekit
    Python(python::Python),
    /// Run the tests in a browser
    Browser(browser::Browser),
    /// Look for inputs that break an invariant, guided by coverage
    Fuzz(fuzz::Hunt),
    /// Measure the server and the compiler, and write the reports in docs/bench
    Bench {
        /// One part alone
        part: Option<bench::Part>,
    },
    /// Run jobs with Kubeflow's, Ray's and Dask's own operators
    Operators,
    /// Run tasks of Spark and PyTorch on this machine, with flytekit's real packages (500 MB) and Java
    Plugins,
    /// Turn idl/protos into idl/src/gen
    Codegen {
        /// Write nothing; fail when the committed files differ
        #[arg(long)]
        check: bool,
    },
    /// Check licences, advisories and sources of all dependencies
    Audit,
    /// Write the bill of materials of the binary, as CycloneDX
    Sbom {
        /// Where; `aileron.cdx.json` in the build folder when not given
        #[arg(long)]
        out: Option<std::path::PathBuf>,
    },
    /// Check the rules of the house: layering, sizes, headers, words
    Tidy,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match Places::find().and_then(|places| obey(&command, &places)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(command: &Command, places: &Places) -> anyhow::Result<()> {
    match command {
        Command::Setup => setup::everything(places),
        Command::Console(asked) => console::run(places, asked),
        Command::Demo { once, kubernetes: false } => demo::run(places, *once),
        Command::Demo { once, kubernetes: true } => demo::kubernetes::run(places, *once),
        Command::Chaos { seed, kills, live } => chaos::run(places, *seed, *kills, *live),
        Command::Operators => operators::run(places),
        Command::Plugins => plugins::run(places),
        Command::Image { name, out } => image::build(places, name, out.as_deref()).map(drop),
        Command::Simulate { first, seeds, property } => {
            simulate::run(places, *first..first.saturating_add(*seeds), property.as_deref())
        }
        Command::Mutate { every, rule } => mutate::run(places, *every, rule.as_deref()),
        Command::Test => test::run(places),
        Command::Python(asked) => python::run(places, asked),
        Command::Browser(asked) => browser::run(places, asked),
        Command::Fuzz(hunt) => fuzz::run(places, hunt),
        Command::Bench { part } => bench::run(places, *part),
        Command::Codegen { check } => codegen::run(places, *check),
        Command::Audit => audit::run(places),
        Command::Sbom { out } => sbom::run(places, out.as_deref()),
        Command::Tidy => tidy::run(places),
    }
}
