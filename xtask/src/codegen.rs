//! `cargo xtask codegen [--check]`: the Rust of idl/protos.

use anyhow::Result;

use crate::cache::Places;
use crate::process;

/// Writes idl/src/gen, or with `check` only compares.
pub(crate) fn run(places: &Places, check: bool) -> Result<()> {
    let mut cargo = places.cargo();
    cargo.args(["run", "--quiet", "--package", "aileron-idl-codegen", "--"]);
    if check {
        cargo.arg("--check");
    }
    process::run(&mut cargo)
}
