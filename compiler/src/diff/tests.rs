//! Pairs of workflows, and what is said of them.

use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{Literal, Parameter, ParameterMap};
use expect_test::{Expect, expect};

use super::*;
use crate::fixture::{Program, int_value, promise, text_value, variable};
use crate::types::samples::{int, none, text, union};

/// One line for each change.
fn shown(diff: &Diff) -> String {
    let mut lines = Vec::new();
    for workflow in &diff.workflows {
        lines.push(format!("workflow {}: {}", workflow.name, change(&workflow.change)));
        lines.extend(
            workflow.nodes.iter().map(|node| format!("  node {}: {}", node.id, change(&node.change))),
        );
        let edge = |edge: &EdgeChange| format!("  edge {} -> {}: {:?}", edge.from, edge.to, edge.change);
        lines.extend(workflow.edges.iter().map(edge));
    }
    lines.extend(diff.tasks.iter().map(|task| format!("task {}: {}", task.name, change(&task.change))));
    lines.extend(diff.interface().map(|(name, change)| {
        let InterfaceChange { side, variable, before, after, effect, reason } = change;
        let (before, after) = (before.as_deref().unwrap_or("-"), after.as_deref().unwrap_or("-"));
        format!("{effect:?}: {side:?} {name}.{variable} {before} => {after}: {reason}")
    }));
    lines.join("\n")
}

