//! Making mounts read-only, each with the other flags that it has: those cannot be taken from it here.

use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount_remount};

use crate::IsolationError;

/// The mounts that this process sees; the machine's processes are still at this place then.
const TABLE: &str = "/machine/proc/self/mountinfo";

/// Makes every mount from a path on read-only.
pub(crate) fn make_read_only(root: &Path) -> Result<(), IsolationError> {
    let table = std::fs::read_to_string(TABLE).map_err(|error| IsolationError::view("read", TABLE, error))?;
    for line in table.lines() {
        if let Some((place, flags)) = parse(line).filter(|(place, _)| place.starts_with(root)) {
            remount(&place, flags | MountFlags::RDONLY)?;
        }
    }
    Ok(())
}

/// Makes one read-only that this process has mounted.
pub(crate) fn seal(place: &Path) -> Result<(), IsolationError> {
    let table = std::fs::read_to_string(TABLE).map_err(|error| IsolationError::view("read", TABLE, error))?;
    let found = table.lines().filter_map(parse).rfind(|(mounted, _)| mounted == place);
    let flags = found.map_or(MountFlags::NOSUID | MountFlags::NODEV, |(_, flags)| flags);
    remount(place, flags | MountFlags::RDONLY)
}

fn remount(place: &Path, flags: MountFlags) -> Result<(), IsolationError> {
    match mount_remount(place, flags | MountFlags::BIND, c"") {
        // What another mount covers, or its user may not reach, is not seen by the command either.
        Ok(()) | Err(Errno::NOENT | Errno::ACCESS) => Ok(()),
        Err(error) => Err(IsolationError::view("make read-only", place, error)),
    }
}

/// `36 35 98:0 /root /place rw,noatime shared:1 - ext3 /dev/root rw`: the place and its flags.
fn parse(line: &str) -> Option<(PathBuf, MountFlags)> {
    let mut fields = line.split(' ');
    let (place, options) = (fields.nth(4)?, fields.next()?);
    let flags = options.split(',').map(flag).fold(MountFlags::empty(), |all, flag| all | flag);
    Some((PathBuf::from(unescape(place)), flags))
}

fn flag(option: &str) -> MountFlags {
    match option {
        "ro" => MountFlags::RDONLY,
        "nosuid" => MountFlags::NOSUID,
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        "noatime" => MountFlags::NOATIME,
        "nodiratime" => MountFlags::NODIRATIME,
        "relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    }
}

/// Spaces and the like are written as a backslash and three octal digits.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                plain.push(char::from(byte));
                plain.push_str(&part[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_and_how() {
        let line = r"36 35 98:0 / /a\040b rw,nosuid,relatime shared:1 - ext4 /dev/vda rw";
        let expected = (PathBuf::from("/a b"), MountFlags::NOSUID | MountFlags::RELATIME);
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse("36 35"), None);
    }
}
