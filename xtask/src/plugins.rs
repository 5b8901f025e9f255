//! `cargo xtask plugins`: tasks of Spark and PyTorch on this machine, with flytekit's real packages.

use anyhow::Result;

use crate::cache::Places;
use crate::{process, setup};

const TESTS: &str = "tests/python/plugins/heavy/run_heavy.py";

/// Installs the packages and Java, and runs the tests on the binary that `AILERON` names or the release one.
pub(crate) fn run(places: &Places) -> Result<()> {
    process::step("set up the plugins", || setup::heavy_plugins(places))?;
    process::step("run tasks to their ends", || {
        let mut pytest = places.python("python");
        pytest.args(["-m", "pytest", TESTS, "-p", "no:cacheprovider"]);
        process::run(pytest.env("AILERON", places.tested()))
    })
}
