//! What the nodes of an execution are called and what they are: from the compiled workflow, and from the workflows that
//! dynamic nodes made.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::core::{
    BranchNode, CompiledWorkflowClosure, Identifier, LiteralType, Node, gate_node, node, task_node,
    workflow_node,
};

use super::dag::Kind;
use super::scene::mapped;
use super::sorted;
use super::time;
use super::tree::Tree;

/// A node of a workflow, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// What people call it.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The full name of what it runs.
    pub target: String,
    /// The version of that.
    pub reference: Option<Identifier>,
    /// What it waits for, if it is a gate.
    pub gate: Option<Gate>,
    /// Ids, in the same workflow, of the nodes it waits for.
    pub upstream: Vec<String>,
}

/// What a gate waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// Somebody's approval, under a signal's name.
    Approve(String),
    /// A value, under a signal's name.
    Signal(String, Box<LiteralType>),
    /// Time, in milliseconds.
    Sleep(f64),
}

type Nodes = BTreeMap<String, Named>;

/// The nodes of a closure, by workflow.
#[derive(Clone, Debug, Default, PartialEq)]
struct Book {
    primary: Nodes,
    inner: BTreeMap<String, Nodes>,
}

/// Everything that is known of the nodes of an execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    book: Arc<Book>,
    /// What dynamic nodes made, by the nodes' ids in the execution.
    made: BTreeMap<String, Arc<Book>>,
}

impl Outline {
    /// Of an execution's workflow.
    pub fn of(closure: &CompiledWorkflowClosure) -> Self {
        Self { book: Arc::new(Book::of(closure)), made: BTreeMap::new() }
    }

    /// Learns what a dynamic node made.
    pub fn learn(&mut self, node: &str, closure: &CompiledWorkflowClosure) {
        self.made.insert(node.to_owned(), Arc::new(Book::of(closure)));
    }

    /// Whether it is known what a dynamic node made.
    pub fn knows(&self, node: &str) -> bool {
        self.made.contains_key(node)
    }

    /// Of how many dynamic nodes it is known.
    pub fn learned(&self) -> usize {
        self.made.len()
    }

    /// A node by where the workflow has it, see [`path`](Self::path); what dynamic nodes made is not written there.
    pub fn at(&self, path: &str) -> Option<&Named> {
        let (outer, last) = match path.rsplit_once('/') {
            Some((outer, last)) => (self.at(outer)?, last),
            None => return self.top(path),
        };
        self.book.inner.get(&outer.target).filter(|_| outer.kind == Kind::SubWorkflow)?.get(last)
    }

    /// A node of the workflow itself.
    pub fn top(&self, spec_id: &str) -> Option<&Named> {
        self.book.primary.get(spec_id)
    }

    /// Every node of the workflow itself, by its id; among them those that branches choose from.
    pub fn tops(&self) -> impl Iterator<Item = (&String, &Named)> {
        self.book.primary.iter()
    }

    /// The node of an execution, by its id there.
    pub fn named(&self, tree: &Tree, id: &str) -> Named {
        let spec = tree.node(id).map_or(id, |node| node.spec_id.as_str());
        let found = match tree.parent(id) {
            // What has not begun is known by its place alone.
            None => self.at(spec).cloned(),
            Some(parent) => self.inside(tree, parent).and_then(|nodes| nodes.get(spec)).cloned(),
        };
        let is_item =
            || tree.parent(id).and_then(|parent| tree.node(parent)).is_some_and(|node| node.is_array);
        found.unwrap_or_else(|| Named::unknown(spec, is_item()))
    }

    /// Whether a node of an execution is of a kind.
    pub fn is(&self, tree: &Tree, id: &str, kind: &Kind) -> bool {
        let Some(node) = tree.node(id) else { return false };
        let found = match tree.parent(id) {
            None => self.top(&node.spec_id),
            Some(parent) => self.inside(tree, parent).and_then(|nodes| nodes.get(&node.spec_id)),
        };
        found.is_some_and(|named| named.kind == *kind)
    }

    /// Where the graph has a node of an execution: the ids of the nodes that it is inside of and its own, in their workflows,
    /// joined by `/`. What a branch chooses from is drawn beside it, and hence not inside.
    pub fn path(&self, tree: &Tree, id: &str) -> String {
        let spec = |id: &str| tree.node(id).map_or_else(|| id.to_owned(), |node| node.spec_id.clone());
        let mut path = spec(id);
        for outer in std::iter::successors(tree.parent(id), |outer| tree.parent(outer)) {
            if !self.is(tree, outer, &Kind::Branch) {
                path = format!("{}/{path}", spec(outer));
            }
        }
        path
    }

