//! The connectors that run tasks, from a file.

use std::fs;
use std::path::Path;

use aileron_propeller::connectors::Connectors;
use anyhow::{Context, Result};

/// The connectors that a YAML file names, if there is one.
pub(crate) fn connectors(path: Option<&Path>) -> Result<Option<Connectors>> {
    let Some(path) = path else { return Ok(None) };
    let place = || format!("connectors: {}", path.display());
    let text = fs::read_to_string(path).with_context(place)?;
    let settings = serde_yaml_ng::from_str(&text).with_context(place)?;
    Connectors::new(settings).map(Some).with_context(place)
}
