//! Podman, by which tests run tasks in their images.

use anyhow::Result;

use super::{Need, debian};
use crate::cache::Places;

/// With the runtime that works with control groups of either version, or of both at once.
const PACKAGES: [&str; 2] = ["podman", "runc"];

pub(super) fn podman(places: &Places) -> Result<()> {
    let need = Need {
        name: "podman",
        how: "apt-get install podman runc",
        mend: "install Debian's packages podman and runc",
    };
    let there = PACKAGES.iter().all(|program| places.on_path(program).is_some());
    if !there && !debian::can_install(places) {
        println!("  {}: left out, its tests say so and show nothing", need.name);
        return Ok(());
    }
    need.meet(places, there, |log| debian::install(places, &PACKAGES, log))
}
