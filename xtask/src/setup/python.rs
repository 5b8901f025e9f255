//! The virtual environment with flytekit, in which clients and tasks run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// What is installed, one pinned package a line.
const REQUIREMENTS: &str = "tests/python/requirements.txt";

pub(super) fn environment(places: &Places) -> Result<()> {
    let need = Need {
        name: "flytekit environment",
        how: "python3.11 -m venv, then pip install",
        mend: "check that python3.11 with its venv module is on PATH and that pip reaches an index",
    };
    let wanted = fs::read_to_string(places.root.join(REQUIREMENTS)).context(REQUIREMENTS)?;
    // Written last, so a half-made environment is made anew.
    let stamp = places.venv().join("requirements.txt");
    let there = fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && answers(places);
    need.meet(places, there, |log| {
        // A changed list changes an environment in place: others may be running in it.
        if !answers(places) {
            make(places, log)?;
        }
        let mut pip = places.python("python");
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement", REQUIREMENTS]);
        process::logged(&mut pip, log)?;
        fs::write(&stamp, &wanted).context("write the stamp of the environment")
    })
}

fn answers(places: &Places) -> bool {
    process::answer(places.python("python").arg("--version")).is_ok()
}

fn make(places: &Places, log: &Path) -> Result<()> {
    let python = python(places)?;
    let program = python.to_string_lossy();
    let has_venv = process::answer(places.command(&program).args(["-c", "import venv, ensurepip"])).is_ok();
    if !has_venv && debian::can_install(places) {
        debian::install(places, &["python3.11-venv"], log)?;
    } else if !has_venv {
        bail!("{program} has no venv module: install Debian's package python3.11-venv");
    }
    process::logged(places.command(&program).args(["-m", "venv", "--clear"]).arg(places.venv()), log)
}

/// The interpreter of 3.11 that really runs; a shim on PATH may stand for one that is not selected.
fn python(places: &Places) -> Result<PathBuf> {
    for name in ["python3.11", "python3"] {
        let version = process::answer(
            places.command(name).args(["-c", "import sys; print(sys.executable, sys.version)"]),
        );
        let found = version.ok().and_then(|text| {
            let (path, version) = text.trim().split_once(' ')?;
            version.starts_with("3.11.").then(|| PathBuf::from(path))
        });
        if let Some(path) = found {
            return Ok(path);
        }
    }
    bail!(
        "there is no Python 3.11 on PATH: install it (Debian: `apt-get install python3.11 python3.11-venv`)"
    )
}
