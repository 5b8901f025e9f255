//! Two versions of a workflow as one: what was removed is there beside what was added, so that nothing
//! jumps between them.

use std::collections::{BTreeMap, BTreeSet};

use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure, Node};

use super::Diff;

/// Put behind the id of a removed node whose id is another one's now.
const REMOVED: &str = " (removed)";

/// The later closure with the nodes and edges of the earlier one that it has no more. The diff's changes
/// are named after what they are called in it.
pub fn union(
    before: &CompiledWorkflowClosure,
    after: &CompiledWorkflowClosure,
    diff: &Diff,
) -> (CompiledWorkflowClosure, Diff) {
    let (mut union, mut named) = (after.clone(), diff.clone());
    let Some(primary) = &mut union.primary else { return (union, named) };
    let within = name(primary);
    let Some(old) = before.primary.as_ref() else { return (union, named) };
    let ids = names(primary, &within, diff);
    add_nodes(primary, old, &ids.removed);
    add_edges(primary, old, &ids);
    for change in
        named.changes.iter_mut().filter(|change| change.within == within && change.change == "removed")
    {
        rename(change, &ids);
    }
    // A removed node runs what only the earlier closure may have.
    let known: BTreeSet<_> =
        union.tasks.iter().filter_map(|task| task.template.as_ref()?.id.clone()).collect();
    let lost = before.tasks.iter().filter(|task| {
        task.template.as_ref().and_then(|template| template.id.as_ref()).is_some_and(|id| !known.contains(id))
    });
    union.tasks.extend(lost.cloned());
    union.tasks.sort_by(|a, b| task_id(a).cmp(&task_id(b)));
    (union, named)
}

fn task_id(task: &aileron_idl::core::CompiledTask) -> Option<&aileron_idl::core::Identifier> {
    task.template.as_ref()?.id.as_ref()
}

/// The name of a workflow.
pub fn name(workflow: &CompiledWorkflow) -> String {
    let id = workflow.template.as_ref().and_then(|template| template.id.as_ref());
    id.map(|id| id.name.clone()).unwrap_or_default()
}

/// What nodes of the earlier workflow are called in the union.
struct Ids {
    /// Those that are gone: earlier id to the id in the union.
    removed: BTreeMap<String, String>,
    /// Those that have another id now.
    moved: BTreeMap<String, String>,
}

impl Ids {
    fn of(&self, earlier: &str) -> String {
        let known = self.removed.get(earlier).or_else(|| self.moved.get(earlier));
        known.cloned().unwrap_or_else(|| earlier.to_owned())
    }
}

fn names(after: &CompiledWorkflow, within: &str, diff: &Diff) -> Ids {
    let taken: BTreeSet<&str> =
        after.template.iter().flat_map(|template| &template.nodes).map(|node| node.id.as_str()).collect();
    let nodes = || diff.changes.iter().filter(|change| change.what == "node" && change.within == within);
    let removed = nodes().filter(|change| change.change == "removed").map(|change| {
        let id = &change.id;
        let free = if taken.contains(id.as_str()) { format!("{id}{REMOVED}") } else { id.clone() };
        (id.clone(), free)
    });
    let moved = nodes().filter_map(|change| Some((change.before.clone()?, change.id.clone())));
    Ids { removed: removed.collect(), moved: moved.collect() }
}

fn add_nodes(union: &mut CompiledWorkflow, old: &CompiledWorkflow, removed: &BTreeMap<String, String>) {
    let Some(template) = &mut union.template else { return };
    let gone = old.template.iter().flat_map(|template| &template.nodes);
    template.nodes.extend(gone.filter_map(|node| {
        Some(Node {
            id: removed.get(&node.id)?.clone(),
            inputs: Vec::new(),
            upstream_node_ids: Vec::new(),
            ..node.clone()
        })
    }));
}

/// Every edge of the earlier workflow, by the ids of the union; those that the later one has are there.
fn add_edges(union: &mut CompiledWorkflow, old: &CompiledWorkflow, ids: &Ids) {
    let downstream = &mut union.connections.get_or_insert_default().downstream;
    for (from, list) in old.connections.iter().flat_map(|connections| &connections.downstream) {
        let from_is_gone = ids.removed.contains_key(from);
        let known = downstream.entry(ids.of(from)).or_default();
        for to in &list.ids {
            let to_is_gone = ids.removed.contains_key(to);
            let to = ids.of(to);
            if (from_is_gone || to_is_gone || !known.ids.contains(&to)) && !known.ids.contains(&to) {
                known.ids.push(to);
            }
        }
    }
    downstream.retain(|_, list| !list.ids.is_empty());
}

fn rename(change: &mut super::Change, ids: &Ids) {
    change.id = match change.id.split_once(" -> ") {
        Some((from, to)) => format!("{} -> {}", ids.of(from), ids.of(to)),
        None => ids.of(&change.id),
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aileron_idl::core::connection_set::IdList;
    use aileron_idl::core::{ConnectionSet, Identifier, WorkflowTemplate};

    use super::*;
    use crate::model::workbench::Change;

    fn closure(nodes: &[&str], edges: &[(&str, &str)]) -> CompiledWorkflowClosure {
        let nodes = nodes.iter().map(|id| Node { id: (*id).to_owned(), ..Node::default() }).collect();
        let id = Some(Identifier { name: "w".to_owned(), ..Identifier::default() });
        let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
        for (from, to) in edges {
            downstream.entry((*from).to_owned()).or_default().ids.push((*to).to_owned());
        }
        let primary = CompiledWorkflow {
            template: Some(WorkflowTemplate { id, nodes, ..WorkflowTemplate::default() }),
            connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
        };
        CompiledWorkflowClosure { primary: Some(primary), ..CompiledWorkflowClosure::default() }
    }

    fn change(what: &str, id: &str, change: &str, before: Option<&str>) -> Change {
        Change {
            what: what.to_owned(),
            within: "w".to_owned(),
            id: id.to_owned(),
            change: change.to_owned(),
            before: before.map(str::to_owned),
            fields: Vec::new(),
        }
    }

    #[test]
    fn the_union_has_what_either_has_under_ids_of_its_own() {
        let before = closure(&["n0", "n1", "n2"], &[("n0", "n1"), ("n1", "n2")]);
        let after = closure(&["n0", "n1"], &[("n0", "n1")]);
        let changes = vec![
            change("node", "n1", "removed", None),
            change("node", "n1", "moved", Some("n2")),
            change("edge", "n0 -> n1", "removed", None),
        ];
        let (union, named) = union(&before, &after, &Diff { changes, interface: Vec::new() });
        let primary = union.primary.unwrap();
        let ids: Vec<_> = primary.template.unwrap().nodes.into_iter().map(|node| node.id).collect();
        assert_eq!(ids, ["n0", "n1", "n1 (removed)"]);
        let downstream = primary.connections.unwrap().downstream;
        assert_eq!(downstream["n0"].ids, ["n1", "n1 (removed)"]);
        assert_eq!(downstream["n1 (removed)"].ids, ["n1"], "the moved node is found");
        let names: Vec<_> = named.changes.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(names, ["n1 (removed)", "n1", "n0 -> n1 (removed)"]);
    }
}
