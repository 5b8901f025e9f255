//! Two executions side by side, node by node.

use std::collections::BTreeMap;

use aileron_idl::core::LiteralMap;

use super::node::NodeRow;
use super::outline::Outline;
use super::phase::Phase;
use super::tree::Tree;

/// What is known of one of the executions.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// Its nodes.
    pub tree: &'a Tree,
    /// What they are called.
    pub outline: &'a Outline,
}

/// A node as one of them ran it.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Where it stands.
    pub phase: Phase,
    /// How long it took, in milliseconds.
    pub took: Option<f64>,
    /// What the cache did.
    pub cache: &'static str,
}

/// A node of both, or of one alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Where the workflow has it.
    pub path: String,
    /// What people call it.
    pub title: String,
    /// How the first one ran it.
    pub left: Option<Side>,
    /// How the second one did.
    pub right: Option<Side>,
}

impl Pair {
    /// Whether it did not end alike.
    pub fn differs(&self) -> bool {
        self.left.as_ref().map(|side| side.phase) != self.right.as_ref().map(|side| side.phase)
    }

    /// How much longer the second one took, in milliseconds.
    pub fn longer(&self) -> Option<f64> {
        Some(self.right.as_ref()?.took? - self.left.as_ref()?.took?)
    }
}

/// The nodes of both, outer ones before those inside of them, those that run nothing left out.
pub fn pairs(left: Of<'_>, right: Of<'_>) -> Vec<Pair> {
    let mut all: BTreeMap<Vec<(usize, String)>, Pair> = BTreeMap::new();
    for (of, is_left) in [(left, true), (right, false)] {
        for node in of.tree.nodes().values().filter(|node| !node.is_boundary()) {
            let path = of.outline.path(of.tree, &node.id);
            // By numbers as numbers: `n10` comes after `n9`.
            let key = path.split('/').map(|id| (id.len(), id.to_owned())).collect();
            let pair = all.entry(key).or_insert_with(|| Pair {
                title: of.outline.named(of.tree, &node.id).title,
                path,
                left: None,
                right: None,
            });
            let side = Some(side(node));
            if is_left { pair.left = side } else { pair.right = side }
        }
    }
    all.into_values().collect()
}

/// The names of values that are not equal, or that one of two maps lacks.
pub fn unequal(left: &LiteralMap, right: &LiteralMap) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> =
        left.literals.keys().chain(right.literals.keys()).collect();
    let differ = |name: &&String| left.literals.get(*name) != right.literals.get(*name);
    names.into_iter().filter(differ).cloned().collect()
}

fn side(node: &NodeRow) -> Side {
    Side { phase: node.run.phase, took: node.run.took, cache: node.cache.label() }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::Literal;

    use super::*;
    use crate::model::run::Run;

    fn tree(nodes: &[(&str, Phase, f64)]) -> Tree {
        let row = |(id, phase, took): &(&str, Phase, f64)| NodeRow {
            id: (*id).into(),
            spec_id: (*id).into(),
            run: Run { phase: *phase, took: Some(*took), ..Run::default() },
            ..NodeRow::default()
        };
        let mut tree = Tree::default();
        tree.change(nodes.iter().map(row).collect());
        tree
    }

    #[test]
    fn nodes_of_both_are_in_one_line() {
        let outline = Outline::default();
        let left = tree(&[("n10", Phase::Succeeded, 5.0), ("n9", Phase::Succeeded, 10.0)]);
        let right = tree(&[("n9", Phase::Failed, 25.0), ("start-node", Phase::Succeeded, 0.0)]);
        let of = |tree| Of { tree, outline: &outline };
        let pairs = pairs(of(&left), of(&right));
        let told: Vec<_> =
            pairs.iter().map(|pair| (pair.path.as_str(), pair.differs(), pair.longer())).collect();
        assert_eq!(told, [("n9", true, Some(15.0)), ("n10", true, None)]);
    }

    #[test]
    fn values_that_differ_are_named() {
        let map = |names: &[(&str, &str)]| LiteralMap {
            literals: names
                .iter()
                .map(|(name, hash)| {
                    ((*name).to_owned(), Literal { hash: (*hash).into(), ..Default::default() })
                })
                .collect(),
        };
        assert_eq!(unequal(&map(&[("a", "1"), ("b", "1")]), &map(&[("a", "1"), ("c", "1")])), ["b", "c"]);
    }
}
