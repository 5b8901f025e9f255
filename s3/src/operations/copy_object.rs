//! CopyObject.

use aileron_storage::{Part, Storage};
use futures::TryStreamExt;
use s3s::S3Result;
use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult};

use super::e_tag;
use crate::Door;
use crate::error::refusal;

impl Door {
    pub(crate) async fn copy(&self, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        let (from, source) = self.locate_source(&input.copy_source)?;
        let (to, target) = self.locate(&input.bucket, &input.key)?;
        stream(&from.0, &source, Part::Whole, &to.0, &target).await?;
        let entry = to.0.entry(&target).await.map_err(refusal)?;
        let result = CopyObjectResult {
            e_tag: e_tag(&entry),
            last_modified: Some(entry.modified.into()),
            ..CopyObjectResult::default()
        };
        Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
    }
}

/// Copies a part of one object to another place; an object may be copied onto itself.
pub(super) async fn stream(
    from: &Storage,
    source: &str,
    part: Part,
    to: &Storage,
    target: &str,
) -> S3Result<()> {
    let mut bytes = from.read(source, part).await.map_err(refusal)?.bytes;
    let mut upload = to.upload(target).map_err(refusal)?;
    while let Some(chunk) = bytes.try_next().await.map_err(refusal)? {
        upload.write(&chunk).await.map_err(refusal)?;
    }
    upload.finish().await.map_err(refusal)
}
