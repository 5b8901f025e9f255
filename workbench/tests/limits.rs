//! Each limit refuses with its own problem, and can be lifted.

use std::path::Path;

use aileron_idl::core::{Literal, LiteralCollection, LiteralMap, literal};
use aileron_workbench::{Limits, Reason, Workspace};
use prost::Message as _;

fn package() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/package.tgz");
    std::fs::read(path).expect("the package is there")
}

fn refused(bytes: &[u8], limits: Limits) -> Reason {
    Workspace::new(limits).add(bytes, "file").expect_err("it is beyond the limit").reason
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all")
}

#[test]
fn size() {
    let limits = Limits { bytes: 1000, ..Limits::default() };
    assert_eq!(refused(&package(), limits), Reason::TooLarge { size: package().len(), limit: 1000 });
}

#[test]
fn what_is_inside() {
    let limits = Limits { unpacked: 1000, ..Limits::default() };
    assert_eq!(refused(&package(), limits), Reason::TooMuchInside { limit: 1000 });
}

#[test]
fn ratio() {
    let bomb = gzip(&vec![b' '; 2 << 20]);
    assert_eq!(refused(&bomb, Limits::default()), Reason::ExpandsTooMuch { limit: 200 });
    assert_eq!(refused(&bomb, Limits::none()), Reason::Empty);
}

#[test]
fn yaml() {
    let limits = Limits { yaml: 10, ..Limits::default() };
    let reason = refused(b"kind: unknown to all", limits);
    assert!(matches!(reason, Reason::TooLargeForYaml { size: 20, limit: 10, .. }), "{reason:?}");
}

#[test]
fn entries() {
    let limits = Limits { entries: 3, ..Limits::default() };
    assert_eq!(refused(&package(), limits), Reason::TooManyEntries { limit: 3 });
    assert_eq!(refused(b"[{}, {}, {}, {}]", limits), Reason::TooManyEntries { limit: 3 });
}

#[test]
fn depth() {
    let limits = Limits { depth: 5, ..Limits::default() };
    assert_eq!(refused(br#"{"a": {"b": {"c": {"d": {"e": 1}}}}}"#, limits), Reason::TooDeep { limit: 5 });
    let reading = Workspace::new(limits).add(&package(), "file").expect("entries are told on their own");
    assert!(reading.skipped.iter().all(|problem| problem.reason == Reason::TooDeep { limit: 5 }));
    assert!(!reading.skipped.is_empty());
    assert_eq!(refused(&nested(150), Limits::none()), Reason::TooDeep { limit: 100 });
}

/// An encoded literal map with lists in lists.
fn nested(levels: usize) -> Vec<u8> {
    let list = |inner| Literal {
        value: Some(literal::Value::Collection(LiteralCollection { literals: vec![inner] })),
        ..Literal::default()
    };
    let innermost = list(Literal::default());
    let literals = [("x".to_owned(), (0..levels).fold(innermost, |inner, _| list(inner)))].into();
    LiteralMap { literals }.encode_to_vec()
}

#[test]
fn nodes() {
    let limits = Limits { nodes: 3, ..Limits::default() };
    let reading = Workspace::new(limits).add(&package(), "file").expect("small entities are read");
    let problems: Vec<_> = reading.skipped.iter().map(|problem| problem.reason.clone()).collect();
    assert_eq!(problems, [Reason::TooManyNodes { count: 7, limit: 3 }]);
    let whole = Workspace::new(Limits::none()).add(&package(), "file").expect("all is read");
    assert_eq!((whole.entities.len(), whole.skipped.len()), (8, 0));
}

#[test]
fn damage_is_told() {
    let package = package();
    let half = refused(&package[..package.len() / 2], Limits::default());
    assert!(matches!(half, Reason::Damaged(_)), "{half:?}");
}

#[test]
fn a_zip_archive_is_told_and_not_taken_for_a_message() {
    assert_eq!(refused(b"PK\x03\x04\x14\0\0\0\0\0", Limits::default()), Reason::Zip);
    let empty = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let problem = Workspace::default().add(&empty, "package.zip").expect_err("it is a zip");
    assert!(problem.reason.hint().contains(".tgz"), "{problem}");
}

#[test]
fn a_reason_to_refuse_has_a_code_a_place_and_a_hint() {
    let problem = Workspace::default().add(b"", "inputs").expect_err("it is empty");
    let json = serde_json::to_value(&problem).expect("it is data");
    assert_eq!(json["code"], "Empty");
    assert_eq!(json["place"], "inputs");
    assert!(json["hint"].as_str().is_some_and(|hint| hint.contains("inputs.pb")));
    let empty = Workspace::default().add(b"", "inputs.pb").expect("no inputs are no bytes");
    assert_eq!(empty.entities.len(), 1);
}
