//! A node that runs a workflow inside this one: it has that workflow's interface.
//!
//! The workflow itself is compiled once, however many nodes run it; see [`crate::sub_workflows`].

use aileron_idl::core::Identifier;

use super::{Definition, Scope};
use crate::check::{value_required, workflow_reference_not_found};
use crate::findings::Findings;
use crate::signature::Signature;

pub(super) fn define<'a>(
    node: &str,
    id: &Identifier,
    scope: &Scope<'a, '_>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    let Some(workflow) = scope.library.sub_workflows.get(id) else {
        diagnostics.push(workflow_reference_not_found::sub_workflow(node, id));
        return Definition::unknown();
    };
    if workflow.interface.is_none() {
        diagnostics.push(value_required::sub_workflow_interface(node, id));
        return Definition::unknown();
    }
    Definition::declared(Some(Signature::of(workflow.interface.as_ref())))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::fixture::{Program, promise, sub_workflow_node, text_value};
    use crate::types::samples::*;

    fn inner() -> Program {
        Program::new()
            .input("a", int())
            .task("inc", &[("a", int())], &[("o0", int())])
            .node("n0", "inc", &[("a", promise("", "a"))])
            .output("o0", int(), promise("n0", "o0"))
    }

    #[test]
    fn its_variables_are_the_workflows() {
        Program::new()
            .sub_workflow("inner", inner())
            .with(sub_workflow_node("n0", "inner", &[("a", text_value("x"))]))
            .with(sub_workflow_node("n1", "inner", &[]))
            .output("o0", text(), promise("n0", "o0"))
            .check(expect![[r#"
                MismatchingTypes at end-node.o0: 'o0' is simple:STRING, but is given n0.o0 of simple:INTEGER (make both types the same, or convert the value in a task in between)
                MismatchingTypes at n0.a: 'a' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)
                ParameterNotBound at n1.a: input 'a' is not bound (give it a value, or make it optional)"#]]);
    }

    #[test]
    fn a_workflow_that_was_not_sent_or_declares_nothing_is_named() {
        let mut silent = inner();
        silent.template.interface = None;
        Program::new()
            .sub_workflow("silent", silent)
            .with(sub_workflow_node("n0", "gone", &[]))
            .with(sub_workflow_node("n1", "silent", &[]))
            .check(expect![[r#"
                WorkflowReferenceNotFound at n0: there is no sub-workflow 'p:d:gone:v' (send the sub-workflow's template together with the workflow)
                ValueRequired at n1: sub-workflow 'p:d:silent:v' does not declare its interface (declare its inputs and outputs, even if it has none)
                VariableNameNotFound at p:d:silent:v/end-node.o0: the workflow has no output 'o0' (its outputs: none)
                VariableNameNotFound at p:d:silent:v/n0.a: the workflow has no input 'a' (its inputs: none)"#]]);
    }
}
