//! A node that runs the first of its cases whose condition holds, or else its default.
//!
//! It takes whatever is bound to it, for its conditions to compare, and has the outputs that all of its
//! cases have. The nodes of the cases are its own: nobody else can refer to them.

use std::collections::BTreeMap;

use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::{BranchNode, IfBlock, IfElseBlock, Node as Template};

use super::{Definition, Inside, Open, condition};
use crate::check::{
    branch_node_has_no_condition, branch_node_has_no_default, branch_node_id_not_found, mismatching_types,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::findings::Findings;
use crate::ir::{Branch, Kind, Node, NodeIx, Place, Workflow};
use crate::signature::Signature;

pub(super) fn define<'a>(
    index: NodeIx,
    open: &Open<'a>,
    branch: &'a BranchNode,
    inside: &mut Inside<'a>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    let id = &*open.id;
    let Some(block) = branch.if_else.as_deref() else {
        diagnostics.push(branch_node_has_no_condition::no_case(id));
        diagnostics.push(branch_node_has_no_default::found(id));
        return Definition::unknown();
    };
    diagnostics.extend(missing(id, block));
    let place = match open.place {
        Place::Top => Place::Arm { of: Some(index) },
        Place::Failure => Place::Arm { of: None },
        place @ (Place::Arm { .. } | Place::Item) => place,
    };
    let arms = nodes(block).map(|node| inside.add(open.inner(node, arm_id(id, &node.id).into(), place)));
    Definition::inferred(Kind::Branch(Branch { block, arms: arms.collect() }))
}

/// The id under which a case's node runs.
pub(crate) fn arm_id(branch: &str, node: &str) -> String {
    format!("{branch}-{node}")
}

fn missing(id: &str, block: &IfElseBlock) -> Vec<Diagnostic> {
    let no_case = block.case.is_none().then(|| branch_node_has_no_condition::no_case(id));
    let without_node = cases(block).filter(|(_, case)| case.then_node.is_none());
    let without_node = without_node.map(|(position, _)| branch_node_id_not_found::found(id, position));
    let no_default = block.default.is_none().then(|| branch_node_has_no_default::found(id));
    no_case.into_iter().chain(without_node).chain(no_default).collect()
}

/// The cases with their positions, of which `if` has 0, even when it is not there.
pub(super) fn cases(block: &IfElseBlock) -> impl Iterator<Item = (usize, &IfBlock)> {
    let first = block.case.as_deref().map(|case| (0, case));
    first.into_iter().chain((1..).zip(&block.other))
}

fn nodes(block: &IfElseBlock) -> impl Iterator<Item = &Template> {
    let otherwise = match &block.default {
        Some(Otherwise::ElseNode(node)) => Some(&**node),
        Some(Otherwise::Error(_)) | None => None,
    };
    cases(block).filter_map(|(_, case)| case.then_node.as_deref()).chain(otherwise)
}

/// The signature of a branch: the outputs that all arms have. None when an arm's are not known, when two
/// differ in type, and when there are no arms.
pub(crate) fn signature<'a>(arms: &[&Node<'a>], diagnostics: &mut Findings) -> Option<Signature<'a>> {
    let mut known = arms.iter().filter_map(|arm| Some((&*arm.id, &arm.signature.as_ref()?.outputs)));
    let (first, outputs) = known.next()?;
    let mut shared = outputs.clone();
    let before = diagnostics.len();
    for (arm, outputs) in known {
        shared.retain(|name| outputs.contains(name));
        // One without a type has been diagnosed when its task was registered.
        let pairs = shared.iter().filter_map(|(name, of)| Some((name, of?, outputs.get(name)??)));
        let differing = pairs.filter(|(_, of, other)| !of.is(other));
        diagnostics.extend(differing.map(|(name, of, other)| {
            mismatching_types::arms(Location::node(arm).at(name), first, &of, &other)
        }));
    }
    let agree = diagnostics.len() == before && arms.iter().all(|arm| arm.signature.is_some());
    agree.then(|| Signature::taking_anything(shared))
}

