//! Taking outputs.

use std::path::{Path, PathBuf};

use aileron_compiler::values::from_text;
use aileron_idl::core::blob_type::BlobDimensionality;
use aileron_idl::core::container_error::Kind;
use aileron_idl::core::{
    Blob, BlobMetadata, BlobType, ContainerError, ErrorDocument, Literal, LiteralMap, LiteralType, Scalar,
    SimpleType, execution_error, literal, literal_type, scalar,
};
use aileron_storage::Storage;
use anyhow::{Context, Result, bail};
use tokio::fs;
use tokio::io::AsyncReadExt;

use super::{ERROR, Upload, store};

/// Largest file that holds a value and no blob, in bytes.
const LARGEST_VALUE: u64 = 1024;
/// How much of a file is read at once.
const CHUNK: usize = 1 << 20;

pub(super) async fn upload(asked: &Upload) -> Result<()> {
    let storage = store(&asked.to)?;
    let told = asked.from_folder.join(ERROR);
    if fs::try_exists(&told).await? {
        let message = fs::read_to_string(&told).await.unwrap_or_default();
        return fail(&storage, asked, message).await;
    }
    match outputs(asked).await {
        Ok(Some(outputs)) => {
            let uri = format!("{}/outputs.pb", asked.to);
            Ok(storage.put_message(&uri, &outputs).await?)
        }
        // The container's own end says more.
        Ok(None) => Ok(()),
        Err(error) => fail(&storage, asked, format!("{error:#}")).await,
    }
}

/// The outputs; `None` when there is none at all.
async fn outputs(asked: &Upload) -> Result<Option<LiteralMap>> {
    let mut found = LiteralMap::default();
    let mut missing = Vec::new();
    for (name, variable) in &asked.outputs.variables {
        let Some(file) = file_of(&asked.from_folder, name).await? else {
            missing.push(name.as_str());
            continue;
        };
        let declared = variable.r#type.clone().unwrap_or_default();
        let literal = take(&file, &declared, &format!("{}/{name}", asked.raw)).await;
        found.literals.insert(name.clone(), literal.with_context(|| format!("the output `{name}`"))?);
    }
    if found.literals.is_empty() {
        return Ok(None);
    }
    if !missing.is_empty() {
        bail!("the task left no file for {} in {}", missing.join(", "), asked.from_folder.display());
    }
    Ok(Some(found))
}

