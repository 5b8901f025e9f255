//! What a workflow refers to, and thus what must be loaded before it can be compiled.

use std::collections::BTreeSet;

use aileron_idl::core::node::Target;
use aileron_idl::core::task_node::Reference as TaskReference;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{Identifier, WorkflowTemplate};
use foldhash::{HashMap, HashSet, HashSetExt};

use crate::walk;

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
    let mut tasks = HashSet::new();
    let mut launch_plans = HashSet::new();
    let mut entered = HashSet::new();
    // A list instead of recursion: sub-workflows nest as deep as their sender likes.
    let mut open = vec![template];
    while let Some(template) = open.pop() {
        for node in walk::nodes(template) {
            match &node.target {
                Some(Target::TaskNode(task)) => {
                    tasks.extend(task.reference.iter().map(|TaskReference::ReferenceId(id)| id));
                }
                Some(Target::WorkflowNode(child)) => match &child.reference {
                    Some(WorkflowReference::LaunchplanRef(id)) => drop(launch_plans.insert(id)),
                    Some(WorkflowReference::SubWorkflowRef(id)) if entered.insert(id) => {
                        open.extend(sub_workflows.get(id).copied());
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    let owned = |ids: HashSet<&Identifier>| ids.into_iter().cloned().collect();
    Requirements { tasks: owned(tasks), launch_plans: owned(launch_plans) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::id;
    use aileron_idl::core::if_else_block::Default as Otherwise;
    use aileron_idl::core::{ArrayNode, BranchNode, IfBlock, IfElseBlock, Node, TaskNode, WorkflowNode};

    fn node(target: Target) -> Node {
        Node { target: Some(target), ..Node::default() }
    }

    fn task(name: &str) -> Node {
        let reference = Some(TaskReference::ReferenceId(id(name)));
        node(Target::TaskNode(TaskNode { reference, ..TaskNode::default() }))
    }

    fn child(reference: WorkflowReference) -> Node {
        node(Target::WorkflowNode(WorkflowNode { reference: Some(reference) }))
    }

    fn workflow<const N: usize>(name: &str, nodes: [Node; N]) -> WorkflowTemplate {
        WorkflowTemplate { id: Some(id(name)), nodes: nodes.into(), ..WorkflowTemplate::default() }
    }

    fn check(
        template: &WorkflowTemplate,
        sub_workflows: &[WorkflowTemplate],
        tasks: &[&str],
        plans: &[&str],
    ) {
        let ids = |names: &[&str]| names.iter().map(|name| id(name)).collect();
        let expected = Requirements { tasks: ids(tasks), launch_plans: ids(plans) };
        assert_eq!(requirements(template, sub_workflows), expected);
    }

    #[test]
    fn tasks_are_found_in_every_kind_of_node() {
        let arm = |name| IfBlock { then_node: Some(Box::new(task(name))), ..IfBlock::default() };
        let block = IfElseBlock {
            case: Some(Box::new(arm("first"))),
            other: vec![arm("second")],
            default: Some(Otherwise::ElseNode(Box::new(task("else")))),
        };
        let branch = node(Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) })));
        let array = ArrayNode { node: Some(Box::new(task("mapped"))), ..ArrayNode::default() };
        let array = node(Target::ArrayNode(Box::new(array)));
        let plan = child(WorkflowReference::LaunchplanRef(id("plan")));
        let mut template = workflow("w", [branch, array, plan, task("plain"), task("plain")]);
        template.failure_node = Some(task("failure"));
        check(&template, &[], &["first", "second", "else", "mapped", "plain", "failure"], &["plan"]);
    }

    #[test]
    fn sub_workflows_are_entered_once_even_if_they_contain_themselves() {
        let enter = |name| child(WorkflowReference::SubWorkflowRef(id(name)));
        let inner = workflow("inner", [task("a"), enter("inner"), enter("gone")]);
        let unused = workflow("unused", [task("b")]);
        check(&workflow("w", [enter("inner")]), &[inner, unused], &["a"], &[]);
    }
}
