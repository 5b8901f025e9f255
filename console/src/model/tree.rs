//! The nodes of an execution as a tree: those inside of others below them.
//!
//! The wire names a node's parent by the node's own id: `n0-0-n1` is node `n1` in attempt 0 of `n0`, and what would be
//! longer than 20 characters is a hash of that. So parents are found by trying, with the engine's own rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aileron_engine::Place;

use super::node::NodeRow;
use super::sorted;

/// Attempts of a parent that are tried.
const ATTEMPTS: u32 = 8;

/// The nodes by id, and who is inside of whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    nodes: BTreeMap<String, NodeRow>,
    /// Children of a parent in the order in which they became ready; those without one under the empty name.
    children: BTreeMap<String, Vec<String>>,
    parents: HashMap<String, String>,
    /// Changes with who is there, and not with how they are.
    shape: u32,
}

/// A line of the tree as it is read from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The node.
    pub id: String,
    /// How deep it is inside others.
    pub depth: usize,
    /// How many nodes are directly inside.
    pub inside: usize,
    /// Whether those are shown.
    pub is_open: bool,
}

impl Tree {
    /// Takes nodes as they are now. True when nodes were not there before.
    pub fn change(&mut self, nodes: Vec<NodeRow>) -> bool {
        let mut is_new = false;
        for node in nodes {
            is_new |= self.nodes.insert(node.id.clone(), node).is_none();
        }
        if is_new {
            self.shape = self.shape.wrapping_add(1);
            self.arrange();
        }
        is_new
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self { shape: self.shape.wrapping_add(1), ..Self::default() };
    }

    /// Another number whenever nodes have come or gone.
    pub fn shape(&self) -> u32 {
        self.shape
    }

    /// The nodes, by id.
    pub fn nodes(&self) -> &BTreeMap<String, NodeRow> {
        &self.nodes
    }

    /// A node.
    pub fn node(&self, id: &str) -> Option<&NodeRow> {
        self.nodes.get(id)
    }

    /// The node that a node is inside of.
    pub fn parent(&self, id: &str) -> Option<&str> {
        self.parents.get(id).map(String::as_str).filter(|parent| !parent.is_empty())
    }

    /// The ids of the nodes that are directly inside of one; of the empty name, those that are in none.
    pub fn children(&self, id: &str) -> &[String] {
        self.children.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lines to show when the nodes in `open` show what is inside and `wanted` says which nodes are looked for. A node
    /// with something inside that is looked for is shown, and open.
    pub fn lines(&self, open: &BTreeSet<String>, wanted: impl Fn(&NodeRow) -> bool) -> Vec<Line> {
        let mut lines = Vec::new();
        self.gather("", 0, open, &wanted, &mut lines);
        lines
    }

    /// Whether something was looked for and found below. Nesting is limited by the server.
    fn gather(
        &self,
        id: &str,
        depth: usize,
        open: &BTreeSet<String>,
        wanted: &impl Fn(&NodeRow) -> bool,
        lines: &mut Vec<Line>,
    ) -> bool {
        let mut found = false;
        for child in self.children(id) {
            let Some(node) = self.nodes.get(child).filter(|node| !node.is_boundary()) else { continue };
            let at = lines.len();
            let inside = self.children(child).iter().filter(|id| !self.is_boundary(id)).count();
            let is_open = open.contains(child);
            lines.push(Line { id: child.clone(), depth, inside, is_open });
            let is_wanted = wanted(node);
            let below = lines.len();
            let found_below = inside > 0 && self.gather(child, depth + 1, open, wanted, lines);
            match (is_wanted, found_below) {
                (false, false) => lines.truncate(at),
                (true, _) if !is_open => lines.truncate(below),
                (false, true) => lines[at].is_open = true,
                _ => {}
            }
            found |= is_wanted || found_below;
        }
        found
    }

    fn is_boundary(&self, id: &str) -> bool {
        self.nodes.get(id).is_some_and(NodeRow::is_boundary)
    }

    fn arrange(&mut self) {
        let hashed = self.hashed();
        self.parents =
            self.nodes.values().map(|node| (node.id.clone(), self.parent_of(node, &hashed))).collect();
        let mut children: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, parent) in &self.parents {
            children.entry(parent.clone()).or_default().push(id.clone());
        }
        for inside in children.values_mut() {
            sorted::sort_by(inside, |a, b| {
                let key = |id: &String| self.nodes.get(id).and_then(|node| node.created).unwrap_or(f64::MAX);
                key(a).total_cmp(&key(b)).then_with(|| natural(a).cmp(&natural(b)))
            });
        }
        self.children = children;
    }