fn change(change: &Change) -> String {
    let list = |fields: &[Field]| {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "unset".into());
        let line =
            |field: &Field| format!("{} {} => {}", field.path, value(&field.before), value(&field.after));
        fields.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    match change {
        Change::Added => "added".into(),
        Change::Removed => "removed".into(),
        Change::Changed(fields) if fields.is_empty() => "changed inside".into(),
        Change::Changed(fields) => format!("changed {}", list(fields)),
        Change::Moved { from, fields } if fields.is_empty() => format!("moved from {from}"),
        Change::Moved { from, fields } => format!("moved from {from}, changed {}", list(fields)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
fn check(before: &Program, after: &Program, expect: Expect) {
    expect.assert_eq(&shown(&diff(&before.compile().closure, &after.compile().closure)));
}

fn program() -> Program {
    Program::new().task("double", &[("x", int())], &[("o", int())]).task("say", &[("x", int())], &[])
}

/// `double`, then `say` of what it gives.
fn pair() -> Program {
    program().node("n0", "double", &[("x", int_value(1))]).node("n1", "say", &[("x", promise("n0", "o"))])
}

#[test]
fn equal_closures_differ_in_nothing() {
    check(&pair(), &pair(), expect![""]);
}

#[test]
fn another_version_of_everything_is_no_change() {
    let before = pair().compile().closure;
    let mut after = before.clone();
    let mut template = after.primary.clone().and_then(|primary| primary.template).expect("compiled");
    for id in template.id.iter_mut().chain(template.nodes.iter_mut().filter_map(reference)) {
        id.version = "w".into();
    }
    for task in after.tasks.iter_mut().filter_map(|task| task.template.as_mut()) {
        task.id.as_mut().expect("it has one").version = "w".into();
    }
    after.primary.as_mut().expect("compiled").template = Some(template);
    assert!(diff(&before, &after).is_empty(), "{}", shown(&diff(&before, &after)));
}

fn reference(node: &mut aileron_idl::core::Node) -> Option<&mut Identifier> {
    use aileron_idl::core::{node::Target, task_node::Reference};
    match &mut node.target {
        Some(Target::TaskNode(task)) => task.reference.as_mut().map(|Reference::ReferenceId(id)| id),
        _ => None,
    }
}

#[test]
fn a_changed_constant_is_a_field_of_its_node() {
    let after = program().node("n0", "double", &[("x", int_value(2))]).node(
        "n1",
        "say",
        &[("x", promise("n0", "o"))],
    );
    check(
        &pair(),
        &after,
        expect![[r#"
            workflow workflow: changed inside
              node n0: changed inputs.x.binding.scalar.primitive.integer 1 => 2"#]],
    );
}

#[test]
fn a_node_in_front_moves_those_behind_it() {
    let after = program()
        .node("n0", "say", &[("x", int_value(7))])
        .node("n1", "double", &[("x", int_value(1))])
        .node("n2", "say", &[("x", promise("n1", "o"))]);
    check(
        &pair(),
        &after,
        expect![[r#"
            workflow workflow: changed inside
              node n1: moved from n0
              node n2: moved from n1
              node n0: added
              edge n0 -> end-node: Added
              edge n1 -> n2: Moved { from: "n0", to: "n1" }
              edge n2 -> end-node: Moved { from: "n1", to: "end-node" }
              edge start-node -> n0: Added
              edge start-node -> n1: Moved { from: "start-node", to: "n0" }"#]],
    );
}

#[test]
fn a_node_that_moved_and_changed_is_found_by_what_it_runs() {
    let after = program()
        .node("n0", "say", &[("x", int_value(7))])
        .node("n1", "double", &[("x", int_value(2))])
        .node("n2", "say", &[("x", promise("n1", "o"))]);
    check(
        &pair(),
        &after,
        expect![[r#"
        workflow workflow: changed inside
          node n1: moved from n0, changed inputs.x.binding.scalar.primitive.integer 1 => 2
          node n2: moved from n1
          node n0: added
          edge n0 -> end-node: Added
          edge n1 -> n2: Moved { from: "n0", to: "n1" }
          edge n2 -> end-node: Moved { from: "n1", to: "end-node" }
          edge start-node -> n0: Added
          edge start-node -> n1: Moved { from: "start-node", to: "n0" }"#]],
    );
}

#[test]
fn a_removed_node_takes_its_edges_along() {
    check(
        &pair(),
        &program().node("n0", "double", &[("x", int_value(1))]),
        expect![[r#"
            workflow workflow: changed inside
              node n1: removed
              edge n0 -> end-node: Added
              edge n0 -> n1: Removed
              edge n1 -> end-node: Removed
            task say: removed"#]],
    );
}

#[test]
fn an_override_and_another_task_are_named_by_their_fields() {
    check(
        &pair(),
        &pair().memory("n1", "1Gi"),
        expect![[r#"
            workflow workflow: changed inside
              node n1: changed task_node.overrides unset => {resources: {requests: [{name: MEMORY, value: "1Gi"}]}}"#]],
    );
    let other = program().node("n0", "double", &[("x", int_value(1))]).node(
        "n1",
        "double",
        &[("x", promise("n0", "o"))],
    );
    check(
        &pair(),
        &other,
        expect![[r#"
            workflow workflow: changed inside
              node n1: changed task_node.reference_id.name "say" => "double"
            task say: removed"#]],
    );
}

#[test]
fn inputs_and_outputs_are_judged_by_what_callers_do() {
    let with = |program: Program| program.node("n0", "double", &[("x", int_value(1))]);
    let before = with(program()).input("a", int()).input("b", int()).input("gone", int());
    let after = with(program())
        .input("a", union([int(), text()]))
        .input("b", text())
        .input("optional", union([int(), none()]))
        .input("required", int());
    check(
        &before,
        &after,
        expect![[r#"
            workflow workflow: changed inside
            Compatible: Input workflow.a simple:INTEGER => union_type:{variants:{simple:INTEGER} variants:{simple:STRING}}: the input takes all values that it took
            Breaking: Input workflow.b simple:INTEGER => simple:STRING: the input refuses values that it took
            Breaking: Input workflow.gone simple:INTEGER => -: callers that give the input are refused
            Compatible: Input workflow.optional - => union_type:{variants:{simple:INTEGER} variants:{simple:NONE}}: callers may leave the new input out
            Breaking: Input workflow.required - => simple:INTEGER: callers do not give this required input"#]],
    );
    let before = with(program()).output("o", union([int(), text()]), promise("n0", "o")).output(
        "p",
        int(),
        promise("n0", "o"),
    );
    let after = with(program()).output("o", int(), promise("n0", "o")).output("q", text(), text_value("x"));
    check(
        &before,
        &after,
        expect![[r#"
            workflow workflow: changed inside
              node end-node: changed inputs.p {var: "p", binding: {promise: {node_id: "n0", var: "o"}}} => unset; inputs.q unset => {var: "q", binding: {scalar: {primitive: {string_value: "x"}}}}
            Compatible: Output workflow.o union_type:{variants:{simple:INTEGER} variants:{simple:STRING}} => simple:INTEGER: all values of the output fit where they are taken
            Breaking: Output workflow.p simple:INTEGER => -: callers that take the output get nothing
            Compatible: Output workflow.q - => simple:STRING: callers may ignore the new output"#]],
    );
}

#[test]
fn a_default_makes_an_input_of_a_launch_plan_optional() {
    let mandatory = Parameter { var: Some(variable(int())), behavior: Some(Behavior::Required(true)) };
    let optional = Parameter { behavior: Some(Behavior::Default(Literal::default())), ..mandatory.clone() };
    let parameters = |entries: &[(&str, &Parameter)]| ParameterMap {
        parameters: entries.iter().map(|&(name, of)| (name.to_owned(), of.clone())).collect(),
    };
    let before = parameters(&[("a", &mandatory)]);
    let after = parameters(&[("a", &optional), ("b", &optional)]);
    let effects = |changes: Vec<InterfaceChange>| {
        changes.into_iter().map(|change| (change.variable, change.effect)).collect::<Vec<_>>()
    };
    let compatible = [("a".to_owned(), Effect::Compatible), ("b".to_owned(), Effect::Compatible)];
    assert_eq!(effects(interface::parameters(&before, &after)), compatible);
    let breaking = [("a".to_owned(), Effect::Breaking), ("b".to_owned(), Effect::Breaking)];
    assert_eq!(effects(interface::parameters(&after, &before)), breaking);
}
