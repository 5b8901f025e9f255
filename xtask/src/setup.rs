//! Installs what is missing, and says for each thing whether it was, and how long that took.
//!
//! Every installation is idempotent and lies in the cache folder, except for the wasm target, which
//! rustup keeps, and for Debian packages, which are only installed when we are root.

mod browser;
mod cluster;
mod containers;
mod cxx;
mod debian;
mod postgres;
mod python;
mod rust;

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::cache::Places;

/// Everything that any command needs.
pub(crate) fn everything(places: &Places) -> Result<()> {
    cxx(places)?;
    console(places)?;
    python(places)?;
    postgres::server(places)?;
    cluster(places)?;
    containers::podman(places)?;
    browser::azurite(places)?;
    browser::chromium(places)?;
    browser::playwright(places)
}

/// What building the fuzz targets needs.
pub(crate) fn cxx(places: &Places) -> Result<()> {
    cxx::compiler(places)
}

/// What building the console needs. Not wasm-opt: it would save under 1 % of what a browser transfers.
pub(crate) fn console(places: &Places) -> Result<()> {
    rust::wasm_target(places)?;
    rust::trunk(places)?;
    rust::wasm_bindgen(places)
}

/// The environment in which flytekit and its tasks run.
pub(crate) fn python(places: &Places) -> Result<()> {
    python::flytekit(places)?;
    python::plugins(places)
}

/// What tasks of the plugins with large packages need on this machine.
pub(crate) fn heavy_plugins(places: &Places) -> Result<()> {
    python::flytekit(places)?;
    python::heavy_plugins(places)?;
    debian::java(places)
}

/// A Kubernetes on this machine. The environment of flytekit comes first: it makes the image of tasks.
pub(crate) fn cluster(places: &Places) -> Result<()> {
    cluster::program(places)?;
    cluster::helm(places)?;
    cluster::node(places)
}

/// What killing parts of a cluster needs: pods are not real there.
pub(crate) fn chaos(places: &Places) -> Result<()> {
    postgres::server(places)?;
    cluster::program(places)
}

/// What jobs of a real operator need: pods are not real there.
pub(crate) fn operators(places: &Places) -> Result<()> {
    cluster::program(places)?;
    cluster::training(places)?;
    cluster::ray(places)?;
    python::dask_operator(places)
}

/// What real pods and a database need.
pub(crate) fn kubernetes(places: &Places) -> Result<()> {
    python(places)?;
    postgres::server(places)?;
    cluster(places)
}

/// What measuring the compiler needs: wasm, and the layouts that ours is measured against.
pub(crate) fn compiler_bench(places: &Places) -> Result<()> {
    rust::wasm_target(places)?;
    rust::wasm_bindgen(places)?;
    browser::layouts(places)
}

/// What measuring tasks needs: flytekit, and the orchestrators that ours is measured against.
pub(crate) fn local_bench(places: &Places) -> Result<()> {
    python::flytekit(places)?;
    python::peers(places)
}

/// What measuring the page needs: the page, and a browser that is driven.
pub(crate) fn console_bench(places: &Places) -> Result<()> {
    console(places)?;
    browser::chromium(places)?;
    browser::playwright(places)
}

/// What `cargo xtask audit` needs.
pub(crate) fn cargo_deny(places: &Places) -> Result<()> {
    rust::cargo_deny(places)
}

/// One thing that must be there.
struct Need<'a> {
    /// What it is, with its version.
    name: &'a str,
    /// How it is installed.
    how: &'a str,
    /// What the reader can do when that fails.
    mend: &'a str,
}

impl Need<'_> {
    /// Installs the thing unless it is there; `install` writes what its programs say to the log.
    fn meet(&self, places: &Places, there: bool, install: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        if there {
            println!("  {}: already there", self.name);
            return Ok(());
        }
        println!("  {}: installing ({})", self.name, self.how);
        let log = places.log(self.name.split(' ').next().unwrap_or(self.name));
        let started = Instant::now();
        install(&log)
            .map_err(|error| anyhow!("could not install {}: {error:#}; mend: {}", self.name, self.mend))?;
        println!("  {}: installed in {:.1} s", self.name, started.elapsed().as_secs_f64());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn places(folder: &Path) -> Places {
        Places { root: PathBuf::from("/"), cache: folder.to_path_buf(), target: folder.join("target") }
    }

    const NEED: Need<'_> = Need { name: "thing 1.0", how: "by hand", mend: "do it yourself" };

    #[test]
    fn what_is_there_is_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        NEED.meet(&places(folder.path()), true, |_| panic!("installed again")).unwrap();
    }

    #[test]
    fn a_failed_installation_is_one_line_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let error = NEED.meet(&places(folder.path()), false, |_| anyhow::bail!("no network")).unwrap_err();
        assert_eq!(format!("{error:#}"), "could not install thing 1.0: no network; mend: do it yourself");
    }
}
