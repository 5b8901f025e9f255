//! Bringing inputs.

use std::path::Path;

use aileron_compiler::values::{inputs_to_json, to_text};
use aileron_idl::core::blob_type::BlobDimensionality;
use aileron_idl::core::{Blob, Literal, LiteralMap, LiteralType, literal, scalar};
use aileron_storage::{Part, Storage};
use anyhow::{Context, Result};
use futures::TryStreamExt;
use prost::Message;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::{Download, Format, store};

pub(super) async fn download(asked: &Download) -> Result<()> {
    let storage = store(&asked.from)?;
    let inputs: LiteralMap = storage.get_message(&asked.from).await.context("the inputs cannot be read")?;
    fs::create_dir_all(&asked.to_folder).await.context("the folder for inputs cannot be made")?;
    let any = LiteralType::default();
    for (name, literal) in &inputs.literals {
        let declared = asked.inputs.variables.get(name).and_then(|variable| variable.r#type.as_ref());
        let file = asked.to_folder.join(name);
        let written = match blob(literal) {
            Some(blob) => bring(blob, &file).await,
            None => Ok(fs::write(&file, to_text(declared.unwrap_or(&any), literal)).await?),
        };
        written.with_context(|| format!("the input `{name}` cannot be written to {}", file.display()))?;
    }
    let (name, bytes) = all(asked, &inputs)?;
    fs::write(asked.to_folder.join(name), bytes).await.context("the file with all inputs cannot be written")
}

fn all(asked: &Download, inputs: &LiteralMap) -> Result<(&'static str, Vec<u8>)> {
    let json = || inputs_to_json(&asked.inputs, inputs);
    Ok(match asked.format {
        Format::Json => ("inputs.json", serde_json::to_vec(&json())?),
        Format::Yaml => ("inputs.yaml", serde_yaml_ng::to_string(&json())?.into_bytes()),
        Format::Proto => ("inputs.pb", inputs.encode_to_vec()),
    })
}

fn blob(literal: &Literal) -> Option<&Blob> {
    match &literal.value {
        Some(literal::Value::Scalar(scalar)) => match &scalar.value {
            Some(scalar::Value::Blob(blob)) => Some(blob),
            _ => None,
        },
        _ => None,
    }
}

/// Brings a file, or all files of a folder.
async fn bring(blob: &Blob, to: &Path) -> Result<()> {
    let storage = store(&blob.uri)?;
    let r#type = blob.metadata.as_ref().and_then(|metadata| metadata.r#type.as_ref());
    if r#type.is_none_or(|found| found.dimensionality() != BlobDimensionality::Multipart) {
        return copy(&storage, &blob.uri, to).await;
    }
    for entry in storage.list(&blob.uri).await? {
        let name = entry.uri.strip_prefix(&blob.uri).unwrap_or(&entry.uri).trim_start_matches('/');
        // Names of objects are not trusted to stay below the folder.
        let is_plain = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        anyhow::ensure!(is_plain, "the object `{}` has no name that a file can have", entry.uri);
        let file = to.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).await?;
        }
        copy(&storage, &entry.uri, &file).await?;
    }
    Ok(())
}

async fn copy(storage: &Storage, uri: &str, to: &Path) -> Result<()> {
    let mut object = storage.read(uri, Part::Whole).await?;
    let mut file = fs::File::create(to).await?;
    while let Some(bytes) = object.bytes.try_next().await? {
        file.write_all(&bytes).await?;
    }
    Ok(file.flush().await?)
}
