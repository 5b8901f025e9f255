//! `wasm-opt` of binaryen, which shrinks the console.

use std::path::Path;

use anyhow::Result;

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// The release that Trunk.toml asks for; trunk would download another, which `--offline` forbids.
const VERSION: &str = "108";

pub(super) fn wasm_opt(places: &Places) -> Result<()> {
    let need = Need {
        name: &format!("wasm-opt {VERSION}"),
        how: "Debian's binaryen, or else npm's",
        mend: "put wasm-opt of binaryen 108 on PATH (Debian 12: `apt-get install binaryen`)",
    };
    need.meet(places, is_there(places), |log| {
        // A newer Debian has a newer release, which does not count.
        if debian::can_install(places)
            && debian::install(places, &["binaryen"], log).is_ok()
            && is_there(places)
        {
            return Ok(());
        }
        from_npm(places, log)
    })
}

fn from_npm(places: &Places, log: &Path) -> Result<()> {
    let package = format!("binaryen@{VERSION}.0.0");
    let mut npm = places.command("npm");
    npm.args(["install", "--no-save", "--no-fund", "--no-audit", &package, "--prefix"]).arg(places.tools());
    process::logged(&mut npm, log)
}

fn is_there(places: &Places) -> bool {
    let version = process::answer(places.command("wasm-opt").arg("--version"));
    version.is_ok_and(|text| text.split_whitespace().any(|word| word == VERSION))
}
