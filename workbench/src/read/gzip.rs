//! Compressed data, unpacked within limits.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::limits::Limits;
use crate::problem::Reason;

/// Bytes that may come out of any file, however small.
const FREE: usize = 1 << 20;
/// Bytes between two looks at the limits.
const CHUNK: usize = 64 << 10;

/// Whether the bytes begin like gzip.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The bytes inside; never more than a chunk beyond a limit is held.
pub(super) fn unpack(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Reason> {
    let most = bytes.len().saturating_mul(limits.ratio).max(FREE);
    let mut decoder = MultiGzDecoder::new(bytes);
    let (mut inside, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let count = decoder.read(&mut chunk).map_err(|error| Reason::Damaged(error.to_string()))?;
        if count == 0 {
            return Ok(inside);
        }
        inside.extend_from_slice(&chunk[..count]);
        if inside.len() > limits.unpacked {
            return Err(Reason::TooMuchInside { limit: limits.unpacked });
        }
        if inside.len() > most {
            return Err(Reason::ExpandsTooMuch { limit: limits.ratio });
        }
    }
}
