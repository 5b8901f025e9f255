//! One kind of store a file: from its settings to a client.

pub(crate) mod azure;
mod folder;
pub(crate) mod gcs;
mod memory;
pub(crate) mod s3;

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::prefix::PrefixStore;
use object_store::signer::Signer;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::target::{Bucket, Target};
use crate::{OpenError, Storage};

/// How long a failing store is asked again within one operation; its caller has patience of its own.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a store may take to say at the start that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

fn retries() -> RetryConfig {
    RetryConfig { max_retries: 5, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() }
}

fn client(target: &Target) -> ClientOptions {
    ClientOptions::new().with_allow_http(target.allow_http)
}

/// A bucket's part below its prefix.
fn storage<T: ObjectStore + Signer>(store: T, bucket: &Bucket) -> Storage {
    let store = Arc::new(PrefixStore::new(store, bucket.prefix.as_str()));
    Storage::new(store.clone(), Some(store), bucket.root.clone())
}

fn refused(bucket: &Bucket) -> impl FnOnce(object_store::Error) -> OpenError {
    let uri = bucket.root.clone();
    move |source| OpenError::Client { uri, source }
}

impl Storage {
    /// Asks the store for an object that need not be there, so that wrong names and credentials show at
    /// the start and not with the first task.
    ///
    /// # Errors
    /// When the store does not answer, or refuses us.
    pub async fn probe(&self) -> Result<(), OpenError> {
        let uri = self.root().to_owned();
        // A HEAD in a bucket that is not there looks like one of an object that is not there.
        let prefix = object_store::path::Path::from("metadata/probe");
        let asked = self.store.list(Some(&prefix)).try_collect::<Vec<_>>();
        let answer = tokio::time::timeout(PROBE_TIMEOUT, asked).await.unwrap_or_else(|_| Err(no_answer()));
        answer.map(drop).map_err(|source| OpenError::Unusable { uri, source })
    }
}

fn no_answer() -> object_store::Error {
    let source = format!("no answer within {} s", PROBE_TIMEOUT.as_secs()).into();
    object_store::Error::Generic { store: "object store", source }
}

/// As `main` does; a second time changes nothing.
#[cfg(test)]
fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
