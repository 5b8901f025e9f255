//! Two versions of one workflow.

use aileron_idl::core::{CompiledWorkflow, Identifier, Node, WorkflowTemplate};
use foldhash::HashMap;

use super::names::rename;
use super::pairing::{Pairing, pair};
use super::tree::{Shape, Tree, differences};
use super::{Change, EdgeChange, EdgeFate, Edges, NodeChange, Scope, WorkflowDiff, interface};

/// The workflow's id, if it has one.
pub(super) fn id(workflow: &CompiledWorkflow) -> Option<&Identifier> {
    workflow.template.as_ref()?.id.as_ref()
}

/// What differs, if anything does.
pub(super) fn diff(
    before: &CompiledWorkflow,
    after: &CompiledWorkflow,
    scope: &Scope,
) -> Option<WorkflowDiff> {
    if before == after {
        return None;
    }
    let nothing = WorkflowTemplate::default();
    let old = before.template.as_ref().unwrap_or(&nothing);
    let new = after.template.as_ref().unwrap_or(&nothing);
    let pairing = pair(&old.nodes, &new.nodes);
    let names = Names::new(&old.nodes, &new.nodes, &pairing, scope);
    let fields = differences(&names.renamed(body(old)), &body(new));
    let interface = interface::changes(old.interface.as_ref(), new.interface.as_ref());
    let nodes = nodes(&old.nodes, &new.nodes, &pairing, &names);
    let edges = edges(before, after, &names);
    let same = fields.is_empty() && interface.is_empty() && nodes.is_empty() && edges.is_empty();
    let name = id(after).or(id(before)).map(|id| id.name.clone()).unwrap_or_default();
    (!same).then_some(WorkflowDiff { name, change: Change::Changed(fields), interface, nodes, edges })
}

/// A workflow without what is compared on its own. Its name is compared: a primary may be renamed. Its
/// outputs are what the end node takes.
fn body(template: &WorkflowTemplate) -> Tree {
    template.tree().without("interface").without("nodes").without("outputs")
}

/// What things of the first workflow are called in the second.
struct Names<'a> {
    nodes: HashMap<&'a str, &'a str>,
    scope: &'a Scope,
}

impl<'a> Names<'a> {
    fn new(old: &'a [Node], new: &'a [Node], pairing: &Pairing, scope: &'a Scope) -> Self {
        let pairs = pairing.pairs.iter().map(|&(at, other)| (old[at].id.as_str(), new[other].id.as_str()));
        Self { nodes: pairs.collect(), scope }
    }

    /// A tree of the first workflow in the words of the second.
    fn renamed(&self, tree: Tree) -> Tree {
        let mut tree = self.scope.renamed(tree);
        rename(&mut tree, &|node| self.nodes.get(node).map(|name| (*name).to_owned()));
        tree
    }

    fn edge(&self, (from, to): (&'a str, &'a str)) -> Option<(&'a str, &'a str)> {
        Some((*self.nodes.get(from)?, *self.nodes.get(to)?))
    }
}

fn nodes(old: &[Node], new: &[Node], pairing: &Pairing, names: &Names<'_>) -> Vec<NodeChange> {
    let change = |node: &Node, change| NodeChange { id: node.id.clone(), change };
    let paired = pairing
        .pairs
        .iter()
        .filter_map(|&(at, other)| Some((at, change(&new[other], paired(&old[at], &new[other], names)?))));
    let removed = pairing.removed.iter().map(|&at| (at, change(&old[at], Change::Removed)));
    let mut found: Vec<_> = paired.chain(removed).collect();
    found.sort_by_key(|(at, _)| *at);
    let added = pairing.added.iter().map(|&at| change(&new[at], Change::Added));
    found.into_iter().map(|(_, change)| change).chain(added).collect()
}

/// What happened to a node that both sides have.
fn paired(old: &Node, new: &Node, names: &Names<'_>) -> Option<Change> {
    let fields = differences(&names.renamed(old.tree().without("id")), &new.tree().without("id"));
    match old.id == new.id {
        true if fields.is_empty() => None,
        true => Some(Change::Changed(fields)),
        false => Some(Change::Moved { from: old.id.clone(), fields }),
    }
}

fn connections(workflow: &CompiledWorkflow) -> Edges<'_> {
    let lists = workflow.connections.iter().flat_map(|connections| &connections.downstream);
    lists.flat_map(|(from, list)| list.ids.iter().map(move |to| (from.as_str(), to.as_str()))).collect()
}

fn edges(before: &CompiledWorkflow, after: &CompiledWorkflow, names: &Names<'_>) -> Vec<EdgeChange> {
    let (old, new) = (connections(before), connections(after));
    let mut origins: HashMap<_, _> = old.iter().filter_map(|&edge| Some((names.edge(edge)?, edge))).collect();
    origins.retain(|now, _| new.contains(now));
    let kept: Edges<'_> = origins.values().copied().collect();
    let change = |(from, to): (&str, &str), change| EdgeChange { from: from.into(), to: to.into(), change };
    let removed = old.difference(&kept).map(|&edge| change(edge, EdgeFate::Removed));
    let present = new.iter().filter_map(|&edge| match origins.get(&edge) {
        None => Some(change(edge, EdgeFate::Added)),
        Some(&origin) if origin == edge => None,
        Some(&(from, to)) => Some(change(edge, EdgeFate::Moved { from: from.into(), to: to.into() })),
    });
    let mut found: Vec<_> = removed.chain(present).collect();
    found.sort_by(|one, other| (&one.from, &one.to).cmp(&(&other.from, &other.to)));
    found
}
