//! `cargo xtask operators`: what the plugins make, run by an operator that is not ours.

use anyhow::Result;

use crate::cache::Places;
use crate::{process, setup};

/// Builds Kubeflow's training-operator, and runs jobs of its three kinds with it.
pub(crate) fn run(places: &Places) -> Result<()> {
    process::step("set up the operator", || setup::operators(places))?;
    process::step("run training jobs to their ends", || {
        let mut cargo = places.cargo();
        cargo.args(["test", "--workspace", "--test", "kubernetes", "--", "--ignored", "kubeflows_operator"]);
        process::run(&mut cargo)
    })
}
