//! `aileron copilot`: what stands beside a container that knows nothing of Flyte, and brings it its inputs as files
//! and takes its outputs from files.
//!
//! Inputs: one file for each in a folder, and all of them in `inputs.json`, `inputs.yaml` or `inputs.pb`. Outputs: a
//! file named after each, whatever its extension; a value as text, or a blob's bytes. A file `_ERROR` says that the
//! task has failed, and why.

mod download;
mod upload;

use std::path::PathBuf;

use aileron_idl::core::VariableMap;
use aileron_storage::Storage;
use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use prost::Message;
use tokio::signal::unix::{SignalKind, signal};

/// The file by which a task says that it has failed.
const ERROR: &str = "_ERROR";

/// What the copilot does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Copilot {
    /// Brings the inputs.
    Download(Download),
    /// Waits until it is told to end, and takes the outputs.
    Upload(Upload),
}

/// Which inputs, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Download {
    /// URI of the inputs.
    #[arg(long)]
    from: String,
    /// Folder for the files.
    #[arg(long)]
    to_folder: PathBuf,
    /// How the file with all of them is written.
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
    /// The inputs' names and types: a `core.VariableMap` in base64.
    #[arg(long, value_parser = variables)]
    inputs: VariableMap,
}

/// How a file with all inputs is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Json,
    Yaml,
    Proto,
}

/// Which outputs, from where and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Upload {
    /// Folder with the files.
    #[arg(long)]
    from_folder: PathBuf,
    /// URI of the attempt's folder.
    #[arg(long)]
    to: String,
    /// URI below which blobs go.
    #[arg(long)]
    raw: String,
    /// The outputs' names and types: a `core.VariableMap` in base64.
    #[arg(long, value_parser = variables)]
    outputs: VariableMap,
}

fn variables(text: &str) -> Result<VariableMap, String> {
    let bytes = BASE64_STANDARD.decode(text).map_err(|error| error.to_string())?;
    VariableMap::decode(bytes.as_slice()).map_err(|error| error.to_string())
}

/// Does what is asked.
pub(crate) async fn copilot(asked: Copilot) -> Result<()> {
    match asked {
        Copilot::Download(asked) => download::download(&asked).await,
        Copilot::Upload(asked) => {
            // Kubernetes asks for the end once the task has ended.
            signal(SignalKind::terminate())?.recv().await;
            upload::upload(&asked).await
        }
    }
}

/// The store that a URI is in, by the variables that tasks get.
fn store(uri: &str) -> Result<Storage> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let target = aileron_storage::Target::of_task(uri, std::env::vars_os().filter_map(text).collect());
    target.open().with_context(|| format!("`{uri}` is in no store that can be reached"))
}
