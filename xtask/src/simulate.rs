//! `cargo xtask simulate`: the engine's properties over as many seeds as one likes.

use std::ops::Range;

use anyhow::Result;

use crate::cache::Places;
use crate::process;

/// Holds the properties, or those of a name, over some seeds.
pub(crate) fn run(places: &Places, seeds: Range<u64>, property: Option<&str>) -> Result<()> {
    let mut cargo = places.cargo();
    cargo.args(["test", "-p", "aileron-engine", "--test", "it", "--"]);
    cargo.arg(property.unwrap_or("properties"));
    cargo.env("AILERON_SEEDS", format!("{}..{}", seeds.start, seeds.end));
    process::run(&mut cargo)
}
