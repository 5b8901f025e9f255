//! What a workflow refers to, and thus what must be loaded before it can be compiled.

use std::collections::{BTreeSet, HashMap, HashSet};

use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::task_node::Reference as TaskReference;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{BranchNode, Identifier, Node, WorkflowTemplate};

/// The ids that a workflow and its sub-workflows refer to, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Tasks, by exact id.
    pub tasks: BTreeSet<Identifier>,
    /// Launch plans, by exact id.
    pub launch_plans: BTreeSet<Identifier>,
}

/// Walks the template, and each sub-workflow that is referred to once. A sub-workflow that was not sent
/// is passed over here: the compilation says so.
#[must_use]
pub fn requirements(template: &WorkflowTemplate, sub_workflows: &[WorkflowTemplate]) -> Requirements {
    let sub_workflows = sub_workflows.iter().filter_map(|workflow| Some((workflow.id.as_ref()?, workflow)));
    let sub_workflows: HashMap<_, _> = sub_workflows.collect();
    let mut found = Requirements::default();
    let mut entered = HashSet::new();
    // A list instead of recursion: templates nest as deep as their sender likes.
    let mut open: Vec<&Node> = nodes(template).collect();
    while let Some(node) = open.pop() {
        match &node.target {
            Some(Target::TaskNode(task)) => {
                found.tasks.extend(task.reference.iter().map(|TaskReference::ReferenceId(id)| id.clone()));
            }
            Some(Target::WorkflowNode(child)) => match &child.reference {
                Some(WorkflowReference::LaunchplanRef(id)) => drop(found.launch_plans.insert(id.clone())),
                Some(WorkflowReference::SubWorkflowRef(id)) if entered.insert(id) => {
                    open.extend(sub_workflows.get(id).into_iter().flat_map(|workflow| nodes(workflow)));
                }
                _ => {}
            },
            Some(Target::BranchNode(branch)) => open.extend(arms(branch)),
            Some(Target::ArrayNode(array)) => open.extend(array.node.as_deref()),
            Some(Target::GateNode(_)) | None => {}
        }
    }
    found
}

fn nodes(template: &WorkflowTemplate) -> impl Iterator<Item = &Node> {
    template.nodes.iter().chain(&template.failure_node)
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
