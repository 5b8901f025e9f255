//! What lies in a folder itself, and not behind a link that somebody who may write there has left: a link in a task's
//! outputs that leads to a key of the server would be read, and shown, as what the task has made.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, open, openat2};
use rustix::io::Errno;

/// Where a path below a folder leads.
#[derive(Debug)]
pub enum Reached {
    /// To what lies there, by folders alone.
    There(OwnedFd),
    /// To nothing.
    Nothing,
    /// Through a link, or to one: elsewhere, for all that is known.
    ByLink,
}

/// Goes to a path below a folder, which itself may be one of links. No other process can change it into a link on the way.
///
/// # Errors
/// When the system cannot tell.
pub fn reach(folder: &Path, below: &Path) -> io::Result<Reached> {
    let path = OFlags::PATH | OFlags::CLOEXEC;
    let start = match open(folder, path | OFlags::DIRECTORY, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(Reached::Nothing),
        start => start?,
    };
    let no_links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::BENEATH;
    match openat2(&start, below, path, Mode::empty(), no_links) {
        Ok(found) => Ok(Reached::There(found)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(Reached::Nothing),
        Err(Errno::LOOP | Errno::XDEV) => Ok(Reached::ByLink),
        // Before Linux 5.6, and where a filter of system calls knows no newer ones.
        Err(Errno::NOSYS | Errno::PERM) => reach_by_name(folder, below),
        Err(error) => Err(error.into()),
    }
}

/// The same by two steps, between which another process may do something.
fn reach_by_name(folder: &Path, below: &Path) -> io::Result<Reached> {
    let expected = folder.canonicalize()?.join(below);
    let nothing =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    match expected.canonicalize() {
        Ok(found) if found != expected => return Ok(Reached::ByLink),
        Ok(_) => {}
        Err(error) if !nothing(&error) => return Err(error),
        Err(_) => {
            let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|about| about.is_symlink());
            let mut on_the_way = expected.ancestors().take_while(|path| *path != folder);
            return Ok(if on_the_way.any(is_link) { Reached::ByLink } else { Reached::Nothing });
        }
    }
    Ok(Reached::There(rustix::fs::openat(CWD, &expected, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?))
}

/// Whether an open file is the one that a path below a folder leads to, by folders alone.
///
/// # Errors
/// When the system cannot tell.
pub(crate) fn is_at(folder: &Path, below: &Path, file: &File) -> io::Result<bool> {
    let Reached::There(found) = reach(folder, below)? else { return Ok(false) };
    let (found, opened) = (File::from(found).metadata()?, file.metadata()?);
    Ok((found.dev(), found.ino()) == (opened.dev(), opened.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::{Part, Storage, StorageError};

    /// A folder with an object `a/file`, beside a secret, and links to that and to its folder.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("objects/a")).unwrap();
        std::fs::create_dir_all(at("elsewhere")).unwrap();
        std::fs::write(at("objects/a/file"), "mine").unwrap();
        std::fs::write(at("elsewhere/secret"), "secret").unwrap();
        symlink(at("elsewhere/secret"), at("objects/a/link")).unwrap();
        symlink(at("elsewhere"), at("objects/a/folder")).unwrap();
        symlink(at("nowhere"), at("objects/a/nothing")).unwrap();
        symlink("file", at("objects/a/same")).unwrap();
        folder
    }

    #[test]
    fn a_link_is_told_whether_or_not_it_leads_somewhere() {
        let folder = folder();
        let root = folder.path().canonicalize().unwrap().join("objects");
        for reach in [reach, reach_by_name] {
            let told = |below: &str| match reach(&root, Path::new(below)).unwrap() {
                Reached::There(_) => "there",
                Reached::Nothing => "nothing",
                Reached::ByLink => "link",
            };
            for (below, expected) in [
                ("a/file", "there"),
                ("a", "there"),
                ("a/none", "nothing"),
                ("b/c", "nothing"),
                ("a/file/below", "nothing"),
                ("a/link", "link"),
                ("a/same", "link"),
                ("a/folder/secret", "link"),
                ("a/folder/none", "link"),
                ("a/nothing", "link"),
                ("a/nothing/below", "link"),
            ] {
                assert_eq!(told(below), expected, "{below}");
            }
        }
    }

    #[tokio::test]
    async fn no_object_is_read_or_written_behind_a_link() {
        let folder = folder();
        let storage = Storage::folder(&folder.path().join("objects")).unwrap();
        for key in ["a/link", "a/folder/secret", "a/same", "a/nothing"] {
            let uri = storage.uri_of_key(key).unwrap();
            assert!(matches!(storage.get(&uri).await, Err(StorageError::NotFound(_))), "{key}");
            assert!(matches!(storage.read(&uri, Part::Whole).await, Err(StorageError::NotFound(_))), "{key}");
            assert!(!storage.exists(&uri).await.unwrap(), "{key}");
            assert!(matches!(storage.check_name(&uri).await, Err(StorageError::Blocked(_))), "{key}");
            assert!(matches!(storage.put(&uri, "x").await, Err(StorageError::Blocked(_))), "{key}");
            let mut upload = storage.upload(&uri).unwrap();
            let written = match upload.write(&vec![7; 9 << 20]).await {
                Ok(()) => upload.finish().await,
                refused => refused,
            };
            assert!(matches!(written, Err(StorageError::Blocked(_))), "{key}");
            assert!(matches!(storage.remove(&uri).await, Err(StorageError::Blocked(_))), "{key}");
        }
        let uri = storage.uri_of_key("a/file").unwrap();
        assert_eq!(storage.get(&uri).await.unwrap(), "mine");
        let listed = storage.list(storage.root()).await.unwrap();
        assert_eq!(listed.iter().map(|entry| &entry.uri).collect::<Vec<_>>(), [&uri]);
        let (objects, folders) = storage.list_folder(&storage.uri_of_key("a").unwrap()).await.unwrap();
        assert_eq!((objects.len(), folders.len()), (1, 0));
        assert_eq!(std::fs::read(folder.path().join("elsewhere/secret")).unwrap(), b"secret");
        assert_eq!(std::fs::read_dir(folder.path().join("elsewhere")).unwrap().count(), 1);
    }
}
