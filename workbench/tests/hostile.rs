//! Nothing that is dropped makes the workspace panic.

use std::collections::BTreeMap;
use std::path::Path;

use aileron_workbench::{Limits, Workspace};
use proptest::prelude::*;

/// Drops a file and asks everything of all that was read of it.
fn ask(bytes: &[u8]) {
    let mut workspace = Workspace::new(Limits { unpacked: 1 << 20, ..Limits::default() });
    let Ok(added) = workspace.add(bytes, "file") else { return };
    for entity in &added.entities {
        let id = entity.id;
        let _ = workspace.compile(id);
        let _ = workspace.layout(id);
        let _ = workspace.validate(id, &BTreeMap::new());
        let _ = workspace.values(id);
        let _ = workspace.diff(id, added.entities[0].id);
    }
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("it is there").flatten().collect();
    paths.sort_by_key(std::fs::DirEntry::path);
    let mut files: Vec<_> = paths.iter().map(|entry| std::fs::read(entry.path()).expect("a file")).collect();
    // Single messages come to more than their compressed archives do.
    let packages: Vec<Vec<u8>> =
        files.iter().filter(|file| file.starts_with(&[0x1f, 0x8b])).cloned().collect();
    for package in packages {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(package.as_slice()));
        for entry in archive.entries().expect("an archive") {
            let mut inside = Vec::new();
            std::io::Read::read_to_end(&mut entry.expect("an entry"), &mut inside).expect("its bytes");
            files.push(inside);
        }
    }
    files
}

/// Another byte, a byte less, a byte more, or the end cut off.
#[derive(Clone, Debug)]
enum Change {
    Set(u8),
    Remove,
    Insert(u8),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => any::<u8>().prop_map(Change::Set),
        2 => Just(Change::Remove),
        2 => any::<u8>().prop_map(Change::Insert),
        1 => Just(Change::Cut),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        ask(&bytes);
    }

    #[test]
    fn random_text_is_answered(text in "[\\[\\]{}:,\"a-c0-9 \n&*|>-]{0,120}") {
        ask(text.as_bytes());
    }

    #[test]
    fn damaged_files_are_answered(
        file in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), change()), 1..6),
    ) {
        let files = fixtures();
        let mut bytes = file.get(&files).clone();
        for (at, change) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match change {
                Change::Set(byte) => bytes[at] = byte,
                Change::Remove => drop(bytes.remove(at)),
                Change::Insert(byte) => bytes.insert(at, byte),
                Change::Cut => bytes.truncate(at),
            }
        }
        ask(&bytes);
    }
}
