//! Any file is recognised or refused with a reason; whatever was read of it answers every question, within
//! the limits, and a closure that comes out can be dropped again.

use std::collections::BTreeMap;

use aileron_workbench::{Limits, Problem, Workspace};
use prost::Message;

/// Small, so that they are reached.
pub(crate) const LIMITS: Limits =
    Limits { bytes: 1 << 20, unpacked: 1 << 20, ratio: 50, yaml: 4096, entries: 50, depth: 60, nodes: 200 };

/// Checks one file.
pub fn check(data: &[u8]) {
    let mut workspace = Workspace::new(LIMITS);
    let added = match workspace.add(data, "file") {
        Ok(added) => added,
        Err(problem) => return refused(&problem),
    };
    added.skipped.iter().for_each(refused);
    let count = added.entities.len();
    assert!(count <= LIMITS.entries, "{count} entities");
    let again = workspace.add(data, "file").expect("what was read can be read again");
    assert_eq!(again.entities.len(), count, "read again, it is something else");
    for (one, other) in added.entities.iter().zip(&again.entities) {
        assert_eq!((one.kind, &one.also), (other.kind, &other.also));
        assert!(serde_json::to_string(one).is_ok());
        ask(&workspace, one.id);
        let _ = workspace.diff(one.id, other.id);
    }
}

/// A problem says what is wrong, where, and what to do.
pub(crate) fn refused(problem: &Problem) {
    assert!(problem.place.starts_with("file"), "{problem}");
    assert!(!problem.reason.to_string().is_empty() && !problem.reason.hint().is_empty(), "{problem}");
}

fn ask(workspace: &Workspace, id: u32) {
    if let Ok(verdict) = workspace.compile(id) {
        let bytes = verdict.closure.encode_to_vec();
        let _ = Workspace::new(Limits::none()).add(&bytes, "closure.pb");
    }
    let _ = workspace.layout(id);
    let _ = workspace.validate(id, &BTreeMap::new());
    let _ = workspace.validate_values(id, 0);
    let _ = workspace.values(id);
    let _ = workspace.status(id);
}
