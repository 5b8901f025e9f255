//! Files by signed URL: what a client sends is checked against what it announced, or leaves nothing.

use aileron_storage::{Object, Part};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};

use crate::clock;
use crate::error::ServiceError;
use crate::server::App;
use crate::signing::{Access, Grant};

/// A signed URL as it came back.
#[derive(Debug)]
pub(crate) struct SignedRequest {
    /// The path below `/upload/` or `/download/`.
    pub(crate) key: String,
    /// URL-safe base64 of the announced md5; empty when none was.
    pub(crate) md5: String,
    /// Seconds since the epoch.
    pub(crate) expires: i64,
    pub(crate) signature: String,
}

/// What an upload's headers say.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    /// `Content-MD5`.
    pub(crate) md5: Option<String>,
    /// `Content-Length`.
    pub(crate) length: Option<u64>,
}

impl App {
    /// Stores what the stream brings, if it is what was announced.
    pub(crate) async fn upload<E>(
        &self,
        request: &SignedRequest,
        announced: &Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), ServiceError> {
        let grant = self.verified(request, Access::Upload)?;
        let md5 = expected_md5(&grant, announced)?;
        let limit = self.settings.max_upload_size;
        if announced.length.is_some_and(|length| length > limit) {
            return Err(ServiceError::TooLarge { what: "the upload", limit });
        }
        self.receive(&self.uri_of(&grant)?, announced, &md5, body).await
    }

    async fn receive<E>(
        &self,
        uri: &str,
        announced: &Announced,
        md5: &str,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), ServiceError> {
        let limit = self.settings.max_upload_size;
        let mut upload = self.settings.storage.upload(uri)?;
        let (mut hash, mut length) = (Md5::new(), 0);
        // An upload that is dropped on the way leaves nothing.
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| ServiceError::Corrupt(truncated(length, announced)))?;
            length += chunk.len() as u64;
            if length > limit {
                return Err(ServiceError::TooLarge { what: "the upload", limit });
            }
            hash.update(&chunk);
            upload.write(&chunk).await?;
        }
        if announced.length.is_some_and(|announced| announced != length) {
            return Err(ServiceError::Corrupt(truncated(length, announced)));
        }
        let found = STANDARD.encode(hash.finalize());
        if !md5.is_empty() && md5 != found {
            let text = format!("the body's md5 is {found}, but {md5} was announced; send the file again");
            return Err(ServiceError::Corrupt(text));
        }
        Ok(upload.finish().await?)
    }

    /// A signed object, or a part of it.
    pub(crate) async fn download(&self, request: &SignedRequest, part: Part) -> Result<Object, ServiceError> {
        let grant = self.verified(request, Access::Download)?;
        Ok(self.settings.storage.read(&self.uri_of(&grant)?, part).await?)
    }

    fn verified(&self, request: &SignedRequest, access: Access) -> Result<Grant, ServiceError> {
        let md5 = URL_SAFE_NO_PAD.decode(&request.md5).map(|bytes| STANDARD.encode(bytes));
        let md5 = md5.map_err(|_| ServiceError::invalid("md5", &request.md5, "it is not base64"))?;
        let grant = Grant { access, key: request.key.clone(), md5, expires: request.expires };
        self.signer.verify(&grant, &request.signature, clock::now_seconds())?;
        Ok(grant)
    }

    fn uri_of(&self, grant: &Grant) -> Result<String, ServiceError> {
        Ok(self.settings.storage.uri_of_key(&grant.key)?)
    }
}

/// The md5 that the body must have; the header may not contradict the signature.
fn expected_md5(grant: &Grant, announced: &Announced) -> Result<String, ServiceError> {
    match &announced.md5 {
        None => Ok(grant.md5.clone()),
        Some(header) if grant.md5.is_empty() || *header == grant.md5 => Ok(header.clone()),
        Some(header) => {
            let text =
                format!("the header Content-MD5 says {header}, but the URL was signed for {}", grant.md5);
            Err(ServiceError::Corrupt(text))
        }
    }
}

fn truncated(length: u64, announced: &Announced) -> String {
    match announced.length {
        Some(announced) => format!("the body ended after {length} of {announced} bytes; send the file again"),
        None => format!("the body broke off after {length} bytes; send the file again"),
    }
}