    /// The ids that are hashes, and whose they are.
    fn hashed(&self) -> HashMap<String, String> {
        let is_hashed = |node: &&NodeRow| node.id != node.spec_id && !node.id.contains('-');
        let specs = sorted::set(self.nodes.values().filter(is_hashed).map(|node| node.spec_id.as_str()));
        let mut found = HashMap::new();
        for parent in self.nodes.values().filter(|node| node.is_parent && !specs.is_empty()) {
            for attempt in 0..ATTEMPTS {
                for spec in &specs {
                    found.insert(inside(&parent.id, attempt, spec), parent.id.clone());
                }
            }
        }
        found
    }

    fn parent_of(&self, node: &NodeRow, hashed: &HashMap<String, String>) -> String {
        let written = || {
            let outer = node.id.strip_suffix(&node.spec_id)?.strip_suffix('-')?;
            let (parent, attempt) = outer.rsplit_once('-')?;
            (attempt.parse::<u32>().is_ok() && self.nodes.contains_key(parent)).then(|| parent.to_owned())
        };
        written().or_else(|| hashed.get(&node.id).cloned()).unwrap_or_default()
    }
}

/// The id of a node inside of another.
pub fn inside(parent: &str, attempt: u32, spec: &str) -> String {
    let outer = Place { unique_id: parent.to_owned(), folder: Vec::new(), item_folder: None };
    outer.inside(attempt, spec).unique_id
}

/// An order in which `n2` is before `n10`.
fn natural(id: &str) -> (usize, &str) {
    (id.len(), id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::phase::Phase;
    use crate::model::run::Run;

    fn node(id: &str, spec: &str, created: f64) -> NodeRow {
        NodeRow {
            id: id.into(),
            spec_id: spec.into(),
            created: Some(created),
            is_parent: true,
            run: Run { phase: Phase::Running, ..Run::default() },
            ..NodeRow::default()
        }
    }

    fn tree() -> Tree {
        let deep = inside("n1-0-n0-0-n3", 1, "n1234567");
        assert!(!deep.contains('-'), "{deep} is a hash");
        let mut tree = Tree::default();
        tree.change(vec![
            node("start-node", "start-node", 0.0),
            node("n1", "n1", 2.0),
            node("n0", "n0", 1.0),
            node("n1-0-n0", "n0", 3.0),
            node("n1-0-n0-0-n3", "n3", 4.0),
            node(&deep, "n1234567", 5.0),
        ]);
        tree
    }

    fn shown(tree: &Tree, open: &[&str], wanted: &str) -> Vec<String> {
        let open = open.iter().map(|id| (*id).to_owned()).collect();
        let lines = tree.lines(&open, |node| node.spec_id.contains(wanted));
        lines.iter().map(|line| format!("{}{}", "  ".repeat(line.depth), line.id)).collect()
    }

    #[test]
    fn nodes_are_below_what_they_are_inside_of_even_when_their_id_is_a_hash() {
        let tree = tree();
        let deep = inside("n1-0-n0-0-n3", 1, "n1234567");
        assert_eq!(tree.parent(&deep), Some("n1-0-n0-0-n3"));
        assert_eq!(shown(&tree, &[], ""), ["n0", "n1"]);
        assert_eq!(shown(&tree, &["n1"], ""), ["n0", "n1", "  n1-0-n0"]);
    }

    #[test]
    fn what_is_looked_for_is_shown_with_what_it_is_inside_of() {
        let found = shown(&tree(), &[], "n3");
        assert_eq!(found, ["n1", "  n1-0-n0", "    n1-0-n0-0-n3"]);
    }

    #[test]
    fn a_change_of_what_is_known_moves_nothing() {
        let mut tree = tree();
        let before = shown(&tree, &["n1"], "");
        assert!(!tree.change(vec![node("n0", "n0", 99.0)]));
        assert_eq!(shown(&tree, &["n1"], ""), before);
    }
}