    /// Where the graph has a node that is to be inside of one of an execution.
    pub fn within(&self, tree: &Tree, outer: &str, spec: &str) -> String {
        // What a branch chooses from is drawn beside it.
        let around = if self.is(tree, outer, &Kind::Branch) { tree.parent(outer) } else { Some(outer) };
        around.map_or_else(|| spec.to_owned(), |around| format!("{}/{spec}", self.path(tree, around)))
    }

    /// The nodes that a node of an execution may have inside.
    fn inside(&self, tree: &Tree, parent: &str) -> Option<&Nodes> {
        if let Some(made) = self.made.get(parent) {
            return Some(&made.primary);
        }
        // The book that the parent itself is in: that of the nearest dynamic node around it.
        let around = std::iter::successors(tree.parent(parent), |id| tree.parent(id));
        let book = around.filter_map(|id| self.made.get(id)).next().unwrap_or(&self.book);
        let named = self.named(tree, parent);
        match named.kind {
            Kind::SubWorkflow => book.inner.get(&named.target),
            // What a branch chooses from is written beside it.
            Kind::Branch => match tree.parent(parent) {
                None => Some(&self.book.primary),
                Some(outer) => self.inside(tree, outer),
            },
            _ => None,
        }
    }
}

impl Book {
    fn of(closure: &CompiledWorkflowClosure) -> Self {
        let nodes = |workflow: &aileron_idl::core::CompiledWorkflow| {
            let mut found = Nodes::new();
            let template = workflow.template.clone().unwrap_or_default();
            let failure = template.failure_node;
            for node in template.nodes.iter().chain(failure.iter()) {
                gather(node, closure, &mut found);
            }
            found
        };
        let inner = closure.sub_workflows.iter().map(|workflow| {
            let id = workflow.template.as_ref().and_then(|template| template.id.clone()).unwrap_or_default();
            (id.name, nodes(workflow))
        });
        Self { primary: closure.primary.as_ref().map(nodes).unwrap_or_default(), inner: sorted::map(inner) }
    }
}

/// A node, and those that it chooses from.
fn gather(node: &Node, closure: &CompiledWorkflowClosure, found: &mut Nodes) {
    if let Some(node::Target::BranchNode(branch)) = &node.target {
        for chosen in arms(branch) {
            gather(chosen, closure, found);
        }
    }
    found.insert(node.id.clone(), Named::of(node, closure));
}

fn arms(branch: &BranchNode) -> Vec<&Node> {
    use aileron_idl::core::if_else_block::Default as Otherwise;
    let Some(choice) = &branch.if_else else { return Vec::new() };
    let mut arms: Vec<&Node> = choice.case.iter().filter_map(|case| case.then_node.as_deref()).collect();
    arms.extend(choice.other.iter().filter_map(|case| case.then_node.as_deref()));
    if let Some(Otherwise::ElseNode(node)) = &choice.default {
        arms.push(node);
    }
    arms
}

impl Named {
    fn of(node: &Node, closure: &CompiledWorkflowClosure) -> Self {
        let (kind, reference) = described(node, closure);
        let target = reference.as_ref().map(|id| id.name.clone()).unwrap_or_default();
        let given = node.metadata.as_ref().map_or("", |metadata| metadata.name.as_str());
        let full = [given, &target, &node.id].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let title = match kind {
            Kind::Start => "Inputs",
            Kind::End => "Outputs",
            _ => full.rsplit('.').next().unwrap_or(full),
        };
        let title = mapped(title);
        Self { title, kind, target, reference, gate: gate(node), upstream: node.upstream_node_ids.clone() }
    }

    fn unknown(spec: &str, is_item: bool) -> Self {
        let number = spec.strip_prefix('n').filter(|_| is_item);
        Self {
            title: number.map_or_else(|| spec.to_owned(), |number| format!("item {number}")),
            kind: if is_item { Kind::Task("item".to_owned()) } else { Kind::Unknown },
            target: String::new(),
            reference: None,
            gate: None,
            upstream: Vec::new(),
        }
    }
}