/// Judges the conditions of every branch.
pub(crate) fn check(workflow: &Workflow<'_>, diagnostics: &mut Findings) {
    for node in workflow.nodes.iter().filter(|node| node.place != Place::Item) {
        let Kind::Branch(branch) = &node.kind else { continue };
        let inputs: BTreeMap<_, _> =
            node.inputs.iter().map(|bound| (bound.variable, &bound.source)).collect();
        for (position, case) in cases(branch.block) {
            match &case.condition {
                Some(condition) => {
                    condition::Judge { workflow, node: &node.id, inputs: &inputs, diagnostics }
                        .condition(condition);
                }
                None => diagnostics.push(branch_node_has_no_condition::of_case(&node.id, position)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::Node;
    use expect_test::expect;

    use crate::fixture::{Program, branch, equal, int_operand, int_value, promise, task_node, text_value};
    use crate::types::DEPTH_LIMIT;
    use crate::types::samples::*;

    fn program() -> Program {
        Program::new()
            .input("a", int())
            .task("inc", &[("a", int())], &[("o0", int())])
            .task("both", &[("a", int())], &[("o0", int()), ("o1", int())])
            .task("text", &[("a", int())], &[("o0", text())])
    }

    /// A branch on the workflow's input with a case for each task.
    fn cases<const N: usize>(id: &str, nodes: [Node; N]) -> Node {
        branch(id, &[("x", promise("", "a"))], nodes.map(|node| (equal("x", int_operand(1)), node)))
    }

    fn of(id: &str, task: &str) -> Node {
        task_node(id, task, &[("a", promise("", "a"))])
    }

    #[test]
    fn its_outputs_are_those_of_all_cases() {
        program()
            .with(cases("b", [of("t0", "inc"), of("t1", "both")]))
            .output("o0", int(), promise("b", "o0"))
            .output("o1", int(), promise("b", "o1"))
            .check(expect![
                "VariableNameNotFound at end-node.o1: node 'b' has no output 'o1' (its outputs: 'o0')"
            ]);
    }

    #[test]
    fn an_output_has_one_type_in_all_cases() {
        program()
            .with(cases("b", [of("t0", "inc"), of("t1", "text")]))
            .output("o0", int(), promise("b", "o0"))
            .check(expect!["MismatchingTypes at b-t1.o0: output 'o0' is simple:STRING here, but simple:INTEGER in 'b-t0' of the same branch (give the output the same type in each case, to the last detail, or another name)"]);
    }

    #[test]
    fn cases_are_compared_even_beside_one_that_is_not_known() {
        program()
            .with(cases("b", [of("t0", "inc"), of("t1", "gone"), of("t2", "text")]))
            .output("o0", int(), promise("b", "o0"))
            .check(expect![[r#"
                TaskReferenceNotFound at b-t1: there is no task 'p:d:gone:v' (register the task first, in this project, domain and version)
                MismatchingTypes at b-t2.o0: output 'o0' is simple:STRING here, but simple:INTEGER in 'b-t0' of the same branch (give the output the same type in each case, to the last detail, or another name)"#]]);
    }

    #[test]
    fn nodes_of_cases_are_checked_under_their_full_ids() {
        let inner = cases("m", [task_node("t", "inc", &[("a", text_value("x"))])]);
        program()
            .with(cases("b", [inner, task_node("t1", "inc", &[("a", promise("b-m", "o0"))])]))
            .check(expect![[r#"
                NodeReferenceNotFound at b-t1.a: there is no node 'b-m' (bind the input to a node of this workflow)
                MismatchingTypes at b-m-t.a: 'a' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)"#]]);
    }

    #[test]
    fn ids_of_cases_are_unique_in_the_workflow() {
        program()
            .with(cases("b", [of("t", "inc"), of("t", "inc"), of("u", "inc")]))
            .with(of("b-u", "inc"))
            .check(expect![[r#"
                DuplicateId at b-t: there is more than one node 'b-t' (give each node an id of its own)
                DuplicateId at b-u: there is more than one node 'b-u' (give each node an id of its own)"#]]);
    }

    #[test]
    fn a_case_may_not_wait_for_what_waits_for_its_branch() {
        program()
            .with(cases("b", [task_node("t", "inc", &[("a", promise("n1", "o0"))])]))
            .node("n1", "inc", &[("a", promise("b", "o0"))])
            .check(expect!["CycleDetected at b: the nodes wait for each other in a circle: b>n1>b (remove one of these dependencies: an input bound to an output, or an explicit order)"]);
    }

    #[test]
    fn its_inputs_are_single_values_bound_once() {
        let values = [("x", int_value(1)), ("x", int_value(2)), ("y", promise("", "gone"))];
        program()
            .with(branch("b", &values, [(equal("x", int_operand(1)), of("t", "inc"))]))
            .check(expect![[r#"
                ParameterBoundMoreThanOnce at b.x: input 'x' is bound more than once (keep one binding for each input)
                VariableNameNotFound at b.y: the workflow has no input 'gone' (its inputs: 'a')"#]]);
    }

    #[test]
    fn branches_nest_up_to_a_limit() {
        let nested = (0..DEPTH_LIMIT).fold(of("t", "inc"), |inner, _| cases("b", [inner]));
        program().with(nested).check(expect!["NestingTooDeep at b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-b-: the node is nested more than 100 levels deep (use a flatter structure)"]);
    }
}
