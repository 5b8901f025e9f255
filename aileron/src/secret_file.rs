//! Files with one secret that a setting names: passwords, secrets of clients.

use std::path::Path;

use aileron_storage::key_file;
use anyhow::{Context, Result};

/// The secret in a file, without the end of its line. A file that others may read has none.
pub(crate) fn read(setting: &str, path: &Path) -> Result<String> {
    let place = || format!("{setting}: failed to read {}", path.display());
    let bytes = key_file::read(path).with_context(place)?;
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{}: it is no text", place()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "s3cret\r\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let told = format!("{:#}", super::read("smtp_password_file", &path).unwrap_err());
        assert!(
            told.starts_with("smtp_password_file: failed to read") && told.contains("chmod 600"),
            "{told}"
        );
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(super::read("smtp_password_file", &path).unwrap(), "s3cret");
        fs::write(&path, [0xff]).unwrap();
        assert!(super::read("smtp_password_file", &path).is_err());
    }
}
