//! Drops what only debuggers read of a wasm program: its custom sections, which hold names of functions and who made
//! it. A browser runs the program without them.

use anyhow::{Context, Result, ensure};

/// How every module begins: its magic number and the version of the format.
const HEAD: &[u8] = b"\0asm\x01\0\0\0";
/// The id of custom sections.
const CUSTOM: u8 = 0;

/// The module without its custom sections.
///
/// # Errors
/// When it is no module of version 1, or ends within a section.
pub(crate) fn without_custom(module: &[u8]) -> Result<Vec<u8>> {
    let mut rest = module.strip_prefix(HEAD).context("this is no wasm program")?;
    let mut kept = HEAD.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let (length, content) = number(after).context("a section of the wasm program has no length")?;
        ensure!(length <= content.len(), "the wasm program ends within a section");
        let (section, next) = rest.split_at(rest.len() - content.len() + length);
        if *id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Ok(kept)
}

/// A number of 32 bits in LEB128, and what comes behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [HEAD, &sections.concat()].concat()
    }

    #[test]
    fn custom_sections_go_and_the_others_stay() {
        let types: &[u8] = &[1, 4, 1, 0x60, 0, 0];
        let name: &[u8] = &[0, 5, 4, b'n', b'a', b'm', b'e'];
        let long = [&[0, 0x80, 0x02][..], &[b'x'; 256]].concat();
        let made = without_custom(&module(&[name, types, &long])).unwrap();
        assert_eq!(made, module(&[types]));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(without_custom(b"<html>").is_err());
        assert!(without_custom(&module(&[&[1, 9, 1]])).is_err());
        assert!(without_custom(&module(&[&[1, 0x80]])).is_err());
    }
}
