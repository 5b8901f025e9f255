//! Which node of one workflow is which of the other.

use std::collections::VecDeque;
use std::hash::Hash;

use aileron_idl::core::Node;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::names::rename;
use super::tree::{Shape, Tree};

/// Nodes of two workflows, by their places in them.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    /// Nodes that are on both sides, in the order of the first.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Nodes of the first side alone.
    pub(super) removed: Vec<usize>,
    /// Nodes of the second side alone.
    pub(super) added: Vec<usize>,
}

/// Pairs by content, then by what the nodes run, then by id; those that keep their id first. Among
/// equals, earlier goes with earlier.
pub(super) fn pair(before: &[Node], after: &[Node]) -> Pairing {
    let mut pairing = Pairing {
        removed: (0..before.len()).collect(),
        added: (0..after.len()).collect(),
        ..Pairing::default()
    };
    for view in [content, work] {
        let view = |nodes: &[Node]| nodes.iter().map(view).collect::<Vec<_>>();
        let (old, new) = (view(before), view(after));
        pairing.take(|at| (&before[at].id, &old[at]), |at| (&after[at].id, &new[at]));
        pairing.take(|at| &old[at], |at| &new[at]);
    }
    pairing.take(|at| &before[at].id, |at| &after[at].id);
    pairing.pairs.sort_unstable();
    pairing
}

impl Pairing {
    /// Pairs those that are left and have equal keys.
    fn take<K: Hash + Eq>(&mut self, old: impl Fn(usize) -> K, new: impl Fn(usize) -> K) {
        let mut waiting: HashMap<K, VecDeque<usize>> = HashMap::new();
        for &at in &self.added {
            waiting.entry(new(at)).or_default().push_back(at);
        }
        let mut taken = HashSet::new();
        self.removed.retain(|&at| {
            let Some(other) = waiting.get_mut(&old(at)).and_then(VecDeque::pop_front) else { return true };
            taken.insert(other);
            self.pairs.push((at, other));
            false
        });
        self.added.retain(|at| !taken.contains(at));
    }
}

/// What a node does, whatever it, its neighbours and its registration are called.
fn content(node: &Node) -> Tree {
    let mut tree = node.tree().without("id").without("upstream_node_ids");
    rename(&mut tree, &|_| Some(String::new()));
    tree.rewrite(&|field, text| {
        if matches!(field, "project" | "domain" | "version") {
            text.clear();
        }
    });
    tree
}

/// What a node runs, whatever it is given.
fn work(node: &Node) -> Tree {
    content(node).without("inputs").without("metadata").without("output_aliases")
}
