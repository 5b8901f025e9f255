//! The scene as a tree of lines: what the graph shows, for who does not see it.

use super::{Inside, Scene};

/// A line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The node.
    pub node: u32,
    /// How deep it is, from 1.
    pub level: u32,
    /// Its place among its siblings, from 1.
    pub place: u32,
    /// How many siblings there are, itself included.
    pub of: u32,
    /// Whether it is open; absent where there is nothing to open.
    pub open: Option<bool>,
}

/// Every line, in the scene's order.
pub fn lines(scene: &Scene) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(scene.nodes.len());
    // Siblings so far, by parent: a parent's own number, or the last for the outermost.
    let mut siblings = vec![0_u32; scene.nodes.len() + 1];
    let outermost = scene.nodes.len();
    let slot = |parent: Option<u32>| parent.map_or(outermost, |up| up as usize);
    for (at, node) in (0..).zip(&scene.nodes) {
        let counted = &mut siblings[slot(node.parent)];
        *counted += 1;
        let level = node.parent.map_or(1, |up| lines[up as usize].level + 1);
        let open = (node.inside != Inside::Nothing).then(|| node.inside.is_open());
        lines.push(Line { node: at, level, place: *counted, of: 0, open });
    }
    for line in &mut lines {
        line.of = siblings[slot(scene.nodes[line.node as usize].parent)];
    }
    lines
}

/// What a screen reader says of a node besides its name: how many nodes it waits for, and how many wait.
pub fn neighbours(scene: &Scene, at: u32) -> String {
    let Some(node) = scene.node(at) else { return String::new() };
    let count = |count: usize, word: &str| format!("{count} {word}");
    format!("{}, {}", count(node.upstream.len(), "upstream"), count(node.downstream.len(), "downstream"))
}
