//! DeleteObject and DeleteObjects. What is not there is removed already.

use s3s::dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error};
use s3s::{S3Error, S3Result};

use crate::Door;
use crate::error::refusal;

impl Door {
    pub(crate) async fn remove(&self, bucket: &str, key: &str) -> S3Result<()> {
        let (bucket, uri) = self.locate(bucket, key)?;
        bucket.0.remove(&uri).await.map_err(refusal)
    }

    pub(crate) async fn remove_all(&self, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
        self.buckets.find(&input.bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in input.delete.objects {
            match self.remove(&input.bucket, &object.key).await {
                Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
                Err(error) => errors.push(told(object.key, &error)),
            }
        }
        if input.delete.quiet == Some(true) {
            deleted.clear();
        }
        Ok(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        })
    }
}

fn told(key: String, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        ..Error::default()
    }
}
