//! Debian packages, which only root can install.

use std::path::Path;

use anyhow::Result;

use super::Need;
use crate::cache::Places;
use crate::process;

/// Whether this is a Debian and we are root.
pub(super) fn can_install(places: &Places) -> bool {
    rustix::process::geteuid().is_root() && places.on_path("apt-get").is_some()
}

/// A Java that runs.
pub(super) fn java(places: &Places) -> Result<()> {
    let need = Need { name: "Java", how: "apt-get install", mend: "put a Java of 17 or later on PATH" };
    let there = process::answer(places.command("java").arg("-version")).is_ok();
    need.meet(places, there, |log| {
        anyhow::ensure!(can_install(places), "only root on Debian can install it");
        install(places, &["default-jre-headless"], log)
    })
}

/// Installs packages from the configured mirrors, their lists refreshed first.
pub(super) fn install(places: &Places, packages: &[&str], log: &Path) -> Result<()> {
    process::logged(places.command("apt-get").arg("update"), log)?;
    let mut apt = places.command("apt-get");
    apt.args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::logged(&mut apt, log)
}
