//! Virtual environments: the one with flytekit, in which clients and tasks run, and that of the orchestrators
//! which measurements are held against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// An environment, and what is installed there: a file with one pinned package a line.
struct Environment {
    name: &'static str,
    folder: PathBuf,
    requirements: &'static str,
}

pub(super) fn flytekit(places: &Places) -> Result<()> {
    Environment {
        name: "flytekit environment",
        folder: places.venv(),
        requirements: "tests/python/requirements.txt",
    }
    .meet(places)
}

/// What flytekit's plugins need, beside the environment: importing it costs every task that sees it.
pub(super) fn plugins(places: &Places) -> Result<()> {
    let list = "tests/python/plugins/packages.txt";
    beside(places, "packages of flytekit's plugins", &places.plugins(), list)
}

/// What tasks of Spark and PyTorch need beside the environment.
pub(super) fn heavy_plugins(places: &Places) -> Result<()> {
    let list = "tests/python/plugins/heavy/packages.txt";
    beside(places, "packages of Spark and PyTorch", &places.heavy_plugins(), list)
}

/// Installs the packages of a list into a folder of their own.
fn beside(places: &Places, name: &str, folder: &Path, list: &str) -> Result<()> {
    let need = Need { name, how: "pip install --target", mend: "check that pip reaches an index" };
    let wanted = fs::read_to_string(places.root.join(list)).with_context(|| list.to_owned())?;
    // Written last, so a half-made folder is made anew.
    let stamp = folder.join("packages.txt");
    let there = fs::read_to_string(&stamp).is_ok_and(|have| have == wanted);
    need.meet(places, there, |log| {
        let mut pip = places.python("python");
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--upgrade"]);
        process::logged(pip.arg("--target").arg(folder).args(["--requirement", list]), log)?;
        fs::write(&stamp, &wanted).context("write the stamp of the packages")
    })
}

pub(super) fn peers(places: &Places) -> Result<()> {
    Environment {
        name: "environment of other orchestrators",
        folder: places.peers(),
        requirements: "tests/bench/requirements.txt",
    }
    .meet(places)
}

/// Dask's operator, beside the other programs of the tests' cluster.
pub(super) fn dask_operator(places: &Places) -> Result<()> {
    Environment {
        name: "Dask's operator",
        folder: aileron_test_cluster::folder()?.join("dask"),
        requirements: "tests/cluster/dask/requirements.txt",
    }
    .meet(places)
}

impl Environment {
    fn meet(&self, places: &Places) -> Result<()> {
        let need = Need {
            name: self.name,
            how: "python3.11 -m venv, then pip install",
            mend: "check that python3.11 with its venv module is on PATH and that pip reaches an index",
        };
        let wanted = fs::read_to_string(places.root.join(self.requirements)).context(self.requirements)?;
        // Written last, so a half-made environment is made anew.
        let stamp = self.folder.join("requirements.txt");
        let there = fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && self.answers(places);
        need.meet(places, there, |log| {
            // A changed list changes an environment in place: others may be running in it.
            if !self.answers(places) {
                make(places, &self.folder, log)?;
            }
            let mut pip = self.python(places);
            pip.args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--requirement",
                self.requirements,
            ]);
            process::logged(&mut pip, log)?;
            fs::write(&stamp, &wanted).context("write the stamp of the environment")
        })
    }

    fn answers(&self, places: &Places) -> bool {
        process::answer(self.python(places).arg("--version")).is_ok()
    }

    fn python(&self, places: &Places) -> Command {
        places.command(&self.folder.join("bin/python").to_string_lossy())
    }
}

fn make(places: &Places, folder: &Path, log: &Path) -> Result<()> {
    let python = python(places)?;
    let program = python.to_string_lossy();
    let has_venv = process::answer(places.command(&program).args(["-c", "import venv, ensurepip"])).is_ok();
    if !has_venv && debian::can_install(places) {
        debian::install(places, &["python3.11-venv"], log)?;
    } else if !has_venv {
        bail!("{program} has no venv module: install Debian's package python3.11-venv");
    }
    process::logged(places.command(&program).args(["-m", "venv", "--clear"]).arg(folder), log)
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
