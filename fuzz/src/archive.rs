//! Any archive is read within the limits or refused with a reason, and compressed it is what it was.

use std::io::Write as _;

use aileron_workbench::Workspace;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::decode::{LIMITS, refused};

/// How compressed data begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a tar archive is made of.
const BLOCK: usize = 512;
/// Where a header has its magic, the size of what follows it, and the sum of its bytes.
const MAGIC: std::ops::Range<usize> = 257..265;
const SIZE: std::ops::Range<usize> = 124..136;
const SUM: std::ops::Range<usize> = 148..156;

/// Checks a file as it is, and as a tar archive whose headers have right sums, plain and compressed.
pub fn check(data: &[u8]) {
    read(data);
    let archive = summed(data);
    let plain = read(&archive);
    let compressed = compressed(&archive);
    // What is compressed itself is not looked into twice, and a high ratio is refused.
    if !data.starts_with(&GZIP) && archive.len() <= compressed.len().saturating_mul(LIMITS.ratio) {
        assert_eq!(read(&compressed), plain, "compressed, it is something else");
    }
}

/// How many entities there are, and how many entries of the archive are none.
fn read(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut workspace = Workspace::new(LIMITS);
    match workspace.add(bytes, "file") {
        Ok(added) => {
            added.skipped.iter().for_each(refused);
            assert!(added.skipped.len() + added.code.len() <= LIMITS.entries);
            Some((added.entities.len(), added.skipped.len()))
        }
        Err(problem) => {
            refused(&problem);
            None
        }
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all")
}

/// Makes headers of the blocks that stand where headers do. No change of a header leaves its sum right, so
/// that without this nothing behind the first one would be reached.
fn summed(data: &[u8]) -> Vec<u8> {
    let mut archive = data.to_vec();
    archive.resize(data.len().next_multiple_of(BLOCK), 0);
    let mut at = 0;
    while let Some(header) =
        archive.get_mut(at..at + BLOCK).filter(|header| header.iter().any(|byte| *byte != 0))
    {
        header[MAGIC].copy_from_slice(b"ustar\x0000");
        header[SUM].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let digits = header[SIZE].iter().take_while(|byte| (b'0'..=b'7').contains(byte));
        let size =
            digits.fold(0_usize, |size, digit| size.saturating_mul(8).saturating_add((digit - b'0').into()));
        at = at.saturating_add(BLOCK).saturating_add(size.min(archive.len()).next_multiple_of(BLOCK));
    }
    archive
}
