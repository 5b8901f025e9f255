//! `cargo xtask chaos`: the faults of `tests/src/chaos.rs`, for as long as one likes.

use anyhow::Result;

use crate::cache::Places;
use crate::{process, setup};

/// Runs a plan on the release binary.
pub(crate) fn run(places: &Places, seed: u64, kills: u32, live: usize) -> Result<()> {
    process::step("set up the cluster", || setup::chaos(places))?;
    process::step("build the binary", || crate::demo::build_server(places))?;
    process::step(&format!("kill {kills} parts under {live} workflows, seed {seed}"), || {
        let mut cargo = places.cargo();
        cargo.args(["run", "--quiet", "--package", "aileron-tests", "--bin", "chaos", "--"]);
        cargo.args(["--seed", &seed.to_string(), "--kills", &kills.to_string(), "--live", &live.to_string()]);
        process::run(cargo.env("AILERON", places.binary()))
    })
}
