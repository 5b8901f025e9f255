//! Inputs and outputs in answers: inlined while they are small, by signed URL when they are not.

use aileron_idl::admin::UrlBlob;
use aileron_idl::core::LiteralMap;
use aileron_storage::{Part, StorageError};
use bytes::BytesMut;
use futures::TryStreamExt;
use prost::Message;

use crate::error::ServiceError;
use crate::server::App;

/// Literals as the data RPCs answer them.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The literals; empty when they are too large for it.
    pub(super) full: LiteralMap,
    /// Where they are, when they are too large.
    pub(super) blob: UrlBlob,
}

impl App {
    /// The literals at a URI, or a URL below `base` for them. Where there are none yet, the answer is
    /// empty, as clients expect of outputs that are not written.
    ///
    /// # Errors
    /// When the store fails: an empty answer would say that there are none.
    pub(super) async fn shown(&self, base: &str, uri: &str) -> Result<Shown, ServiceError> {
        match self.inlined(uri, self.settings.max_inline_size).await? {
            Inlined::Literals(full) => Ok(Shown { full, blob: UrlBlob::default() }),
            Inlined::TooLarge(size) => {
                let url = self.download_url(base, uri, self.life(None)?).await?;
                let bytes = i64::try_from(size).unwrap_or(i64::MAX);
                Ok(Shown { full: LiteralMap::default(), blob: UrlBlob { url, bytes } })
            }
        }
    }

    /// The literals at a URI, for an answer that has no place for a URL.
    ///
    /// # Errors
    /// When they are larger than a message may be, or the store fails.
    pub(super) async fn literals(&self, uri: &str) -> Result<LiteralMap, ServiceError> {
        let limit = self.settings.max_message_size as u64;
        match self.inlined(uri, limit).await? {
            Inlined::Literals(full) => Ok(full),
            Inlined::TooLarge(_) => Err(ServiceError::TooLarge { what: "the map of literals", limit }),
        }
    }

    async fn inlined(&self, uri: &str, limit: u64) -> Result<Inlined, ServiceError> {
        if uri.is_empty() {
            return Ok(Inlined::Literals(LiteralMap::default()));
        }
        match self.read_literals(uri, limit).await {
            Ok(found) => Ok(found),
            Err(error @ (StorageError::Store { .. } | StorageError::Full(_))) => Err(error.into()),
            Err(error) => {
                tracing::warn!(uri, %error, "literals cannot be read and are shown as empty");
                Ok(Inlined::Literals(LiteralMap::default()))
            }
        }
    }

    async fn read_literals(&self, uri: &str, limit: u64) -> Result<Inlined, StorageError> {
        let mut object = self.settings.storage.read(uri, Part::Whole).await?;
        if object.entry.size > limit {
            return Ok(Inlined::TooLarge(object.entry.size));
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = object.bytes.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        let decoded = LiteralMap::decode(bytes.freeze());
        decoded.map(Inlined::Literals).map_err(|source| StorageError::Decode { uri: uri.to_owned(), source })
    }
}

enum Inlined {
    Literals(LiteralMap),
    /// Its size in bytes.
    TooLarge(u64),
}
