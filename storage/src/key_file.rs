//! Files with keys: made once, and used only while they are their owner's.
//!
//! Keys are not sealed by another key, which would have to lie somewhere too; who may read the file is what keeps them.
//! So a file that others may read is refused, as OpenSSH and PostgreSQL refuse theirs: its key is not secret any more.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The bytes of a file; where there is none it is made, readable by its owner alone.
///
/// # Errors
/// When it cannot be read or made, or others may read it ([`read`]).
pub fn open(path: &Path, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let made = make()?;
            file.write_all(&made)?;
            file.sync_all()?;
            Ok(made)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}

/// The bytes of a file that only its owner may read. Its group may too where it is root's, as with mounted secrets.
///
/// # Errors
/// When it cannot be read; `PermissionDenied`, with the mend, when others may.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    let open = if about.uid() == 0 { 0o037 } else { 0o077 };
    if about.mode() & open != 0 {
        let mode = about.mode() & 0o777;
        let problem = format!(
            "others than its owner may use it (mode {mode:03o}), so its keys are not secret; if nobody has read them, \
             `chmod 600` it (in Kubernetes: `defaultMode: 0440`), else replace them"
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert_eq!(open(&path, || Ok(vec![1])).unwrap(), [1]);
        assert_eq!(open(&path, || Ok(vec![2])).unwrap(), [1]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_may_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        open(&path, || Ok(vec![1])).unwrap();
        let is_roots = std::fs::metadata(&path).unwrap().uid() == 0;
        for (mode, taken) in [
            (0o600, true),
            (0o400, true),
            (0o640, is_roots),
            (0o440, is_roots),
            (0o660, false),
            (0o604, false),
            (0o644, false),
            (0o601, false),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let read = read(&path);
            assert_eq!(read.is_ok(), taken, "{mode:03o}");
            if let Err(error) = read {
                assert!(error.to_string().contains(&format!("mode {mode:03o}")), "{error}");
                assert!(error.to_string().contains("chmod 600"), "{error}");
            }
        }
    }
}
