//! What must hold of whatever strangers send: one module for each place that their bytes reach first.
//!
//! Each module has a `check`, which takes any bytes and panics when an invariant is broken, and so when
//! the code under it panics. `fuzz_targets` feeds them to libFuzzer, one program each; `cargo xtask fuzz`
//! builds and runs those. `corpus` has an archive for each with the inputs that together
//! reach all that was ever reached; `cargo test` replays them without libFuzzer.
//!
//! What this crate deliberately does not do: keep the inputs that once broke something. Each of those
//! is a named test beside the code that was mended.
//!
//! Start reading at [`compile`].

#![forbid(unsafe_code)]

pub mod archive;
pub mod castability;
pub mod command;
pub mod compile;
pub mod cron;
pub mod decode;
pub mod filter;
pub mod layout;
pub mod literal;
pub mod login;
pub mod path;
pub mod request;
pub mod token;

/// A target's name, which is that of its program and of its corpus, and what it checks.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 13] = [
    ("archive", archive::check),
    ("castability", castability::check),
    ("command", command::check),
    ("compile", compile::check),
    ("cron", cron::check),
    ("decode", decode::check),
    ("filter", filter::check),
    ("layout", layout::check),
    ("literal", literal::check),
    ("login", login::check),
    ("path", path::check),
    ("request", request::check),
    ("token", token::check),
];

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::path::Path;

    use flate2::read::GzDecoder;

    use super::*;

    fn replay((name, check): Target) -> usize {
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name).with_extension("tgz");
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(&archive).unwrap()));
        let files = archive.entries().unwrap().map(|entry| entry.unwrap());
        let inputs = files.filter(|entry| entry.header().entry_type().is_file()).map(|mut entry| {
            let mut input = Vec::new();
            entry.read_to_end(&mut input).unwrap();
            check(&input);
        });
        inputs.count()
    }

    #[test]
    fn every_program_has_its_target() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut names: Vec<_> = files.map(|file| file.file_stem().unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, TARGETS.map(|(name, _)| name));
    }

    #[test]
    fn every_committed_input_keeps_the_invariants() {
        for target in TARGETS {
            assert!(replay(target) > 0, "the corpus of {} is empty", target.0);
        }
    }
}
