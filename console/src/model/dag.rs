//! A workflow as its nodes in the graph's order: what tables and panels beside the graph are made of.
//!
//! The drawing itself is a [`Scene`](super::scene::Scene), made of the same [`Source`].

use std::collections::BTreeSet;
use std::sync::Arc;

use aileron_idl::core::CompiledWorkflowClosure;

use super::scene::arrange::Arrangement;
use super::scene::layouts::Layouts;
pub use super::scene::{END, Kind, START};
use super::scene::{Scene, Source, scene, scene_with};

/// A workflow with its drawing.
#[derive(Clone, Debug, Default)]
pub struct Dag {
    /// What it is made of.
    pub source: Source,
    /// The drawing as it is at first.
    pub scene: Arc<Scene>,
    /// The outermost nodes, in the order of columns and, within one, from top to bottom.
    pub cards: Vec<Card>,
}

/// A node in a few words.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The node's id, unique in the workflow.
    pub id: String,
    /// What people call it: its task's short name, if nothing better was given.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The full name of what it runs, if it runs something.
    pub target: String,
    /// Ids of the nodes it waits for.
    pub upstream: Vec<String>,
    /// Ids of the nodes that wait for it.
    pub downstream: Vec<String>,
}

impl Dag {
    /// Draws the primary workflow of a compiled closure.
    pub fn of(closure: &CompiledWorkflowClosure) -> Self {
        Self::new(Source { closure: Arc::new(closure.clone()), ..Source::default() })
    }

    /// Draws a source.
    pub fn new(source: Source) -> Self {
        let scene = scene(&source, &BTreeSet::new(), &Arrangement::default());
        Self::of_scene(source, scene)
    }

    /// Draws a source whose large workflows are laid out elsewhere.
    pub fn beside(source: Source) -> Self {
        let scene = scene_with(&source, &BTreeSet::new(), &Arrangement::default(), Some(&Layouts::default()));
        Self::of_scene(source, scene)
    }

    fn of_scene(source: Source, scene: Scene) -> Self {
        let scene = Arc::new(scene);
        let outermost = scene.nodes.iter().filter(|node| node.parent.is_none());
        let ids =
            |all: &[u32]| all.iter().filter_map(|at| scene.node(*at)).map(|node| node.id.clone()).collect();
        let card = |node: &super::scene::Node| Card {
            id: node.id.clone(),
            title: node.title.clone(),
            kind: node.kind.clone(),
            target: node.target.clone(),
            upstream: ids(&node.upstream),
            downstream: ids(&node.downstream),
        };
        let cards = outermost.map(card).collect();
        Self { source, scene: scene.clone(), cards }
    }

    /// The card with an id.
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::connection_set::IdList;
    use aileron_idl::core::{
        CompiledTask, CompiledWorkflow, ConnectionSet, Identifier, Node, NodeMetadata, TaskNode,
        TaskTemplate, WorkflowTemplate, node, task_node,
    };

    use super::*;

    fn task_node(id: &str, task: &str) -> Node {
        let reference =
            Some(task_node::Reference::ReferenceId(Identifier { name: task.into(), ..Default::default() }));
        let target = Some(node::Target::TaskNode(TaskNode { reference, overrides: None }));
        Node { id: id.into(), target, metadata: Some(NodeMetadata::default()), ..Default::default() }
    }

    /// Inputs, two tasks beside each other, one task after both, outputs.
    fn diamond() -> CompiledWorkflowClosure {
        let boundary = |id: &str| Node { id: id.into(), ..Default::default() };
        let nodes = vec![
            boundary(START),
            boundary(END),
            task_node("n0", "shop.a"),
            task_node("n1", "shop.b"),
            task_node("n2", "shop.c"),
        ];
        let edges = [(START, &["n0", "n1"][..]), ("n0", &["n2"]), ("n1", &["n2"]), ("n2", &[END])];
        let ids = |to: &[&str]| IdList { ids: to.iter().map(|id| (*id).to_owned()).collect() };
        let downstream = edges.iter().map(|(from, to)| ((*from).to_owned(), ids(to))).collect();
        let connections = Some(ConnectionSet { downstream, ..Default::default() });
        let id = Some(Identifier { name: "shop.a".into(), ..Default::default() });
        let task = CompiledTask {
            template: Some(TaskTemplate { id, r#type: "python-task".into(), ..Default::default() }),
        };
        let template = Some(WorkflowTemplate { nodes, ..Default::default() });
        CompiledWorkflowClosure {
            primary: Some(CompiledWorkflow { template, connections }),
            tasks: vec![task],
            ..Default::default()
        }
    }

    #[test]
    fn cards_are_named_after_what_they_run() {
        let dag = Dag::of(&diamond());
        let of = |id: &str| {
            dag.card(id).map(|card| (card.title.as_str(), card.kind.label(), card.target.as_str()))
        };
        assert_eq!(of("n0"), Some(("a", "python-task", "shop.a")));
        assert_eq!(of("n1"), Some(("b", "task", "shop.b")), "the closure lacks the task");
        assert_eq!(of(START), Some(("Inputs", "inputs", "")));
    }

    #[test]
    fn cards_know_their_neighbours() {
        let dag = Dag::of(&diamond());
        let card = dag.card("n2").expect("it is there");
        let mut upstream = card.upstream.clone();
        upstream.sort();
        assert_eq!(
            (upstream, card.downstream.clone()),
            (vec!["n0".into(), "n1".into()], vec![END.to_owned()])
        );
        assert_eq!(dag.cards.first().map(|card| card.id.as_str()), Some(START));
    }

    #[test]
    fn a_closure_without_a_workflow_has_no_cards() {
        assert_eq!(Dag::of(&CompiledWorkflowClosure::default()).cards, []);
    }
}
