//! Reading a task's log while it grows.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use aileron_crd::ExecutionId;

use super::folder::{Folder, Trace};
use super::log_size;

/// Most bytes of one answer.
pub const CHUNK: u64 = 1 << 20;

/// One attempt of one node of one execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptId {
    /// The execution.
    pub execution: ExecutionId,
    /// The node's id.
    pub node: String,
    /// Which try, from 0.
    pub attempt: u32,
}

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// What stands from the offset on, at most [`CHUNK`] bytes; it may end inside a character. What was cut
    /// out of a long log is left out.
    pub bytes: Vec<u8>,
    /// Where to read on.
    pub next_offset: u64,
    /// Whether the attempt has ended and this is the last of its log.
    pub complete: bool,
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The attempt does not exist, or has not begun.
    #[error(
        "there is no log of attempt {attempt} of node `{node}`: it has not begun, or is not of this machine"
    )]
    NotFound {
        /// The node's id.
        node: String,
        /// Which try.
        attempt: u32,
    },
    /// The disk failed.
    #[error("failed to read the log")]
    Read(#[from] io::Error),
}

/// Reads the logs of a driver's attempts, running or ended. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LogReader {
    attempts: PathBuf,
}

impl LogReader {
    /// The logs of the driver with this data folder.
    pub fn new(data_dir: &std::path::Path) -> LogReader {
        LogReader { attempts: super::settings::attempts(data_dir) }
    }

    /// The log from an offset on, in bytes; an offset past the end reads nothing.
    pub async fn read(&self, id: &AttemptId, offset: u64) -> Result<LogChunk, LogError> {
        let folder = Folder::of(&self.attempts, &id.execution, &id.node, id.attempt);
        let read = tokio::task::spawn_blocking(move || chunk(&folder, offset)).await;
        let chunk = read.map_err(io::Error::other)??;
        chunk.ok_or_else(|| LogError::NotFound { node: id.node.clone(), attempt: id.attempt })
    }
}

fn chunk(folder: &Folder, offset: u64) -> io::Result<Option<LogChunk>> {
    // The trace comes first: what is written after the end was seen does not exist.
    let ended = !matches!(folder.trace()?, Trace::Running { .. } | Trace::Unclaimed);
    let mut file = match File::open(folder.log()) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let (start, end) = log_size::piece(&file, offset.min(length), length)?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(CHUNK.min(end.saturating_sub(start))).read_to_end(&mut bytes)?;
    let next_offset = start + bytes.len() as u64;
    Ok(Some(LogChunk { bytes, next_offset, complete: ended && next_offset >= length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_is_read_on_from_where_it_was_left() {
        let data = tempfile::tempdir().unwrap();
        let reader = LogReader::new(data.path());
        let execution = ExecutionId { project: "p".into(), domain: "d".into(), name: "e".into() };
        let id = AttemptId { execution, node: "n0".into(), attempt: 0 };
        assert!(matches!(reader.read(&id, 0).await, Err(LogError::NotFound { .. })));

        let folder = Folder::of(&super::super::settings::attempts(data.path()), &id.execution, "n0", 0);
        folder.make().unwrap();
        std::fs::write(folder.log(), "one\n").unwrap();
        let first = reader.read(&id, 0).await.unwrap();
        assert_eq!(first, LogChunk { bytes: b"one\n".to_vec(), next_offset: 4, complete: false });

        std::fs::write(folder.log(), "one\ntwo\n").unwrap();
        std::fs::write(folder.path().join("pid"), "1").unwrap();
        std::fs::write(folder.path().join("exit"), "0\n").unwrap();
        let second = reader.read(&id, 4).await.unwrap();
        assert_eq!(second, LogChunk { bytes: b"two\n".to_vec(), next_offset: 8, complete: true });
        assert_eq!(reader.read(&id, 99).await.unwrap().next_offset, 8);
    }
}
