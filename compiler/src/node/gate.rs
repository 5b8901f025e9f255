//! A node that waits: for a time, for a value that somebody gives, or for an approval.
//!
//! A signal has one output, an approval passes its inputs on, and a sleep has no variables.

use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::{GateNode, SignalCondition};

use super::{Definition, Open};
use crate::check::{invalid_value, nesting_too_deep, no_condition_found, syntax_error, value_required};
use crate::findings::Findings;
use crate::ir::{Kind, Place};
use crate::signature::{Signature, TypeRef, Variables};

pub(super) fn define<'a>(open: &Open<'_>, gate: &'a GateNode, diagnostics: &mut Findings) -> Definition<'a> {
    let node = &*open.id;
    match &gate.condition {
        Some(Condition::Approve(_)) if open.place == Place::Item => {
            diagnostics.push(invalid_value::approval_of_items(node));
            Definition::unknown()
        }
        Some(Condition::Approve(_)) => Definition::inferred(Kind::Approve),
        Some(Condition::Signal(signal)) => Definition::declared(signature(node, signal, diagnostics)),
        Some(Condition::Sleep(sleep)) => {
            diagnostics.extend(syntax_error::sleep(node, sleep));
            Definition::declared(Some(Signature::EMPTY))
        }
        None => {
            diagnostics.push(no_condition_found::found(node));
            Definition::unknown()
        }
    }
}

fn signature<'a>(
    node: &str,
    signal: &'a SignalCondition,
    diagnostics: &mut Findings,
) -> Option<Signature<'a>> {
    let before = diagnostics.len();
    let (name, declared) = (signal.output_variable_name.as_str(), signal.r#type.as_ref());
    diagnostics.extend(value_required::signal(node, signal));
    diagnostics.extend(nesting_too_deep::variable(name, declared).map(|found| found.of_node(node)));
    let outputs = Variables::from_iter([(name, declared.map(TypeRef::Declared))]);
    (diagnostics.len() == before).then(|| Signature::new(Variables::NONE, outputs))
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::gate_node::Condition;
    use aileron_idl::core::{ApproveCondition, LiteralType, SignalCondition, SleepCondition};
    use expect_test::expect;

    use crate::fixture::{Program, collection, gate, int_value, promise};
    use crate::types::samples::*;

    fn signal(declared: Option<LiteralType>, name: &str) -> Condition {
        Condition::Signal(SignalCondition {
            signal_id: "s".to_owned(),
            r#type: declared,
            output_variable_name: name.to_owned(),
        })
    }

    fn approve() -> Condition {
        Condition::Approve(ApproveCondition { signal_id: "ok".to_owned() })
    }

    fn program() -> Program {
        Program::new().task("inc", &[("a", int())], &[("o0", int())])
    }

    #[test]
    fn a_signal_has_an_output_of_its_type() {
        program()
            .with(gate("g", signal(Some(int()), "value"), &[]))
            .with(gate("t", signal(Some(text()), "value"), &[]))
            .node("n0", "inc", &[("a", promise("g", "value"))])
            .node("n1", "inc", &[("a", promise("t", "value"))])
            .check(expect!["MismatchingTypes at n1.a: 'a' is simple:INTEGER, but is given t.value of simple:STRING (make both types the same, or convert the value in a task in between)"]);
    }

    #[test]
    fn a_signal_needs_a_name_and_a_type() {
        program()
            .with(gate("g", signal(None, ""), &[]))
            .node("n0", "inc", &[("a", promise("g", "value"))])
            .check(expect![[r#"
                ValueRequired at g: signal 's' declares no type (say of what type the value is that it waits for)
                ValueRequired at g: signal 's' does not name its output (name the output that holds the value)"#]]);
    }

    #[test]
    fn an_approval_passes_on_what_it_is_given_even_in_a_chain() {
        program()
            .input("a", text())
            .with(gate("g1", approve(), &[("x", promise("g2", "y"))]))
            .with(gate("g2", approve(), &[("y", promise("g3", "z"))]))
            .with(gate("g3", approve(), &[("z", promise("", "a")), ("one", int_value(1))]))
            .node("n0", "inc", &[("a", promise("g1", "x"))])
            .node("n1", "inc", &[("a", promise("g3", "one"))])
            .node("n2", "inc", &[("a", promise("g3", "two"))])
            .check(expect![[r#"
                MismatchingTypes at n0.a: 'a' is simple:INTEGER, but is given g1.x of simple:STRING (make both types the same, or convert the value in a task in between)
                VariableNameNotFound at n2.a: node 'g3' has no output 'two' (its outputs: 'one', 'z')"#]]);
    }

    #[test]
    fn what_an_approval_is_given_must_be_known() {
        program()
            .node("n0", "inc", &[("a", int_value(1))])
            .with(gate("g", approve(), &[("x", collection([])), ("y", promise("n0", "gone"))]))
            .node("n1", "inc", &[("a", promise("g", "x"))])
            .check(expect![[r#"
                MismatchingBindings at g.x: a collection is bound to a node that does not say of what type it is to be (bind one output or one constant; a task in between can make the collection or map)
                VariableNameNotFound at g.y: node 'n0' has no output 'gone' (its outputs: 'o0')"#]]);
    }

    #[test]
    fn a_gate_sleeps_for_a_time_and_takes_nothing() {
        let before = prost_types::Duration { seconds: -1, nanos: 0 };
        program()
            .with(gate("g1", Condition::Sleep(SleepCondition { duration: Some(before) }), &[]))
            .with(gate("g2", Condition::Sleep(SleepCondition::default()), &[("x", int_value(1))]))
            .check(expect![[r#"
                SyntaxError at g1: the sleep of -1 s and 0 ns is not a time (a sleep is positive, with nanoseconds below one second)
                VariableNameNotFound at g2.x: node 'g2' has no input 'x' (its inputs: none)"#]]);
    }
}
