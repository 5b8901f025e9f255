//! `cargo xtask image`: the release binary as an image, without a registry and without Docker.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cache::Places;
use crate::{console, demo, process};

const RECIPE: &str = "deploy/image/build.sh";

/// Builds the binary with the console in it, and the archive; answers where that is.
pub(crate) fn build(places: &Places, name: &str, out: Option<&Path>) -> Result<PathBuf> {
    process::step("build the console", || console::build(places))?;
    process::step("build the binary", || demo::build_server(places))?;
    let out = out.map_or_else(|| places.target.join("aileron.tar"), Path::to_path_buf);
    process::step(&format!("write {}", out.display()), || {
        process::run(places.command("bash").arg(RECIPE).arg(places.binary()).arg(name).arg(&out))
    })?;
    Ok(out)
}
