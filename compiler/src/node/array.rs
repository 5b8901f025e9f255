//! A node that runs another one for each item of its lists.
//!
//! Its interface is the inner node's, which clients declare with lists already. When the client says
//! that it left the inner node's interface as it was, the lists are put around its variables here.

use aileron_idl::core::ArrayNode;
use aileron_idl::core::array_node::SuccessCriteria;
use foldhash::HashSet;

use super::{Definition, Inside, Open};
use crate::check::{invalid_value, value_required};
use crate::findings::Findings;
use crate::ir::{Array, Kind, Place};
use crate::signature::{Lists, Signature, Variables};

pub(super) fn define<'a>(
    open: &Open<'a>,
    array: &'a ArrayNode,
    inside: &mut Inside<'a>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    if let Some(SuccessCriteria::MinSuccessRatio(ratio)) = array.success_criteria {
        diagnostics.extend(invalid_value::ratio(&open.id, ratio));
    }
    let Some(node) = array.node.as_deref() else {
        diagnostics.push(value_required::array_node(&open.id));
        return Definition::unknown();
    };
    let id = if node.id.is_empty() { open.id.clone() } else { (&*node.id).into() };
    let inner = inside.add(open.inner(node, id, Place::Item));
    Definition::inferred(Kind::Array(Array { inner, template: array }))
}

/// The signature of an array whose inner node has this one.
pub(crate) fn signature<'a>(
    array: &ArrayNode,
    inner: &Signature<'a>,
    lists: &mut Lists<'a>,
) -> Signature<'a> {
    if array.is_original_sub_node_interface != Some(true) {
        return inner.clone();
    }
    let bound: HashSet<_> = array.bound_inputs.iter().map(String::as_str).collect();
    Signature {
        takes_anything: inner.takes_anything,
        inputs: listed(&inner.inputs, lists, |name| !bound.contains(name)),
        outputs: listed(&inner.outputs, lists, |_| true),
    }
}

fn listed<'a>(
    variables: &Variables<'a>,
    lists: &mut Lists<'a>,
    wraps: impl Fn(&str) -> bool,
) -> Variables<'a> {
    let listed = variables.iter().map(|(name, of)| match of {
        Some(element) if wraps(name) => (name, Some(lists.of(&element))),
        of => (name, of),
    });
    listed.collect()
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::array_node::SuccessCriteria;
    use aileron_idl::core::gate_node::Condition;
    use aileron_idl::core::{ApproveCondition, ArrayNode, Node};
    use expect_test::expect;

    use crate::fixture::{Program, array, gate, int_value, promise, task_node};
    use crate::types::samples::*;

    fn of(node: Node) -> ArrayNode {
        ArrayNode { node: Some(Box::new(node)), ..ArrayNode::default() }
    }

    fn program() -> Program {
        Program::new()
            .input("l", list(int()))
            .task("inc_all", &[("a", list(int()))], &[("o0", list(int()))])
            .task("add", &[("a", int()), ("b", int())], &[("o0", int())])
    }

    #[test]
    fn its_interface_is_the_inner_nodes() {
        // What the inner node binds is of its items.
        let inner = task_node("inner", "inc_all", &[("a", promise("", "of the item"))]);
        program()
            .with(array("n0", of(inner.clone()), &[("a", promise("", "l"))]))
            .with(array("n1", of(inner), &[("a", int_value(1))]))
            .output("o0", list(int()), promise("n0", "o0"))
            .check(expect!["MismatchingTypes at n1.a: 'a' is collection_type:{simple:INTEGER}, but is given a value of simple:INTEGER (make both types the same, or convert the value in a task in between)"]);
    }

    #[test]
    fn lists_are_put_around_an_original_interface_but_not_around_bound_inputs() {
        let original = ArrayNode {
            is_original_sub_node_interface: Some(true),
            bound_inputs: vec!["b".to_owned()],
            ..of(task_node("inner", "add", &[]))
        };
        let inputs = [("a", promise("", "l")), ("b", int_value(1))];
        program()
            .with(array("n0", original, &inputs))
            .output("o0", list(int()), promise("n0", "o0"))
            .check(expect![""]);
    }

    #[test]
    fn an_array_runs_something_and_asks_for_a_share_of_it() {
        let ratio = |ratio| ArrayNode {
            success_criteria: Some(SuccessCriteria::MinSuccessRatio(ratio)),
            ..of(task_node("inner", "inc_all", &[]))
        };
        let inputs = [("a", promise("", "l"))];
        program()
            .with(array("n0", ArrayNode::default(), &[]))
            .with(array("n1", ratio(1.5), &inputs))
            .with(array("n2", ratio(f32::NAN), &inputs))
            .with(array("n3", ratio(0.5), &inputs))
            .with(array("n4", of(gate("g", Condition::Approve(ApproveCondition::default()), &[])), &inputs))
            .check(expect![[r#"
                ValueRequired at n0: array 'n0' does not say what it runs for each item (give it a node, such as one that runs a task)
                InvalidValue at n1: 1.5 of the items of array 'n1' must succeed, which is no share (a ratio lies between 0.0 and 1.0)
                InvalidValue at n2: NaN of the items of array 'n2' must succeed, which is no share (a ratio lies between 0.0 and 1.0)
                InvalidValue at g: array items cannot wait for approval 'g' (approve the array's inputs before it, or its outputs after it)"#]]);
    }
}
