//! Keeps a log within its size: what stands at its beginning and at its end.
//!
//! The middle is given back to the disk as a hole in the file, so whoever writes the log writes on undisturbed,
//! and every byte keeps its offset. The last bytes before the hole say that something is missing. It takes a
//! file system that can make holes; on one that cannot, the log grows, which is told once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Once;

use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::Errno;

/// Holes begin and end at a multiple of this, in bytes.
const BLOCK: u64 = 4096;

/// Cuts the log if it is longer than so many bytes; they are at least a few blocks.
pub(super) fn cut(log: &Path, most: u64) -> io::Result<()> {
    let length = match std::fs::metadata(log) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let Some((start, end)) = hole(length, most) else { return Ok(()) };
    let file = File::options().read(true).write(true).open(log)?;
    if data_end(&file, 0)? >= length {
        let told = note(most);
        file.write_all_at(told.as_bytes(), start - told.len() as u64)?;
    }
    let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match fallocate(&file, mode, start, end - start) {
        Err(Errno::OPNOTSUPP) => {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| tracing::warn!("logs are not cut: the data folder's file system has no holes"));
            Ok(())
        }
        cut => Ok(cut?),
    }
}

/// The piece of a log from an offset on that lies on the disk: from where, and up to where.
pub(super) fn piece(file: &File, offset: u64, length: u64) -> io::Result<(u64, u64)> {
    let start = match seek(file, SeekFrom::Data(offset)) {
        Ok(start) => start,
        // Nothing but a hole, or nothing at all, is behind it.
        Err(Errno::NXIO) => return Ok((length, length)),
        Err(Errno::INVAL) => return Ok((offset, length)),
        Err(error) => return Err(error.into()),
    };
    Ok((start, data_end(file, start)?))
}

fn data_end(file: &File, from: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Hole(from)) {
        Ok(end) => Ok(end),
        Err(Errno::INVAL | Errno::NXIO) => Ok(file.metadata()?.len()),
        Err(error) => Err(error.into()),
    }
}

/// What is cut out of a log of this length: a quarter of what is kept stands before it.
fn hole(length: u64, most: u64) -> Option<(u64, u64)> {
    let start = (most / 4).next_multiple_of(BLOCK);
    let end = length.checked_sub(most.saturating_sub(start))? / BLOCK * BLOCK;
    (length > most && end > start).then_some((start, end))
}

fn note(most: u64) -> String {
    format!(
        "\n[the log is longer than the {most} bytes that are kept: what stood here is gone; `task_log_size` is \
         the setting]\n"
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const MOST: u64 = 16 * BLOCK;

    fn read(log: &Path) -> String {
        let file = File::open(log).unwrap();
        let length = file.metadata().unwrap().len();
        let (mut text, mut offset) = (Vec::new(), 0);
        while offset < length {
            let (start, end) = piece(&file, offset, length).unwrap();
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            file.read_exact_at(&mut bytes, start).unwrap();
            text.extend(bytes);
            offset = end;
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn beginning_and_end_are_kept_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("task.log");
        cut(&log, MOST).unwrap();
        let mut writer = File::options().create(true).append(true).open(&log).unwrap();
        writeln!(writer, "first").unwrap();
        cut(&log, MOST).unwrap();
        assert_eq!(read(&log), "first\n");
        for round in 0..100 {
            for line in 0..200 {
                writeln!(writer, "{round} {line} and some more text to fill the line").unwrap();
            }
            cut(&log, MOST).unwrap();
            let kept = std::fs::metadata(&log).unwrap().blocks() * 512;
            assert!(kept <= MOST + 2 * BLOCK, "{kept}");
        }
        let text = read(&log);
        assert!(
            text.starts_with("first\n0 0 and")
                && text.ends_with("\n99 199 and some more text to fill the line\n")
        );
        assert_eq!(text.matches("what stood here is gone").count(), 1);
        assert!(!text.contains('\0'));
    }
}
