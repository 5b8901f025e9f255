//! `aileron config`: what a server would be told, without starting one.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::settings::{self, Given, KEYS, Options};

/// What is asked about a configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Says what is wrong with the configuration; ends with 1 if anything is.
    Check(Options),
    /// Prints every value that counts as TOML, with where it comes from.
    Show(Options),
}

pub(crate) fn config(command: Config) -> Result<()> {
    let answer = match command {
        Config::Check(options) => {
            settings::load(options)?;
            "the configuration is fine\n".to_owned()
        }
        Config::Show(options) => shown(&settings::load(options)?.given),
    };
    std::io::stdout().write_all(answer.as_bytes()).context("failed to write to standard output")
}

/// A file that would give the same settings; what is unset stands in a comment.
fn shown(given: &Given) -> String {
    let lines = KEYS.iter().map(|key| match given.effective(key) {
        (Some(value), origin) => (format!("{} = {value}", key.name), origin.to_string()),
        (None, _) => (format!("# {}", key.name), "unset".to_owned()),
    });
    let lines: Vec<(String, String)> = lines.collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    lines.iter().map(|(line, origin)| format!("{line:width$}  # {origin}\n")).collect()
}
