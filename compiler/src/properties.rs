//! What holds for every workflow: random ones, sensible and senseless.

use std::collections::BTreeSet;

use aileron_idl::core::{BindingData, ConnectionSet};
use proptest::prelude::*;

use crate::fixture::{Program, collection, empty, int_value, mapping, promise, text_value, unknown_scalar};
use crate::types::samples::*;
use crate::{Code, END_NODE, START_NODE};

fn program() -> Program {
    Program::new()
        .input("a", int())
        .task("inc", &[("a", int())], &[("o0", int())])
        .task("sum", &[("a", list(int()))], &[("o0", int())])
        .task(
            "any",
            &[("a", union([list(int()), map(text()), none()]))],
            &[("o0", dataclass([("x", int())]))],
        )
}

fn bindings() -> impl Strategy<Value = BindingData> {
    let leaf = prop_oneof![
        ("(n[0-9])?|start-node|end-node", "a|o0|\\[0\\]\\.o0|\\[")
            .prop_map(|(node, var)| promise(&node, &var)),
        Just(int_value(1)),
        Just(text_value("x")),
        Just(unknown_scalar()),
        Just(empty()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(collection),
            inner.prop_map(|inner| mapping([("k", inner)])),
        ]
    })
}

/// Any ids, tasks and bindings.
fn senseless() -> impl Strategy<Value = Program> {
    let node = ("(n[0-9])?|start-node|end-node", "inc|sum|any|gone", "[ab]?", bindings(), "n[0-9]");
    prop::collection::vec(node, 0..12).prop_map(|nodes| {
        nodes.into_iter().fold(program(), |program, (id, task, variable, binding, upstream)| {
            program.node(&id, &task, &[(&variable, binding)]).after(&id, &upstream)
        })
    })
}

/// Each node takes outputs of earlier nodes only.
fn dag() -> impl Strategy<Value = Program> {
    let upstream = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    prop::collection::vec(upstream, 1..40).prop_map(|nodes| {
        nodes.iter().enumerate().fold(program(), |program, (position, upstream)| {
            let earlier = upstream.iter().filter(|_| position > 0);
            let sources = earlier.map(|index| promise(&format!("n{}", index.index(position)), "o0"));
            program.node(&format!("n{position}"), "sum", &[("a", collection(sources))])
        })
    })
}

type Pairs<'a> = BTreeSet<(&'a str, &'a str)>;

/// The edges as each of the two maps tells them.
fn pairs(connections: &ConnectionSet) -> (Pairs<'_>, Pairs<'_>) {
    let downstream = connections.downstream.iter();
    let downstream =
        downstream.flat_map(|(from, list)| list.ids.iter().map(move |to| (from.as_str(), to.as_str())));
    let upstream = connections.upstream.iter();
    let upstream =
        upstream.flat_map(|(to, list)| list.ids.iter().map(move |from| (from.as_str(), to.as_str())));
    (downstream.collect(), upstream.collect())
}

proptest! {
    #[test]
    fn no_template_makes_the_compiler_panic(program in senseless()) {
        let compiled = program.compile();
        let again = program.compile();
        prop_assert_eq!(&compiled.closure, &again.closure);
        prop_assert_eq!(compiled.diagnostics, again.diagnostics);
    }

    #[test]
    fn a_dag_compiles_and_its_connections_agree(program in dag()) {
        let closure = program.compile().into_result();
        prop_assert!(closure.is_ok(), "{:?}", closure);
        let primary = closure.unwrap().primary.unwrap();
        let connections = primary.connections.unwrap();
        let (downstream, upstream) = pairs(&connections);
        prop_assert_eq!(&downstream, &upstream);
        for node in &primary.template.unwrap().nodes {
            prop_assert_eq!(connections.upstream.contains_key(&node.id), node.id != START_NODE);
            prop_assert_eq!(connections.downstream.contains_key(&node.id), node.id != END_NODE);
        }
        for list in connections.downstream.values().chain(connections.upstream.values()) {
            prop_assert!(list.ids.is_sorted_by(|a, b| a < b), "{:?}", list.ids);
        }
    }

    #[test]
    fn an_edge_back_makes_a_cycle(program in dag()) {
        let last = program.template.nodes.last().unwrap().id.clone();
        let first_is_before = program.template.nodes.len() > 1;
        prop_assume!(first_is_before);
        let circle = program.after("n0", &last).after(&last, "n0");
        prop_assert!(circle.compile().diagnostics.iter().any(|found| found.code == Code::CycleDetected));
    }
}

#[test]
fn the_order_of_the_tasks_changes_nothing() {
    let mut program =
        program().node("n0", "inc", &[("a", promise("", "a"))]).node("n1", "sum", &[("a", collection([]))]);
    let closure = program.compile().closure;
    program.tasks.reverse();
    assert_eq!(program.compile().closure, closure);
    assert_eq!(closure.tasks.len(), 2);
}
