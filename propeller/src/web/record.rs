//! What survives of a job: that it may have been begun, and what its service knows it by.

use aileron_engine::Timestamp;
use aileron_storage::{Storage, StorageError};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// The form that is written.
const VERSION: u32 = 1;
/// Most bytes that a service may know a job by.
pub(crate) const LARGEST: usize = 64 << 10;

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    /// The service may have been asked for it.
    Creating,
    /// The service has it.
    Created {
        /// Since when, in nanoseconds.
        at: i64,
        /// What it knows it by, in base64.
        meta: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    job: Record,
}

impl Record {
    pub(crate) fn created(at: Timestamp, meta: &[u8]) -> Record {
        Record::Created { at: at.0, meta: BASE64_STANDARD.encode(meta) }
    }

    /// Since when the service has it, and what it knows it by.
    pub(crate) fn meta(&self) -> Option<(Timestamp, Vec<u8>)> {
        match self {
            Record::Creating => None,
            Record::Created { at, meta } => Some((Timestamp(*at), BASE64_STANDARD.decode(meta).ok()?)),
        }
    }
}

/// Reads what is kept. What is cut short or of another version reads as a job that may have been begun.
pub(crate) async fn read(storage: &Storage, uri: &str) -> Result<Option<Record>, StorageError> {
    let Some(bytes) = storage.find(uri).await? else { return Ok(None) };
    let kept: Option<Kept> = serde_json::from_slice(&bytes).ok();
    Ok(Some(kept.filter(|kept| kept.version == VERSION).map_or(Record::Creating, |kept| kept.job)))
}

/// Keeps a record.
pub(crate) async fn write(storage: &Storage, uri: &str, job: &Record) -> Result<(), StorageError> {
    let kept = Kept { version: VERSION, job: job.clone() };
    // A structure of texts and numbers always has a form.
    let bytes = serde_json::to_vec(&kept).unwrap_or_default();
    storage.put(uri, bytes).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_record_is_read_as_it_was_written_and_a_broken_one_as_a_job_that_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(folder.path()).unwrap();
        let uri = storage.uri(&["job"]);
        assert_eq!(read(&storage, &uri).await.unwrap(), None);
        let record = Record::created(Timestamp(7), &[0, 255, 9]);
        write(&storage, &uri, &record).await.unwrap();
        let found = read(&storage, &uri).await.unwrap().unwrap();
        assert_eq!(found.meta(), Some((Timestamp(7), vec![0, 255, 9])));
        for broken in ["", "{", r#"{"version":99,"job":"creating"}"#] {
            storage.put(&uri, broken.as_bytes().to_vec()).await.unwrap();
            assert_eq!(read(&storage, &uri).await.unwrap(), Some(Record::Creating));
        }
    }
}
