//! Parts of objects that are not complete: a folder an upload, outside of every bucket.

use std::time::SystemTime;

use aileron_storage::{Entry, Storage};
use rand::Rng;
use rand::distr::Alphanumeric;
use s3s::{S3Result, s3_error};

use crate::Door;
use crate::error::refusal;

/// Letters of an upload's id.
const ID_LETTERS: usize = 32;
/// The object that says what an upload is for.
const TARGET: &str = "target";

/// Where parts wait.
#[derive(Clone, Debug)]
pub(crate) struct Staging(pub(crate) Storage);

impl Staging {
    /// Begins an upload and gives its id.
    pub(crate) async fn begin(&self, bucket: &str, key: &str) -> S3Result<String> {
        let id: String = rand::rng().sample_iter(Alphanumeric).take(ID_LETTERS).map(char::from).collect();
        let target = self.0.uri(&[&id, TARGET]);
        self.0.put(&target, format!("{bucket}\n{key}")).await.map_err(refusal)?;
        Ok(id)
    }

    /// Refuses ids that are none, and those of other objects.
    pub(crate) async fn check(&self, id: &str, bucket: &str, key: &str) -> S3Result<()> {
        let unknown = || s3_error!(NoSuchUpload, "no upload {id} of this object is under way");
        if id.len() != ID_LETTERS || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let target = self.0.find(&self.0.uri(&[id, TARGET])).await.map_err(refusal)?;
        target.filter(|target| *target == format!("{bucket}\n{key}")).map(drop).ok_or_else(unknown)
    }

    /// Where a part lies.
    pub(crate) fn part(&self, id: &str, number: i32) -> S3Result<String> {
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(InvalidArgument, "the part number {number} is not in 1..10000"));
        }
        Ok(self.0.uri(&[id, &format!("{number:05}")]))
    }

    /// The parts that have come, in order.
    pub(crate) async fn parts(&self, id: &str) -> S3Result<Vec<(i32, Entry)>> {
        let found = self.0.list(&self.0.uri(&[id])).await.map_err(refusal)?;
        let number = |entry: &Entry| entry.uri.rsplit('/').next()?.parse().ok();
        let mut parts: Vec<_> =
            found.into_iter().filter_map(|entry| Some((number(&entry)?, entry))).collect();
        parts.sort_by_key(|(number, _)| *number);
        Ok(parts)
    }

    /// Forgets an upload with its parts.
    pub(crate) async fn remove(&self, id: &str) -> S3Result<()> {
        for (_, part) in self.parts(id).await? {
            self.0.remove(&part.uri).await.map_err(refusal)?;
        }
        self.0.remove(&self.0.uri(&[id, TARGET])).await.map_err(refusal)
    }

    /// Forgets the uploads that were begun before an instant.
    async fn sweep(&self, before: SystemTime) -> S3Result<()> {
        for entry in self.0.list(self.0.root()).await.map_err(refusal)? {
            let mut segments = entry.uri.rsplit('/');
            if segments.next() == Some(TARGET)
                && entry.modified < before
                && let Some(id) = segments.next()
            {
                self.remove(id).await?;
            }
        }
        Ok(())
    }
}

impl Door {
    /// Removes the parts of uploads that were begun before an instant and never completed.
    pub async fn sweep(&self, before: SystemTime) {
        if let Err(error) = self.staging.sweep(before).await {
            tracing::warn!(%error, "failed to remove the parts of old uploads");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_old_upload_is_swept_and_a_new_one_stays() {
        let staging = Staging(Storage::memory());
        let id = staging.begin("b", "k").await.unwrap();
        let begun = staging.0.entry(&staging.0.uri(&[&id, TARGET])).await.unwrap().modified;
        staging.0.put(&staging.part(&id, 7).unwrap(), "x").await.unwrap();
        staging.sweep(begun).await.unwrap();
        staging.check(&id, "b", "k").await.unwrap();
        assert_eq!(staging.parts(&id).await.unwrap()[0].0, 7);
        staging.sweep(begun + Duration::from_secs(1)).await.unwrap();
        assert!(staging.check(&id, "b", "k").await.is_err());
        assert!(staging.0.list(staging.0.root()).await.unwrap().is_empty());
    }
}
