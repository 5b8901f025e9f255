//! The C++ compiler that builds libFuzzer.

use anyhow::{Result, bail};

use super::{Need, debian};
use crate::cache::Places;

pub(super) fn compiler(places: &Places) -> Result<()> {
    let need = Need {
        name: "c++",
        how: "apt-get install g++",
        mend: "install Debian's package `g++`, or put a C++ compiler called `c++` on PATH",
    };
    need.meet(places, places.on_path("c++").is_some(), |log| {
        if !debian::can_install(places) {
            bail!("only root on Debian can install it");
        }
        debian::install(places, &["g++"], log)
    })
}
