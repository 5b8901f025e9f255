//! A workflow as a drawing: cards at places, edges as curves. Phases are not part of it, so the drawing
//! is made once and a change of state never moves anything.

use std::collections::BTreeMap;
use std::fmt::Write;

use aileron_compiler::layout::{self, Metrics, PlacedNode, RoutedEdge};
use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Node, TaskNode, WorkflowNode, node, task_node, workflow_node,
};

/// Room for a mark, two lines of text and a duration.
const METRICS: Metrics =
    Metrics { node_width: 208.0, node_height: 54.0, rank_gap: 64.0, node_gap: 22.0, edge_gap: 14.0 };

/// The node that stands for the workflow's inputs.
pub const START: &str = "start-node";
/// The node that stands for the workflow's outputs.
pub const END: &str = "end-node";

/// A workflow's drawing. Units are pixels at scale 1; the origin is the top left corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dag {
    /// The nodes, in the order of ranks and, within a rank, from top to bottom.
    pub cards: Vec<Card>,
    /// The dependencies.
    pub edges: Vec<Edge>,
    /// Width of all of it.
    pub width: f64,
    /// Height of all of it.
    pub height: f64,
}

/// A node's card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The node's id, unique in the drawing.
    pub id: String,
    /// What people call it: its task's short name, if nothing better was given.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The full name of what it runs, if it runs something.
    pub target: String,
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Which column it stands in.
    pub rank: usize,
    /// Ids of the nodes it waits for.
    pub upstream: Vec<String>,
    /// Ids of the nodes that wait for it.
    pub downstream: Vec<String>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The workflow's inputs.
    Start,
    /// The workflow's outputs.
    End,
    /// A task, of the type named (`python-task`); empty when the closure lacks the task.
    Task(String),
    /// A workflow inside this one.
    SubWorkflow,
    /// An execution of its own.
    LaunchPlan,
    /// A choice between nodes.
    Branch,
    /// A wait for time, a signal or an approval.
    Gate,
    /// One node over a list.
    Array,
    /// Nothing that this console knows.
    Unknown,
}

impl Kind {
    /// The kind as a word.
    pub fn label(&self) -> &str {
        match self {
            Self::Start => "inputs",
            Self::End => "outputs",
            Self::Task(kind) if kind.is_empty() => "task",
            Self::Task(kind) => kind,
            Self::SubWorkflow => "sub-workflow",
            Self::LaunchPlan => "launch plan",
            Self::Branch => "branch",
            Self::Gate => "gate",
            Self::Array => "map",
            Self::Unknown => "unknown node",
        }
    }

    /// True for the two nodes that carry the workflow's own data and run nothing.
    pub fn is_boundary(&self) -> bool {
        matches!(self, Self::Start | Self::End)
    }
}

/// A dependency's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The node waited for.
    pub from: String,
    /// The node that waits.
    pub to: String,
    /// The line, as the `d` of an SVG path.
    pub path: String,
}

/// Where the arrow keys lead from a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To what it waits for.
    Upstream,
    /// To what waits for it.
    Downstream,
    /// To the card above in the same column.
    Above,
    /// To the card below in the same column.
    Below,
}

impl Dag {
    /// Draws the primary workflow of a compiled closure.
    pub fn of(closure: &CompiledWorkflowClosure) -> Self {
        closure.primary.as_ref().map(|workflow| Self::of_workflow(workflow, closure)).unwrap_or_default()
    }

    /// Draws one workflow of a compiled closure.
    pub fn of_workflow(workflow: &CompiledWorkflow, closure: &CompiledWorkflowClosure) -> Self {
        let placed = layout::layout_with(workflow, &METRICS);
        let nodes = workflow.template.iter().flat_map(|template| &template.nodes);
        let nodes: BTreeMap<&str, &Node> = nodes.map(|node| (node.id.as_str(), node)).collect();
        let mut cards: Vec<Card> = placed.nodes.iter().map(|place| card(place, &nodes, closure)).collect();
        cards.sort_by(|a, b| a.rank.cmp(&b.rank).then(a.y.total_cmp(&b.y)));
        link(&mut cards, &placed.edges);
        let edges = placed.edges.iter().map(Edge::of).collect();
        Self { cards, edges, width: f64::from(placed.width), height: f64::from(placed.height) }
    }

    /// The card with an id.
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// The card one step away, if there is one.
    pub fn neighbour(&self, id: &str, step: Step) -> Option<&Card> {
        let card = self.card(id)?;
        match step {
            Step::Upstream => self.card(card.upstream.first()?),
            Step::Downstream => self.card(card.downstream.first()?),
            Step::Above => self.column(card).filter(|other| other.y < card.y).last(),
            Step::Below => self.column(card).find(|other| other.y > card.y),
        }
    }

    fn column<'a>(&'a self, card: &Card) -> impl Iterator<Item = &'a Card> {
        let rank = card.rank;
        self.cards.iter().filter(move |other| other.rank == rank)
    }
}

impl Edge {
    fn of(edge: &RoutedEdge) -> Self {
        Self { from: edge.from.clone(), to: edge.to.clone(), path: curve(&edge.points) }
    }
}

