//! The kinds of nodes: what variables each has, and what must be true of it alone. One file a kind.
//!
//! To add a kind, write its file beside `task`, and call it from [`interface`] instead of `unsupported`.

mod task;

use std::collections::HashMap;

use aileron_idl::core::node::Target;
use aileron_idl::core::{Identifier, Node, TaskTemplate};

use crate::check::{syntax_error, unsupported_node, value_required};
use crate::diagnostic::Diagnostic;
use crate::ir::Interface;

/// What nodes may refer to, by id.
pub(crate) struct Scope<'a> {
    tasks: HashMap<&'a Identifier, &'a TaskTemplate>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(tasks: &'a [TaskTemplate]) -> Self {
        Self { tasks: tasks.iter().filter_map(|task| Some((task.id.as_ref()?, task))).collect() }
    }
}

/// The node's variables, unless it is wrong in a way that leaves them unknown. Everything that is
/// wrong with the node by itself is diagnosed.
pub(crate) fn interface<'a>(
    node: &'a Node,
    scope: &Scope<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Interface<'a>> {
    diagnostics.extend(syntax_error::timeout(node));
    let interface = match &node.target {
        Some(Target::TaskNode(task)) => task::interface(&node.id, task, scope, diagnostics),
        Some(Target::WorkflowNode(_)) => unsupported(node, "workflow node", diagnostics),
        Some(Target::BranchNode(_)) => unsupported(node, "branch node", diagnostics),
        Some(Target::GateNode(_)) => unsupported(node, "gate node", diagnostics),
        Some(Target::ArrayNode(_)) => unsupported(node, "array node", diagnostics),
        None => {
            diagnostics.push(value_required::target(&node.id));
            None
        }
    };
    if let Some(interface) = interface {
        diagnostics.extend(crate::check::aliases(node, interface));
    }
    interface
}

fn unsupported<'a>(node: &Node, kind: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Interface<'a>> {
    diagnostics.push(unsupported_node::found(&node.id, kind));
    None
}
