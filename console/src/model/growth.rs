//! What the nodes of an execution turned out to have inside, for the graph.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::core::CompiledWorkflowClosure;

use super::dag::Kind;
use super::node::NodeRow;
use super::outline::Outline;
use super::phase::Phase;
use super::scene::{Grown, Growth};
use super::tree::Tree;

/// What is known of the insides of nodes, by the nodes' ids in the execution.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The workflows that dynamic nodes made.
    pub made: &'a BTreeMap<String, Arc<CompiledWorkflowClosure>>,
    /// How many items arrays have.
    pub sizes: &'a BTreeMap<String, usize>,
}

/// By where the graph has the nodes.
pub fn growth(tree: &Tree, outline: &Outline, known: Known<'_>) -> Growth {
    let mut growth = Growth::default();
    for node in tree.nodes().values().filter(|node| may_grow(tree, outline, node)) {
        let grown = if node.is_dynamic {
            known.made.get(&node.id).map(|closure| Grown::Workflow(closure.clone()))
        } else {
            let size = known.sizes.get(&node.id).filter(|size| **size > 0);
            size.map(|size| Grown::Items(u32::try_from(*size).unwrap_or(u32::MAX)))
        };
        let path = outline.path(tree, &node.id);
        match grown {
            Some(grown) => drop(growth.grown.insert(path, grown)),
            None => drop(growth.parents.insert(path)),
        }
    }
    growth
}

/// The arrays that have begun, and where they stand.
pub fn arrays(tree: &Tree, outline: &Outline) -> Vec<(String, Phase)> {
    let begun = tree.nodes().values().filter(|node| node.run.started.is_some());
    let arrays = begun.filter(|node| is_array(tree, outline, node));
    arrays.map(|node| (node.id.clone(), node.run.phase)).collect()
}

fn may_grow(tree: &Tree, outline: &Outline, node: &NodeRow) -> bool {
    node.run.started.is_some() && (node.is_dynamic || is_array(tree, outline, node))
}

fn is_array(tree: &Tree, outline: &Outline, node: &NodeRow) -> bool {
    outline.is(tree, &node.id, &Kind::Array)
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{CompiledWorkflow, Node, TaskNode, WorkflowTemplate, node};

    use super::*;
    use crate::model::run::Run;

    fn tree() -> Tree {
        let row = |id: &str, is_dynamic: bool| NodeRow {
            id: id.into(),
            spec_id: id.into(),
            is_parent: true,
            is_dynamic,
            run: Run { phase: Phase::Running, started: Some(1.0), ..Run::default() },
            ..NodeRow::default()
        };
        let mut tree = Tree::default();
        tree.change(vec![row("n0", true), row("n1", false), row("n2", false)]);
        tree
    }

    fn outline() -> Outline {
        let node = |id: &str, target| Node { id: id.into(), target: Some(target), ..Default::default() };
        let nodes = vec![
            node("n0", node::Target::TaskNode(TaskNode::default())),
            node("n1", node::Target::ArrayNode(Box::default())),
            node("n2", node::Target::TaskNode(TaskNode::default())),
        ];
        let template = Some(WorkflowTemplate { nodes, ..Default::default() });
        let primary = Some(CompiledWorkflow { template, ..Default::default() });
        Outline::of(&CompiledWorkflowClosure { primary, ..Default::default() })
    }

    #[test]
    fn what_is_not_known_yet_can_be_asked_for() {
        let (made, sizes) = (BTreeMap::new(), BTreeMap::new());
        let growth = growth(&tree(), &outline(), Known { made: &made, sizes: &sizes });
        assert!(growth.grown.is_empty());
        assert_eq!(growth.parents, ["n0".to_owned(), "n1".to_owned()].into());
    }

    #[test]
    fn what_is_known_is_drawn() {
        let closure = Arc::new(CompiledWorkflowClosure::default());
        let made = BTreeMap::from([("n0".to_owned(), closure.clone())]);
        let sizes = BTreeMap::from([("n1".to_owned(), 3)]);
        let growth = growth(&tree(), &outline(), Known { made: &made, sizes: &sizes });
        let expect = [("n0".to_owned(), Grown::Workflow(closure)), ("n1".to_owned(), Grown::Items(3))];
        assert_eq!((growth.grown, growth.parents.len()), (expect.into(), 0));
        assert_eq!(arrays(&tree(), &outline()), [("n1".to_owned(), Phase::Running)]);
    }
}
