//! `cargo xtask operators`: what the plugins make, run by operators that are not ours.

use anyhow::Result;

use crate::cache::Places;
use crate::{process, setup};

/// Builds Kubeflow's training-operator and KubeRay, installs Dask's operator, and runs jobs of their kinds with them.
pub(crate) fn run(places: &Places) -> Result<()> {
    process::step("set up the operators", || setup::operators(places))?;
    process::step("run jobs to their ends", || {
        let mut cargo = places.cargo();
        cargo.args(["test", "--workspace", "--test", "kubernetes", "--", "--ignored", "real_operator"]);
        process::run(&mut cargo)
    })
}
