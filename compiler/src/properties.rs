//! What holds for every workflow: random ones, sensible and senseless.

use std::collections::BTreeSet;

use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::{
    ApproveCondition, ArrayNode, BindingData, ConnectionSet, Node, SignalCondition, SleepCondition,
};
use proptest::prelude::*;

use crate::fixture::{
    Program, array, both, branch, collection, empty, equal, gate, int_operand, int_value, launch_plan_node,
    mapping, promise, sub_workflow_node, task_node, text_value, unknown_scalar,
};
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

/// Nodes of every kind inside of each other, bound to whatever.
fn nodes() -> impl Strategy<Value = Node> {
    let inputs = || prop::collection::vec(("[abx]", bindings()), 0..3);
    let leaf = (0..8_u8, "[nt][0-5]", inputs()).prop_map(|(kind, id, inputs)| {
        let inputs: Vec<_> = inputs.iter().map(|(name, data)| (name.as_str(), data.clone())).collect();
        match kind {
            0 => gate(&id, Condition::Approve(ApproveCondition::default()), &inputs),
            1 => gate(&id, Condition::Signal(signal()), &inputs),
            2 => gate(&id, Condition::Sleep(SleepCondition::default()), &inputs),
            3 => sub_workflow_node(&id, "inner", &inputs),
            4 => launch_plan_node(&id, "plan", &inputs),
            5 => task_node(&id, "gone", &inputs),
            6 => task_node(&id, "any", &inputs),
            _ => task_node(&id, "inc", &inputs),
        }
    });
    leaf.prop_recursive(3, 8, 2, move |inner| {
        let arms = (inner.clone(), inner.clone(), "[abx]", "b[0-5]", inputs());
        let branch = arms.prop_map(|(first, second, variable, id, inputs)| {
            let inputs: Vec<_> = inputs.iter().map(|(name, data)| (name.as_str(), data.clone())).collect();
            let condition = equal(&variable, int_operand(1));
            branch(&id, &inputs, [(both(Some(condition.clone()), None), first), (condition, second)])
        });
        let array = (inner, any::<bool>(), inputs()).prop_map(|(inner, original, inputs)| {
            let inputs: Vec<_> = inputs.iter().map(|(name, data)| (name.as_str(), data.clone())).collect();
            let node = Some(Box::new(inner));
            let is_original_sub_node_interface = Some(original);
            array("m", ArrayNode { node, is_original_sub_node_interface, ..ArrayNode::default() }, &inputs)
        });
        prop_oneof![branch, array]
    })
}

fn signal() -> SignalCondition {
    let r#type = Some(int());
    SignalCondition { signal_id: "s".to_owned(), r#type, output_variable_name: "o0".to_owned() }
}

/// Workflows of all kinds of nodes, with one of them on failure, and a sub-workflow that may run itself.
fn everything() -> impl Strategy<Value = Program> {
    let list = || prop::collection::vec(nodes(), 0..6);
    (list(), list(), prop::option::of(nodes())).prop_map(|(own, inner, failure)| {
        let inner = inner.into_iter().fold(program(), Program::with);
        let program = own.into_iter().fold(program(), Program::with).sub_workflow("inner", inner);
        let program = program.launch_plan("plan", &[], &[("o0", int())]);
        failure.into_iter().fold(program, Program::on_failure)
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
    fn no_kind_of_node_makes_the_compiler_panic(program in everything()) {
        let compiled = program.compile();
        let sent = program.template.nodes.len();
        let template = compiled.closure.primary.unwrap().template.unwrap();
        prop_assert_eq!(template.nodes.len(), sent + 2);
        prop_assert_eq!(compiled.closure.sub_workflows.len(), 1);
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
