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
