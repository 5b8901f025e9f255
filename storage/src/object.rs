//! Objects that are too large to be read whole: what they are, and their bytes as a stream.

use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange, ObjectMeta};

use crate::{Storage, StorageError};

/// What a store knows of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies.
    pub uri: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: SystemTime,
    /// Changes with its content; the store's own form, without quotes.
    pub tag: Option<String>,
}

/// Which bytes of an object are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Whole,
    /// From the first position up to, not including, the second; what lies after the end is left out.
    Between(u64, u64),
    /// From a position to the end.
    From(u64),
    /// So many at the end.
    Last(u64),
}

/// An object that is being read.
pub struct Object {
    /// What it is as a whole.
    pub entry: Entry,
    /// Which of its bytes come.
    pub range: Range<u64>,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl Storage {
    /// Begins to read an object, or a part of it.
    ///
    /// # Errors
    /// When there is no such object, the part holds none of its bytes, or the store fails.
    pub async fn read(&self, uri: &str, part: Part) -> Result<Object, StorageError> {
        let range = match part {
            Part::Whole => None,
            asked => Some(self.range(uri, asked).await?),
        };
        let options = GetOptions { range, ..GetOptions::default() };
        let found = self.open(uri, options).await?;
        let (range, entry) = (found.range.clone(), self.described(found.meta.clone()));
        let uri = uri.to_owned();
        let bytes = found.into_stream().map_err(move |error| StorageError::of(&uri, error)).boxed();
        Ok(Object { entry, range, bytes })
    }

    /// The range as the store wants it. Stores differ in what they say of an empty one, so it is refused here.
    async fn range(&self, uri: &str, part: Part) -> Result<GetRange, StorageError> {
        let size = self.entry(uri).await?.size;
        let (start, end) = match part {
            Part::Whole => (0, size),
            Part::Between(start, end) => (start, end.min(size)),
            Part::From(start) => (start, size),
            Part::Last(length) => (size.saturating_sub(length), size),
        };
        if start >= end {
            return Err(StorageError::Range { uri: uri.to_owned(), size });
        }
        Ok(GetRange::Bounded(start..end))
    }

    pub(crate) fn described(&self, meta: ObjectMeta) -> Entry {
        Entry {
            uri: format!("{}/{}", self.root(), meta.location),
            size: meta.size,
            modified: meta.last_modified.into(),
            tag: meta.e_tag.map(|tag| tag.trim_matches('"').to_owned()),
        }
    }
}
