//! Buckets: the server's own store under its name, and folders beside it.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use aileron_storage::Storage;
use s3s::validation::{AwsNameValidation, NameValidation};
use s3s::{S3Result, s3_error};

use crate::DoorError;
use crate::error::refusal;

/// Which buckets there are.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    own: String,
    storage: Storage,
    folder: PathBuf,
}

/// One bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket(pub(crate) Storage);

impl Buckets {
    pub(crate) fn open(own: String, storage: Storage, folder: PathBuf) -> Result<Buckets, DoorError> {
        if !is_name(&own) {
            return Err(DoorError::Bucket(own));
        }
        std::fs::create_dir_all(&folder)
            .map_err(|source| DoorError::Folder { folder: folder.clone(), source })?;
        Ok(Buckets { own, storage, folder })
    }

    /// The name of the server's own.
    pub(crate) fn own_name(&self) -> &str {
        &self.own
    }

    /// A bucket that is there.
    pub(crate) fn find(&self, name: &str) -> S3Result<Bucket> {
        if name == self.own {
            return Ok(Bucket(self.storage.clone()));
        }
        let folder = self.folder(name)?;
        if !folder.is_dir() {
            return Err(s3_error!(NoSuchBucket, "there is no bucket {name}; make it first"));
        }
        Ok(Bucket(Storage::folder(&folder).map_err(refusal)?))
    }

    pub(crate) fn create(&self, name: &str) -> S3Result<()> {
        if name == self.own {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        match std::fs::create_dir(self.folder(name)?) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(s3_error!(BucketAlreadyOwnedByYou))
            }
            Err(error) => Err(s3_error!(error, InternalError)),
        }
    }

    /// Removes a bucket that holds no object; the server's own stays.
    pub(crate) async fn remove(&self, name: &str) -> S3Result<()> {
        if name == self.own {
            return Err(s3_error!(AccessDenied, "{name} holds the server's own objects and stays"));
        }
        let Bucket(storage) = self.find(name)?;
        if !storage.list(storage.root()).await.map_err(refusal)?.is_empty() {
            return Err(s3_error!(BucketNotEmpty));
        }
        std::fs::remove_dir_all(self.folder(name)?).map_err(|error| s3_error!(error, InternalError))
    }

    /// The names of all, sorted.
    pub(crate) fn names(&self) -> S3Result<BTreeSet<String>> {
        let folders = std::fs::read_dir(&self.folder).map_err(|error| s3_error!(error, InternalError))?;
        let names = folders.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter(|name| is_name(name)).chain([self.own.clone()]).collect())
    }

    fn folder(&self, name: &str) -> S3Result<PathBuf> {
        if !is_name(name) {
            return Err(s3_error!(InvalidBucketName));
        }
        Ok(self.folder.join(name))
    }
}

impl Bucket {
    /// The URI of a key.
    pub(crate) fn uri(&self, key: &str) -> S3Result<String> {
        self.0.uri_of_key(key).map_err(|_| {
            s3_error!(
                InvalidArgument,
                "the key `{key}` is not kept here: it may not begin or end with a slash, or have `.`, `..` \
                 or nothing between two slashes"
            )
        })
    }
}

fn is_name(name: &str) -> bool {
    AwsNameValidation::new().validate_bucket_name(name)
}
