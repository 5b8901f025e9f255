//! Chromium and the library that drives it, for the browser test; other packages for Node.

use std::fs;

use anyhow::{Context, Result, bail};

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// Debian's Chromium; with a font, or the pages have no letters.
pub(super) fn chromium(places: &Places) -> Result<()> {
    let need = Need {
        name: "chromium",
        how: "apt-get install chromium",
        mend: "install Debian's package `chromium`, or put a program of that name on PATH",
    };
    need.meet(places, places.on_path("chromium").is_some(), |log| {
        if !debian::can_install(places) {
            bail!("only root on Debian can install it");
        }
        debian::install(places, &["chromium", "fonts-liberation"], log)
    })
}

/// The packages of the browser test's lockfile.
pub(super) fn playwright(places: &Places) -> Result<()> {
    packages(places, "playwright-core", "tests/e2e")
}

/// Azure's object store, for the tests.
pub(super) fn azurite(places: &Places) -> Result<()> {
    packages(places, "azurite", "tests/emulators")
}

/// The layouts that ours is measured against.
pub(super) fn layouts(places: &Places) -> Result<()> {
    packages(places, "elkjs and dagre", "compiler/bench")
}

/// The packages of a folder's lockfile.
fn packages(places: &Places, name: &str, folder: &str) -> Result<()> {
    let need = Need {
        name,
        how: "npm ci",
        mend: "check that npm is on PATH and reaches a registry, then run `npm ci` in the folder",
    };
    let folder = places.root.join(folder);
    let lock = fs::read(folder.join("package-lock.json")).with_context(|| folder.display().to_string())?;
    let stamp = folder.join("node_modules/.installed-lock");
    let there = fs::read(&stamp).is_ok_and(|have| have == lock);
    need.meet(places, there, |log| {
        let mut npm = places.command("npm");
        npm.args(["ci", "--no-fund", "--no-audit"]).current_dir(&folder);
        process::logged(&mut npm, log)?;
        fs::write(&stamp, &lock).context("write the stamp of the packages")
    })
}
