//! Packages: tar archives of entities, read in the order of their names.

use std::io::Read;

use tar::Archive;

use super::{Found, Reading, gzip, single};
use crate::limits::Limits;
use crate::problem::{Problem, Reason};

/// Where a tar header has its magic.
const MAGIC: std::ops::Range<usize> = 257..262;

/// How a zip archive begins: with an entry, or, without one, with its end.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Whether the bytes begin like a zip archive.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    ZIP.iter().any(|magic| bytes.starts_with(magic))
}

/// Whether the bytes begin like a tar archive.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(MAGIC) == Some(b"ustar")
}

/// Reads every entry. One that is not known is told, and does not hide the others.
pub(super) fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Reading, Problem> {
    let damaged = |error: std::io::Error| Reason::Damaged(error.to_string()).at(name);
    let mut archive = Archive::new(bytes);
    let mut files = Vec::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if files.len() >= limits.entries {
            return Err(Reason::TooManyEntries { limit: limits.entries }.at(name));
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut inside = Vec::new();
        entry.read_to_end(&mut inside).map_err(damaged)?;
        files.push((path, inside));
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    collect(&files, name, limits)
}

fn collect(files: &[(String, Vec<u8>)], name: &str, limits: &Limits) -> Result<Reading, Problem> {
    let mut reading = Reading::default();
    for (path, inside) in files {
        let place = format!("{name}/{path}");
        if gzip::is_gzip(inside) || is_tar(inside) || is_zip(inside) {
            reading.code.push(path.clone());
            continue;
        }
        match single(inside, &place, limits) {
            Ok(found) => reading.found.extend::<Vec<Found>>(found),
            Err(problem) => reading.skipped.push(problem),
        }
    }
    match reading.found.is_empty() && reading.skipped.is_empty() {
        true => Err(Reason::NothingInside { entries: files.len() }.at(name)),
        false => Ok(reading),
    }
}
