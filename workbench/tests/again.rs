//! An entity is compiled once, until another file may change what it refers to.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use aileron_compiler::layout::{Metrics, Sizes};
use aileron_idl::admin::{Workflow, WorkflowSpec};
use aileron_idl::core::{Identifier, Node, TaskNode, WorkflowTemplate, node, task_node};
use aileron_workbench::Workspace;
use prost::Message as _;

/// A workflow that runs a task of the package.
fn workflow(task: &Identifier) -> Vec<u8> {
    let reference = Some(task_node::Reference::ReferenceId(task.clone()));
    let target = Some(node::Target::TaskNode(TaskNode { reference, ..TaskNode::default() }));
    let template = WorkflowTemplate {
        id: Some(Identifier { resource_type: 2, name: "mine".to_owned(), ..Identifier::default() }),
        nodes: vec![Node { id: "n0".to_owned(), target, ..Node::default() }],
        ..WorkflowTemplate::default()
    };
    WorkflowSpec { template: Some(template), ..WorkflowSpec::default() }.encode_to_vec()
}

#[test]
fn asked_again_the_verdict_is_the_same_one() {
    let mut workspace = Workspace::default();
    let task = Identifier { resource_type: 1, name: "shop.price".to_owned(), ..Identifier::default() };
    let added = workspace.add(&workflow(&task), "workflow.pb").expect("it is a workflow");
    let id = added.entities[0].id;
    let first = workspace.compile(id).expect("it compiles");
    assert_eq!(first.missing.len(), 1);
    assert!(Rc::ptr_eq(&first, &workspace.compile(id).expect("it compiles")));
}

#[test]
fn another_file_may_change_the_verdict() {
    let mut workspace = Workspace::default();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/package.tgz");
    let task = Identifier { resource_type: 1, name: "shop.price".to_owned(), ..Identifier::default() };
    let added = workspace.add(&workflow(&task), "workflow.pb").expect("it is a workflow");
    let id = added.entities[0].id;
    assert_eq!(workspace.compile(id).expect("it compiles").missing.len(), 1);
    workspace.add(&std::fs::read(package).expect("it is there"), "package.tgz").expect("it is a package");
    assert!(workspace.compile(id).expect("it compiles").missing.is_empty());
}

/// What Flyte compiled, with the name of its program.
fn compiled_by_flyte() -> Vec<(String, Workflow)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/tests/golden");
    let files = std::fs::read_dir(folder).expect("they are there").map(|entry| entry.expect("a file").path());
    let records = files.filter(|path| path.extension().is_some_and(|end| end == "pb"));
    let record = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("a file");
        (path.display().to_string(), Workflow::decode(bytes.as_slice()).expect("a workflow"))
    };
    records.map(record).collect()
}

#[test]
fn a_closure_that_is_dropped_and_compiled_again_stays_the_same() {
    let mut compared = 0;
    for (name, workflow) in compiled_by_flyte() {
        let mut workspace = Workspace::default();
        let added = workspace.add(&workflow.encode_to_vec(), "workflow.pb").expect("it is a workflow");
        let again = workspace.compile(added.entities[0].id).expect("it compiles");
        // One launches a plan that it does not hold.
        if again.missing.is_empty() {
            let closure = workflow.closure.and_then(|closure| closure.compiled_workflow);
            assert_eq!(Some(&again.closure), closure.as_ref(), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, 14);
}

#[test]
fn what_was_foreseen_is_what_is_asked_for() {
    let metrics = Metrics { node_width: 90.0, ..Metrics::default() };
    for (name, workflow) in compiled_by_flyte() {
        let fresh = || {
            let mut workspace = Workspace::default();
            let added = workspace.add(&workflow.encode_to_vec(), "workflow.pb").expect("it is a workflow");
            (workspace, added.entities[0].id)
        };
        let (plain, id) = fresh();
        let node = Sizes::from([("n0", (500.0, 500.0))]);
        for (asked, sizes) in [(metrics, Sizes::new()), (Metrics::default(), Sizes::new()), (metrics, node)] {
            let (foresees, _) = fresh();
            foresees.foresee(id, &metrics).expect("it compiles");
            let (told, made) = (foresees.lay_out(id, &asked, &sizes), plain.lay_out(id, &asked, &sizes));
            assert_eq!(told.expect("it compiles"), made.expect("it compiles"), "{name}");
        }
    }
}
