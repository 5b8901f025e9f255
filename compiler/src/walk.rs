//! Every node of a template, those inside of other nodes included.

use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::{BranchNode, Node, WorkflowTemplate};

/// The template's nodes, the failure node, and all that lie inside of them, in no particular order.
#[must_use = "it is an iterator"]
pub fn nodes(template: &WorkflowTemplate) -> impl Iterator<Item = &Node> {
    // A list instead of recursion: nodes nest as deep as their sender likes.
    let mut open: Vec<&Node> = template.nodes.iter().chain(&template.failure_node).collect();
    std::iter::from_fn(move || {
        let node = open.pop()?;
        match &node.target {
            Some(Target::BranchNode(branch)) => open.extend(arms(branch)),
            Some(Target::ArrayNode(array)) => open.extend(array.node.as_deref()),
            Some(Target::TaskNode(_) | Target::WorkflowNode(_) | Target::GateNode(_)) | None => {}
        }
        Some(node)
    })
}

fn arms(branch: &BranchNode) -> impl Iterator<Item = &Node> {
    let block = branch.if_else.as_ref();
    let cases = block.into_iter().flat_map(|block| block.case.as_deref().into_iter().chain(&block.other));
    let otherwise = block.and_then(|block| match &block.default {
        Some(Otherwise::ElseNode(node)) => Some(&**node),
        _ => None,
    });
    cases.filter_map(|case| case.then_node.as_deref()).chain(otherwise)
}
