//! The AWS Batch that runs tasks, from a file.

use std::fs;
use std::path::Path;

use aileron_propeller::batch::Batch;
use anyhow::{Context, Result};

/// The AWS Batch that a YAML file describes, if there is one. Keys come from the environment, as the object store's.
pub(crate) fn batch(path: Option<&Path>) -> Result<Option<Batch>> {
    let Some(path) = path else { return Ok(None) };
    let place = || format!("aws_batch: {}", path.display());
    let text = fs::read_to_string(path).with_context(place)?;
    let settings = serde_yaml_ng::from_str(&text).with_context(place)?;
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let environment: Vec<_> = variables.filter(|(name, _)| name.starts_with("AWS_")).collect();
    Batch::new(settings, &environment).map(Some).with_context(place)
}
