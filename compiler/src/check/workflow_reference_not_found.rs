//! Every launch plan that a node launches is registered, and every sub-workflow was sent.

use aileron_idl::core::Identifier;

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn launch_plan(node: &str, id: &Identifier) -> Diagnostic {
    found(node, format!("there is no launch plan '{id}'"), "register the launch plan first")
        .got(id.to_string())
}

pub(crate) fn sub_workflow(node: &str, id: &Identifier) -> Diagnostic {
    let hint = "send the sub-workflow's template together with the workflow";
    found(node, format!("there is no sub-workflow '{id}'"), hint).got(id.to_string())
}

/// A workflow node without a reference.
pub(crate) fn neither(node: &str) -> Diagnostic {
    let message = format!("workflow node '{node}' refers to no workflow");
    found(node, message, "give it the id of a launch plan or a sub-workflow")
}

fn found(node: &str, message: String, hint: &str) -> Diagnostic {
    Diagnostic::error(Code::WorkflowReferenceNotFound, Location::node(node), message).hint(hint)
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::WorkflowNode;
    use aileron_idl::core::node::Target;
    use expect_test::expect;

    use crate::fixture::{Program, launch_plan_node, node, promise, sub_workflow_node};
    use crate::types::samples::int;

    #[test]
    fn what_is_not_there_is_named_and_its_variables_are_not_judged() {
        Program::new()
            .with(launch_plan_node("n0", "plan", &[]))
            .with(sub_workflow_node("n1", "sub", &[]))
            .with(node("n2", Target::WorkflowNode(WorkflowNode::default()), &[]))
            .output("o0", int(), promise("n0", "o0"))
            .check(expect![[r#"
                WorkflowReferenceNotFound at n0: there is no launch plan 'p:d:plan:v' (register the launch plan first)
                WorkflowReferenceNotFound at n1: there is no sub-workflow 'p:d:sub:v' (send the sub-workflow's template together with the workflow)
                WorkflowReferenceNotFound at n2: workflow node 'n2' refers to no workflow (give it the id of a launch plan or a sub-workflow)"#]]);
    }
}
