//! URLs that the store itself answers, for whoever holds them.

use std::time::Duration;

use object_store::signer::{HeaderMap, HeaderName, HeaderValue, Method, SignedUrlOptions};

use crate::{Storage, StorageError};

/// Bytes of a checksum that a URL is bound to travel under this name.
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

impl Storage {
    /// Whether the store signs URLs itself; if not, its owner serves the objects.
    pub fn signs_urls(&self) -> bool {
        self.signer.is_some()
    }

    /// A URL that gives the object, or `None` when the store signs none.
    ///
    /// # Errors
    /// When the URI is not of this store, or its credentials cannot be had.
    pub async fn download_url(&self, uri: &str, life: Duration) -> Result<Option<String>, StorageError> {
        self.signed_url(Method::GET, uri, life, HeaderMap::new()).await
    }

    /// A URL that takes the object, or `None` when the store signs none. With a checksum (base64 of the
    /// md5) the store takes no other content, where it can bind a URL to one: Azure cannot.
    ///
    /// # Errors
    /// As [`download_url`](Storage::download_url).
    pub async fn upload_url(
        &self,
        uri: &str,
        life: Duration,
        md5: Option<&str>,
    ) -> Result<Option<String>, StorageError> {
        let header = md5.and_then(|md5| HeaderValue::from_str(md5).ok());
        let headers = header.map(|value| (CONTENT_MD5, value)).into_iter().collect();
        self.signed_url(Method::PUT, uri, life, headers).await
    }

    async fn signed_url(
        &self,
        method: Method,
        uri: &str,
        life: Duration,
        headers: HeaderMap,
    ) -> Result<Option<String>, StorageError> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let path = self.path(uri)?;
        let mut options = SignedUrlOptions::new();
        options.signed_headers = headers;
        let signed = match signer.signed_url_opts(method.clone(), &path, life, &options).await {
            Err(object_store::Error::NotSupported { .. }) => signer.signed_url(method, &path, life).await,
            signed => signed,
        };
        signed.map(|url| Some(url.into())).map_err(|error| StorageError::of(uri, error))
    }
}