/// A line through points that leaves and enters each of them horizontally.
fn curve(points: &[(f32, f32)]) -> String {
    let mut path = String::new();
    let Some(((x, y), rest)) = points.split_first() else { return path };
    let _ = write!(path, "M{x:.1} {y:.1}");
    let mut from = (*x, *y);
    for to in rest {
        let middle = (from.0 + to.0) / 2.0;
        let _ = write!(path, "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", from.1, to.1, to.0, to.1);
        from = *to;
    }
    path
}

fn link(cards: &mut [Card], edges: &[RoutedEdge]) {
    let index: BTreeMap<String, usize> =
        cards.iter().enumerate().map(|(at, card)| (card.id.clone(), at)).collect();
    for edge in edges {
        if let (Some(&from), Some(&to)) = (index.get(&edge.from), index.get(&edge.to)) {
            cards[from].downstream.push(edge.to.clone());
            cards[to].upstream.push(edge.from.clone());
        }
    }
}

fn card(place: &PlacedNode, nodes: &BTreeMap<&str, &Node>, closure: &CompiledWorkflowClosure) -> Card {
    let node = nodes.get(place.id.as_str()).copied();
    let (kind, target) = describe(&place.id, node, closure);
    let given = node.and_then(|node| node.metadata.as_ref()).map_or("", |metadata| metadata.name.as_str());
    Card {
        title: title(&kind, &target, given, &place.id),
        id: place.id.clone(),
        kind,
        target,
        x: f64::from(place.x),
        y: f64::from(place.y),
        width: f64::from(place.width),
        height: f64::from(place.height),
        rank: place.rank,
        upstream: Vec::new(),
        downstream: Vec::new(),
    }
}

/// Flytekit gives every node its task's full name; the part after the last dot is what people wrote.
fn title(kind: &Kind, target: &str, given: &str, id: &str) -> String {
    let full = match kind {
        Kind::Start => "Inputs",
        Kind::End => "Outputs",
        _ => [given, target, id].into_iter().find(|name| !name.is_empty()).unwrap_or(id),
    };
    full.rsplit('.').next().unwrap_or(full).to_owned()
}

fn describe(id: &str, node: Option<&Node>, closure: &CompiledWorkflowClosure) -> (Kind, String) {
    match (id, node.and_then(|node| node.target.as_ref())) {
        (START, _) => (Kind::Start, String::new()),
        (END, _) => (Kind::End, String::new()),
        (_, Some(node::Target::TaskNode(task))) => describe_task(task, closure),
        (_, Some(node::Target::WorkflowNode(workflow))) => describe_workflow(workflow),
        (_, Some(node::Target::BranchNode(_))) => (Kind::Branch, String::new()),
        (_, Some(node::Target::GateNode(_))) => (Kind::Gate, String::new()),
        (_, Some(node::Target::ArrayNode(_))) => (Kind::Array, String::new()),
        (_, None) => (Kind::Unknown, String::new()),
    }
}

fn describe_task(task: &TaskNode, closure: &CompiledWorkflowClosure) -> (Kind, String) {
    let Some(task_node::Reference::ReferenceId(id)) = &task.reference else {
        return (Kind::Task(String::new()), String::new());
    };
    let mut templates = closure.tasks.iter().filter_map(|task| task.template.as_ref());
    let template = templates.find(|template| template.id.as_ref() == Some(id));
    (Kind::Task(template.map_or(String::new(), |template| template.r#type.clone())), id.name.clone())
}

fn describe_workflow(workflow: &WorkflowNode) -> (Kind, String) {
    match &workflow.reference {
        Some(workflow_node::Reference::LaunchplanRef(id)) => (Kind::LaunchPlan, id.name.clone()),
        Some(workflow_node::Reference::SubWorkflowRef(id)) => (Kind::SubWorkflow, id.name.clone()),
        None => (Kind::SubWorkflow, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::connection_set::IdList;
    use aileron_idl::core::{
        CompiledTask, ConnectionSet, Identifier, NodeMetadata, TaskTemplate, WorkflowTemplate,
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
    fn the_arrow_keys_follow_the_edges() {
        let dag = Dag::of(&diamond());
        let walk = |from: &str, step| dag.neighbour(from, step).map(|card| card.id.as_str());
        let upper = walk(START, Step::Downstream).expect("something waits for the inputs");
        let lower = walk(upper, Step::Below).or_else(|| walk(upper, Step::Above)).expect("the other task");
        assert_eq!(walk(upper, Step::Downstream), Some("n2"));
        assert_eq!(walk(lower, Step::Upstream), Some(START));
        assert_eq!(walk("n2", Step::Downstream), Some(END));
        assert_eq!(walk(END, Step::Downstream), None);
        assert_eq!(walk("n2", Step::Above), None);
    }

    #[test]
    fn every_connection_is_a_curve() {
        let dag = Dag::of(&diamond());
        assert_eq!(dag.edges.len(), 5);
        assert!(dag.edges.iter().all(|edge| edge.path.starts_with('M') && edge.path.contains('C')));
    }

    #[test]
    fn a_curve_is_horizontal_at_every_point() {
        assert_eq!(
            curve(&[(0.0, 0.0), (10.0, 20.0), (30.0, 20.0)]),
            "M0.0 0.0C5.0 0.0 5.0 20.0 10.0 20.0C20.0 20.0 20.0 20.0 30.0 20.0"
        );
        assert_eq!(curve(&[]), "");
    }

    #[test]
    fn a_closure_without_a_workflow_is_an_empty_drawing() {
        assert_eq!(Dag::of(&CompiledWorkflowClosure::default()), Dag::default());
    }
}
