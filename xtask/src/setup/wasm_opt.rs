//! `wasm-opt` of binaryen, which shrinks the console.

use anyhow::Result;

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// The release on npm, where Debian's package cannot be installed.
const NPM_PACKAGE: &str = "binaryen@108.0.0";

pub(super) fn wasm_opt(places: &Places) -> Result<()> {
    let by_debian = debian::can_install(places);
    let need = Need {
        name: "wasm-opt",
        how: if by_debian { "apt-get install binaryen" } else { "npm install binaryen" },
        mend: "install Debian's package `binaryen`, or put wasm-opt on PATH",
    };
    need.meet(places, places.on_path("wasm-opt").is_some(), |log| {
        if by_debian {
            return debian::install(places, &["binaryen"], log);
        }
        let mut npm = places.command("npm");
        npm.args(["install", "--no-save", "--no-fund", "--no-audit", NPM_PACKAGE, "--prefix"])
            .arg(places.tools());
        process::logged(&mut npm, log)
    })
}