fn described(node: &Node, closure: &CompiledWorkflowClosure) -> (Kind, Option<Identifier>) {
    match (node.id.as_str(), &node.target) {
        ("start-node", _) => (Kind::Start, None),
        ("end-node", _) => (Kind::End, None),
        (_, Some(node::Target::TaskNode(task))) => {
            let Some(task_node::Reference::ReferenceId(id)) = &task.reference else {
                return (Kind::Task(String::new()), None);
            };
            let mut templates = closure.tasks.iter().filter_map(|task| task.template.as_ref());
            let template = templates.find(|template| template.id.as_ref() == Some(id));
            let kind = template.map(|template| template.r#type.clone()).unwrap_or_default();
            (Kind::Task(kind), Some(id.clone()))
        }
        (_, Some(node::Target::WorkflowNode(workflow))) => match &workflow.reference {
            Some(workflow_node::Reference::LaunchplanRef(id)) => (Kind::LaunchPlan, Some(id.clone())),
            Some(workflow_node::Reference::SubWorkflowRef(id)) => (Kind::SubWorkflow, Some(id.clone())),
            None => (Kind::SubWorkflow, None),
        },
        (_, Some(node::Target::BranchNode(_))) => (Kind::Branch, None),
        (_, Some(node::Target::GateNode(_))) => (Kind::Gate, None),
        (_, Some(node::Target::ArrayNode(array))) => {
            let inner = array.node.as_ref().and_then(|inner| described(inner, closure).1);
            (Kind::Array, inner)
        }
        (_, None) => (Kind::Unknown, None),
    }
}

fn gate(node: &Node) -> Option<Gate> {
    let Some(node::Target::GateNode(gate)) = &node.target else { return None };
    let condition = gate.condition.as_ref()?;
    Some(match condition {
        gate_node::Condition::Approve(approve) => Gate::Approve(approve.signal_id.clone()),
        gate_node::Condition::Signal(signal) => {
            Gate::Signal(signal.signal_id.clone(), Box::new(signal.r#type.clone().unwrap_or_default()))
        }
        gate_node::Condition::Sleep(sleep) => Gate::Sleep(sleep.duration.as_ref().map_or(0.0, time::span)),
    })
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{
        CompiledWorkflow, GateNode, NodeMetadata, TaskNode, WorkflowNode, WorkflowTemplate,
    };

    use super::*;
    use crate::model::node::NodeRow;

    fn id(name: &str) -> Identifier {
        Identifier { name: name.into(), ..Default::default() }
    }

    fn node(id: &str, name: &str, target: node::Target) -> Node {
        let metadata = Some(NodeMetadata { name: name.into(), ..Default::default() });
        Node { id: id.into(), metadata, target: Some(target), ..Default::default() }
    }

    fn task(name: &str) -> node::Target {
        let reference = Some(task_node::Reference::ReferenceId(id(name)));
        node::Target::TaskNode(TaskNode { reference, ..Default::default() })
    }

    fn workflow(name: &str, nodes: Vec<Node>) -> CompiledWorkflow {
        let template = WorkflowTemplate { id: Some(id(name)), nodes, ..Default::default() };
        CompiledWorkflow { template: Some(template), ..Default::default() }
    }

    fn closure() -> CompiledWorkflowClosure {
        let inner = workflow_node::Reference::SubWorkflowRef(id("shop.inner"));
        let inner = node::Target::WorkflowNode(WorkflowNode { reference: Some(inner) });
        let approve =
            gate_node::Condition::Approve(aileron_idl::core::ApproveCondition { signal_id: "ok".into() });
        let gate = node::Target::GateNode(Box::new(GateNode { condition: Some(approve) }));
        CompiledWorkflowClosure {
            primary: Some(workflow("shop.order", vec![node("n0", "", inner), node("n1", "", gate)])),
            sub_workflows: vec![workflow("shop.inner", vec![node("n0", "shop.price", task("shop.price"))])],
            ..Default::default()
        }
    }

    fn row(id: &str, spec: &str) -> NodeRow {
        NodeRow { id: id.into(), spec_id: spec.into(), is_parent: true, ..NodeRow::default() }
    }

    #[test]
    fn nodes_are_named_by_the_workflow_that_they_are_in() {
        let mut tree = Tree::default();
        tree.change(vec![row("n0", "n0"), row("n0-0-n0", "n0"), row("n1", "n1")]);
        let outline = Outline::of(&closure());
        assert_eq!(outline.named(&tree, "n0").title, "inner");
        assert_eq!(outline.named(&tree, "n0-0-n0").title, "price");
        assert_eq!(outline.named(&tree, "n1").gate, Some(Gate::Approve("ok".into())));
        assert_eq!(outline.path(&tree, "n0-0-n0"), "n0/n0");
        assert_eq!(outline.at("n0/n0").map(|named| named.title.as_str()), Some("price"));
        assert_eq!((outline.at("n1/n0"), outline.at("n0/n9")), (None, None));
    }

    #[test]
    fn what_a_dynamic_node_made_is_learned() {
        let mut tree = Tree::default();
        tree.change(vec![row("n1", "n1"), row("n1-0-dn0", "dn0")]);
        let mut outline = Outline::of(&closure());
        assert_eq!(outline.named(&tree, "n1-0-dn0").title, "dn0");
        let made = CompiledWorkflowClosure {
            primary: Some(workflow("made", vec![node("dn0", "shop.price", task("shop.price"))])),
            ..Default::default()
        };
        outline.learn("n1", &made);
        assert_eq!(outline.named(&tree, "n1-0-dn0").title, "price");
    }
}
