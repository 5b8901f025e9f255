//! Values, and nodes of executions, that belong to another entity.

use std::path::Path;

use aileron_idl::admin::{NodeExecution, NodeExecutionClosure, NodeExecutionList, NodeExecutionMetaData};
use aileron_idl::core::{
    Literal, LiteralMap, NodeExecutionIdentifier, Primitive, Scalar, literal, node_execution, primitive,
    scalar,
};
use aileron_workbench::view::Suits;
use aileron_workbench::{Kind, NodePhase, Workspace};
use prost::Message;
use prost_types::{Duration, Timestamp};

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read(path).expect("the file is there")
}

fn values(names: &[&str]) -> Vec<u8> {
    let primitive = Primitive { value: Some(primitive::Value::Integer(3)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    let three = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Literal::default() };
    LiteralMap { literals: names.iter().map(|name| ((*name).to_owned(), three.clone())).collect() }
        .encode_to_vec()
}

#[test]
fn values_suit_what_has_all_of_their_names() {
    let mut workspace = Workspace::default();
    let added = workspace.add(&file("package.tgz"), "package.tgz").expect("it is read");
    let task = added.entities.iter().find(|entity| entity.name == "shop.price").expect("it is there").id;
    let mut suits = |names: &[&str]| {
        let added = workspace.add(&values(names), "values.pb").expect("it is read");
        workspace.suits(task, added.entities[0].id).expect("both are there")
    };
    assert_eq!(suits(&["count"]), Suits::Inputs);
    assert_eq!(suits(&["o0"]), Suits::Outputs);
    assert_eq!(suits(&["count", "o0"]), Suits::Neither);
}

#[test]
fn written_inputs_are_what_would_be_typed() {
    let workspace = Workspace::default();
    let typed =
        workspace.typed(b"item: apple\ncount: 3\nlist: [1, two]\n", "inputs.yaml").expect("it is read");
    let typed: Vec<_> = typed.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(typed, [("count", "3"), ("item", "apple"), ("list", "[1,\"two\"]")]);
    assert!(workspace.typed(b"[1]", "inputs.json").is_err());
}

#[test]
fn a_list_of_node_executions_says_how_far_they_are() {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let closure = NodeExecutionClosure {
        phase: node_execution::Phase::Succeeded as i32,
        started_at: at(60),
        duration: Some(Duration { seconds: 5, nanos: 0 }),
        ..NodeExecutionClosure::default()
    };
    let node = NodeExecution {
        id: Some(NodeExecutionIdentifier { node_id: "dn0".to_owned(), ..Default::default() }),
        metadata: Some(NodeExecutionMetaData { spec_node_id: "n0".to_owned(), ..Default::default() }),
        closure: Some(closure),
        ..NodeExecution::default()
    };
    let list = NodeExecutionList { node_executions: vec![node], ..NodeExecutionList::default() };
    let mut workspace = Workspace::default();
    let added = workspace.add(&list.encode_to_vec(), "nodes.pb").expect("it is read");
    assert_eq!(added.entities[0].kind, Kind::NodeExecutionList);
    let status = workspace.status(added.entities[0].id).expect("it has one");
    assert_eq!(status.nodes["n0"], NodePhase::Succeeded);
    let report = &status.reports["n0"];
    let times = (report.started.as_deref(), report.stopped.as_deref());
    assert_eq!(times, (Some("1970-01-01T00:01:00Z"), Some("1970-01-01T00:01:05Z")));
}

#[test]
fn what_is_not_known_of_a_message_is_told_and_kept() {
    // Field 999, three bytes: no version has it.
    let strange = [file("inputs.pb"), vec![0xba, 0x3e, 3, b'a', b'b', b'c']].concat();
    let mut workspace = Workspace::default();
    let added = workspace.add(&strange, "inputs.pb").expect("it is read");
    assert_eq!(added.entities[0].notes, ["one field is not known here; it is kept"]);
    let original = workspace.original(added.entities[0].id).expect("it is there");
    assert_eq!(original, Some(strange.as_slice()));
}
