//! One operation, or two that are nearly the same, a file.

mod copy_object;
mod get_object;
mod list_objects;
mod multipart;
mod put_object;
mod remove_objects;

use aileron_storage::Entry;
use s3s::dto::{CopySource, ETag};
use s3s::{S3Result, s3_error};

use crate::Door;
use crate::buckets::Bucket;

impl Door {
    /// The store and the URI of a key in a bucket.
    fn locate(&self, bucket: &str, key: &str) -> S3Result<(Bucket, String)> {
        let bucket = self.buckets.find(bucket)?;
        let uri = bucket.uri(key)?;
        Ok((bucket, uri))
    }

    /// What a copy is made of.
    fn locate_source(&self, source: &CopySource) -> S3Result<(Bucket, String)> {
        match source {
            CopySource::Bucket { bucket, key, version_id: None } => self.locate(bucket, key),
            _ => Err(s3_error!(NotImplemented, "copies are made of objects in buckets, without versions")),
        }
    }
}

fn e_tag(entry: &Entry) -> Option<ETag> {
    entry.tag.clone().map(ETag::Strong)
}

/// Sizes that disks hold fit.
fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
