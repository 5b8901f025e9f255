//! The platform's settings for pods of tasks, from a file.

use std::fs;
use std::path::Path;

use aileron_propeller::plugins::config::Config;
use anyhow::{Context, Result};

/// The settings in a YAML file, or the defaults.
pub(crate) fn plugins(path: Option<&Path>) -> Result<Config> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("plugins: {}", path.display()))?;
    serde_yaml_ng::from_str(&text).with_context(|| format!("plugins: {}", path.display()))
}