/// The file or folder of an output: of its name, with any extension.
async fn file_of(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    let exact = folder.join(name);
    if fs::try_exists(&exact).await? {
        return Ok(Some(exact));
    }
    let mut entries = fs::read_dir(folder).await.with_context(|| folder.display().to_string())?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.path().file_stem().is_some_and(|stem| stem == name) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

async fn take(file: &Path, declared: &LiteralType, raw: &str) -> Result<Literal> {
    if let Some(literal_type::Type::Blob(r#type)) = &declared.r#type {
        put(file, raw).await?;
        return Ok(blob(raw, r#type, file.is_dir()));
    }
    let size = fs::metadata(file).await?.len();
    if size > LARGEST_VALUE {
        bail!(
            "{} has {size} bytes; a value has at most {LARGEST_VALUE}: declare it as a file",
            file.display()
        );
    }
    let text = fs::read_to_string(file).await?;
    let is_text = declared.r#type == Some(literal_type::Type::Simple(SimpleType::String.into()));
    let text = if is_text { text.as_str() } else { text.trim() };
    from_text(declared, text).map_err(|found| anyhow::anyhow!(aileron_compiler::render(&found)))
}

/// Puts a file, or all files of a folder, where an object or objects of its name are.
async fn put(file: &Path, uri: &str) -> Result<()> {
    let storage = store(uri)?;
    let mut waiting = vec![(file.to_owned(), uri.to_owned())];
    while let Some((path, uri)) = waiting.pop() {
        if !path.is_dir() {
            put_one(&storage, &path, &uri).await?;
            continue;
        }
        let mut entries = fs::read_dir(&path).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().into_string().ok().context("a file's name is not UTF-8")?;
            waiting.push((entry.path(), format!("{uri}/{name}")));
        }
    }
    Ok(())
}

async fn put_one(storage: &Storage, path: &Path, uri: &str) -> Result<()> {
    let (mut file, mut upload) = (fs::File::open(path).await?, storage.upload(uri)?);
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).await? {
            0 => return Ok(upload.finish().await?),
            length => upload.write(&chunk[..length]).await?,
        }
    }
}

fn blob(uri: &str, declared: &BlobType, is_folder: bool) -> Literal {
    let mut r#type = declared.clone();
    r#type.set_dimensionality(if is_folder {
        BlobDimensionality::Multipart
    } else {
        BlobDimensionality::Single
    });
    let blob = Blob { metadata: Some(BlobMetadata { r#type: Some(r#type) }), uri: uri.to_owned() };
    let value = Some(scalar::Value::Blob(blob));
    Literal { value: Some(literal::Value::Scalar(Box::new(Scalar { value }))), ..Default::default() }
}

/// Leaves the task's error where its outputs would be.
async fn fail(storage: &Storage, asked: &Upload, message: String) -> Result<()> {
    let mut error = ContainerError { code: "USER:ContainerTask".to_owned(), message, ..Default::default() };
    error.set_kind(Kind::NonRecoverable);
    error.set_origin(execution_error::ErrorKind::User);
    let document = ErrorDocument { error: Some(error) };
    Ok(storage.put_message(&format!("{}/error.pb", asked.to), &document).await?)
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Variable, VariableMap};

    use super::*;

    fn declared(r#type: literal_type::Type) -> Variable {
        Variable {
            r#type: Some(LiteralType { r#type: Some(r#type), ..Default::default() }),
            ..Default::default()
        }
    }

    /// What is left in the store for the files of a task: names of literals, or the error.
    async fn left(files: &[(&str, &str)]) -> Result<LiteralMap, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (to, raw) = (folder.path().join("store/n0/0"), folder.path().join("store/raw"));
        let number = declared(literal_type::Type::Simple(SimpleType::Integer.into()));
        let file = declared(literal_type::Type::Blob(BlobType::default()));
        let asked = Upload {
            from_folder: folder.path().to_owned(),
            to: to.to_str().unwrap().to_owned(),
            raw: raw.to_str().unwrap().to_owned(),
            outputs: VariableMap { variables: [("n".to_owned(), number), ("f".to_owned(), file)].into() },
        };
        upload(&asked).await.unwrap();
        let storage = store(&asked.to).unwrap();
        if let Ok(found) = storage.get_message::<ErrorDocument>(&format!("{}/error.pb", asked.to)).await {
            return Err(found.error.unwrap().message);
        }
        let found = storage.find(&format!("{}/outputs.pb", asked.to)).await.unwrap();
        Ok(found.map(|bytes| prost::Message::decode(bytes).unwrap()).unwrap_or_default())
    }

    #[tokio::test]
    async fn values_and_files_become_outputs() {
        let outputs = left(&[("n.txt", "7\n"), ("f", "bytes")]).await.unwrap();
        assert_eq!(outputs.literals.keys().collect::<Vec<_>>(), ["f", "n"]);
    }

    #[tokio::test]
    async fn what_is_wrong_with_outputs_is_told() {
        let told = left(&[("n", "seven"), ("f", "bytes")]).await.unwrap_err();
        assert!(told.contains("the output `n`"), "{told}");
        assert!(left(&[("f", "bytes")]).await.unwrap_err().contains("left no file for n"));
        assert_eq!(left(&[("_ERROR", "it broke")]).await.unwrap_err(), "it broke");
        assert!(left(&[]).await.unwrap().literals.is_empty(), "the container's own end says more");
    }
}
