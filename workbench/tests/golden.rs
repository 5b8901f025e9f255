//! Files of every kind, and all that the workspace says of them, held against what it said before.
//!
//! The page-side test (`tests/wasm`) asks the same of the same files in a browser and holds its answers
//! against the same text, so that native and wasm are equal byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aileron_workbench::view::{Compilation, Entity};
use aileron_workbench::{Limits, Problem, Workspace};
use expect_test::expect_file;
use prost::Message as _;
use serde::Serialize;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// What the page's worker would be given: JSON, of an answer or of a problem.
fn answer(result: Result<impl Serialize, Problem>) -> String {
    match result {
        Ok(value) => serde_json::to_string(&value).expect("it is data"),
        Err(problem) => serde_json::to_string(&problem).expect("it is data"),
    }
}

/// Drops the files, then asks everything of every entity.
fn transcript(files: &[&str]) -> String {
    let mut workspace = Workspace::new(Limits::default());
    let mut lines = Vec::new();
    for file in files {
        let path = folder("data").join(file);
        let bytes = std::fs::read(&path).expect("the file is there");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        lines.push(format!("add {}", answer(workspace.add(&bytes, &name))));
    }
    let entities = workspace.entities();
    for entity in &entities {
        about(&workspace, entity, &mut lines);
    }
    for (before, after) in pairs(&entities) {
        lines.push(format!("diff {before} {after} {}", answer(workspace.diff(before, after))));
    }
    lines.join("\n")
}

fn about(workspace: &Workspace, entity: &Entity, lines: &mut Vec<String>) {
    let id = entity.id;
    let verdict = workspace.compile(id);
    let closure = verdict.as_ref().map(|verdict| verdict.closure.encode_to_vec());
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    lines.push(format!(
        "compile {id} {}",
        answer(verdict.as_ref().map(|verdict| Compilation::from(verdict.as_ref())).map_err(Clone::clone))
    ));
    lines.push(format!("closure {id} {}", closure.map_or_else(|_| String::new(), hex)));
    lines.push(format!("layout {id} {}", answer(workspace.layout(id))));
    lines.push(format!("parameters {id} {}", answer(workspace.parameters(id))));
    lines.push(format!("validate {id} {}", answer(workspace.validate(id, &BTreeMap::new()))));
    lines.push(format!("values {id} {}", answer(workspace.values(id))));
    lines.push(format!("status {id} {}", answer(workspace.status(id))));
}

/// Entities of one kind and name, each with the next.
fn pairs(entities: &[Entity]) -> Vec<(u32, u32)> {
    let same = |one: &Entity, other: &Entity| one.kind == other.kind && one.name == other.name;
    let next = |one: &&Entity| entities.iter().find(|other| other.id > one.id && same(one, other));
    entities.iter().filter_map(|one| Some((one.id, next(&one)?.id))).collect()
}

/// Each line of `cases.txt` is a name and the files that are dropped.
#[test]
fn what_is_said_of_files_stays() {
    let cases = std::fs::read_to_string(folder("cases.txt")).expect("the cases are there");
    for case in cases.lines() {
        let (name, files) = case.split_once(": ").expect("a case is `name: files`");
        let files: Vec<_> = files.split(' ').collect();
        expect_file![folder("golden").join(format!("{name}.txt"))].assert_eq(&transcript(&files));
    }
}
