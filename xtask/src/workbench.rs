//! Builds the workbench as WebAssembly, for a page's worker or for Node.

use std::path::Path;

use anyhow::{Context, Result};

use crate::cache::Places;
use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";

/// Writes the module and its loader into a folder, for one of wasm-bindgen's targets (`no-modules`, `nodejs`), by one of
/// cargo's profiles.
pub(crate) fn build(places: &Places, target: &str, profile: &str, folder: &Path) -> Result<()> {
    let mut cargo = places.cargo();
    cargo.args(["build", "--quiet", "--package", "aileron-workbench", "--features", "wasm"]);
    cargo.args(["--target", TARGET, "--profile", profile]);
    process::run(&mut cargo).context("the workbench was not built")?;
    let module = places.target.join(TARGET).join(profile).join("aileron_workbench.wasm");
    let mut bindgen = places.command("wasm-bindgen");
    bindgen.args(["--target", target, "--no-typescript", "--out-dir"]).arg(folder).arg(module);
    process::run(&mut bindgen).context("the workbench has no loader")
}
