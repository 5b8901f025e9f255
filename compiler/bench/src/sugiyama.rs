//! The layout of the crate `rust-sugiyama`, drawn with our sizes.

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

use crate::Graph;
use crate::drawing::{Drawing, Line, Rectangle, SIZE, point};

/// The crate, with its version.
pub const NAME: &str = "rust-sugiyama 0.4.0";
/// Between parts that are not connected.
const GAP: f64 = 60.0;

/// Draws a graph from left to right. The crate draws from top to bottom, so what is wide for it is high here,
/// and answers places of nodes alone, so edges are straight.
#[must_use]
pub fn draw(graph: &Graph) -> Drawing {
    let mut nodes = vec![Rectangle::default(); graph.nodes as usize];
    let mut base = 0.0;
    let sizes: Vec<_> = (0..graph.nodes).map(|node| (node, (SIZE.1, SIZE.0))).collect();
    let config = Config { vertex_spacing: GAP, ..Config::default() };
    for (part, _, _) in from_vertices_and_edges(&sizes, &graph.edges, &config) {
        let width = part.iter().map(|(_, (across, _))| across + SIZE.1).fold(0.0, f64::max);
        for (node, (across, down)) in part {
            let y = base + across;
            nodes[node] = Rectangle { low: point(down, y), high: point(down + SIZE.0, y + SIZE.1) };
        }
        base += width + GAP;
    }
    let lines = graph.edges.iter().map(|&(from, to)| straight(&nodes, from, to)).collect();
    Drawing { nodes, lines }
}

fn straight(nodes: &[Rectangle], from: u32, to: u32) -> Line {
    let (source, target) = (nodes[from as usize], nodes[to as usize]);
    let middle = |node: Rectangle| i64::midpoint(node.low.1, node.high.1);
    let points = vec![(source.high.0, middle(source)), (target.low.0, middle(target))];
    Line { from, to, points }
}
