//! Who may do what at the door: asked for each request, once its signature holds.
//!
//! The platform's own key opens everything. Others have keys of their own, which follow from the platform's: nothing of them is
//! kept anywhere, and another key of the platform's ends them all. What their owners may do, the [`Gate`] says.

use std::sync::Arc;

use futures::future::BoxFuture;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{Credentials as Shown, S3Auth, SecretKey};
use s3s::dto::{
    CopyObjectInput, CopySource, DeleteObjectsInput, ListObjectsInput, ListObjectsV2Input,
    UploadPartCopyInput,
};
use s3s::path::S3Path;
use s3s::{S3Request, S3Result, s3_error};
use subtle::ConstantTimeEq;

use crate::Credentials;

/// What is wanted of an object, or of all whose keys begin in a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To read it, or to see that it is there.
    Read,
    /// To write it.
    Write,
    /// To remove it.
    Remove,
}

/// Decides what the owners of keys may do.
pub trait Gate: Send + Sync + 'static {
    /// Whether `who` may do something with the object of a key in the server's own bucket, or with all whose keys begin
    /// with it.
    ///
    /// # Errors
    /// Why not, for who asked.
    fn admit<'a>(&'a self, who: &'a str, wish: Wish, key: &'a str) -> BoxFuture<'a, Result<(), String>>;
}

/// The keys that open the door, and what each may.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) own: Credentials,
    pub(crate) bucket: String,
    /// Without one the platform's key is the only one.
    pub(crate) gate: Option<Arc<dyn Gate>>,
}

/// What needs no more than a key: to be told that the bucket is there.
const HARMLESS: [&str; 2] = ["HeadBucket", "GetBucketLocation"];
/// What is wanted by operations on one object. Those that name another in their headers or bodies are asked for that too.
const OF_OBJECTS: [(&str, Wish); 10] = [
    ("GetObject", Wish::Read),
    ("HeadObject", Wish::Read),
    ("PutObject", Wish::Write),
    ("CopyObject", Wish::Write),
    ("DeleteObject", Wish::Remove),
    ("CreateMultipartUpload", Wish::Write),
    ("UploadPart", Wish::Write),
    ("UploadPartCopy", Wish::Write),
    ("CompleteMultipartUpload", Wish::Write),
    ("AbortMultipartUpload", Wish::Write),
];
/// What says in its query or body which objects it wants.
const OF_MANY: [&str; 3] = ["ListObjects", "ListObjectsV2", "DeleteObjects"];

impl Keys {
    fn is_own(&self, access_key: &str) -> bool {
        bool::from(access_key.as_bytes().ct_eq(self.own.access_key.as_bytes()))
    }

    /// Whose a key is, unless it is the platform's.
    fn owner(&self, shown: Option<&Shown>) -> S3Result<Option<String>> {
        let Some(shown) = shown else { return Err(s3_error!(AccessDenied, "the request is not signed")) };
        if self.is_own(&shown.access_key) {
            return Ok(None);
        }
        Credentials::owner(&shown.access_key).map(Some).ok_or_else(unknown)
    }

    async fn ask(&self, shown: Option<&Shown>, wish: Wish, bucket: &str, key: &str) -> S3Result<()> {
        let Some(who) = self.owner(shown)? else { return Ok(()) };
        let Some(gate) = &self.gate else { return Err(unknown()) };
        if bucket != self.bucket {
            return Err(s3_error!(AccessDenied, "{who} may use the bucket {} alone", self.bucket));
        }
        gate.admit(&who, wish, key).await.map_err(|problem| s3_error!(AccessDenied, "{problem}"))
    }

    async fn ask_source(&self, shown: Option<&Shown>, source: &CopySource) -> S3Result<()> {
        match source {
            CopySource::Bucket { bucket, key, .. } => self.ask(shown, Wish::Read, bucket, key).await,
            _ => self.owner(shown)?.map_or(Ok(()), |_| Err(s3_error!(AccessDenied))),
        }
    }
}

fn unknown() -> s3s::S3Error {
    s3_error!(InvalidAccessKeyId, "this access key is not the server's")
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if self.is_own(access_key) {
            return Ok(SecretKey::from(self.own.secret.clone()));
        }
        let owner = self.gate.as_ref().and_then(|_| Credentials::owner(access_key));
        let owned = owner.map(|who| self.own.of(&who));
        owned.map(|key| SecretKey::from(key.secret)).ok_or_else(unknown)
    }
}

#[async_trait::async_trait]
impl S3Access for Keys {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(who) = self.owner(cx.credentials())? else { return Ok(()) };
        let operation = cx.s3_op().name();
        let wish = OF_OBJECTS.iter().find(|(name, _)| *name == operation).map(|(_, wish)| *wish);
        match (wish, cx.s3_path()) {
            (Some(wish), S3Path::Object { bucket, key }) => {
                self.ask(cx.credentials(), wish, bucket, key).await
            }
            (None, S3Path::Bucket { bucket })
                if HARMLESS.contains(&operation) && **bucket == *self.bucket =>
            {
                Ok(())
            }
            // Each is asked for what it names, below.
            (None, _) if OF_MANY.contains(&operation) => Ok(()),
            _ => Err(s3_error!(AccessDenied, "{who} may not do {operation} here")),
        }
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        self.ask_source(request.credentials.as_ref(), &request.input.copy_source).await
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        self.ask_source(request.credentials.as_ref(), &request.input.copy_source).await
    }

    async fn list_objects(&self, request: &mut S3Request<ListObjectsInput>) -> S3Result<()> {
        let (bucket, prefix) = (&request.input.bucket, request.input.prefix.as_deref());
        self.ask(request.credentials.as_ref(), Wish::Read, bucket, prefix.unwrap_or_default()).await
    }

    async fn list_objects_v2(&self, request: &mut S3Request<ListObjectsV2Input>) -> S3Result<()> {
        let (bucket, prefix) = (&request.input.bucket, request.input.prefix.as_deref());
        self.ask(request.credentials.as_ref(), Wish::Read, bucket, prefix.unwrap_or_default()).await
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        for object in &request.input.delete.objects {
            self.ask(request.credentials.as_ref(), Wish::Remove, &request.input.bucket, &object.key).await?;
        }
        Ok(())
    }
}
