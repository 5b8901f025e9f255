//! Any graph is drawn, broken and cyclic ones too: the same each time, with every node once and inside the
//! picture, none upon another, and every line from its node to its node.

use std::collections::BTreeMap;

use aileron_compiler::layout::{Layout, PlacedNode, layout};
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::{CompiledWorkflow, ConnectionSet, Node, WorkflowTemplate};

/// Most nodes and edges of a graph; what is wrong shows in small ones.
const MOST_NODES: usize = 24;
const MOST_EDGES: usize = 60;

/// Checks the graph whose number of nodes is the first byte, and whose edges the following pairs of bytes.
pub fn check(data: &[u8]) {
    let Some((&nodes, edges)) = data.split_first() else { return };
    let nodes = usize::from(nodes) % MOST_NODES + 1;
    // An edge may name a node that is not there.
    let node = |byte: u8| usize::from(byte) % (nodes + 1);
    let edges = edges.chunks_exact(2).take(MOST_EDGES).map(|pair| (node(pair[0]), node(pair[1])));
    let workflow = workflow(nodes, edges);
    let picture = layout(&workflow);
    assert_eq!(layout(&workflow), picture, "two pictures");
    let placed: BTreeMap<_, _> = picture.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    assert_eq!((placed.len(), picture.nodes.len()), (nodes, nodes), "each node is there once");
    inside(&picture);
    apart(&picture);
    for edge in &picture.edges {
        let (from, to) = (placed[edge.from.as_str()], placed[edge.to.as_str()]);
        let middle = |node: &PlacedNode| node.y + node.height / 2.0;
        assert_eq!(edge.points.first(), Some(&(from.x + from.width, middle(from))), "{edge:?}");
        assert_eq!(edge.points.last(), Some(&(to.x, middle(to))), "{edge:?}");
    }
}

fn workflow(nodes: usize, edges: impl Iterator<Item = (usize, usize)>) -> CompiledWorkflow {
    let name = |node: usize| format!("n{node}");
    let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
    for (from, to) in edges {
        downstream.entry(name(from)).or_default().ids.push(name(to));
    }
    let nodes = (0..nodes).map(|node| Node { id: name(node), ..Node::default() }).collect();
    CompiledWorkflow {
        template: Some(WorkflowTemplate { nodes, ..WorkflowTemplate::default() }),
        connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
    }
}

fn inside(picture: &Layout) {
    for node in &picture.nodes {
        assert!(node.x >= 0.0 && node.x + node.width <= picture.width, "{node:?}");
        assert!(node.y >= 0.0 && node.y + node.height <= picture.height, "{node:?}");
    }
    for (x, y) in picture.edges.iter().flat_map(|edge| &edge.points) {
        assert!((0.0..=picture.width).contains(x) && (0.0..=picture.height).contains(y), "{x} {y}");
    }
}

fn apart(picture: &Layout) {
    let beside = |a: &PlacedNode, b: &PlacedNode| a.x + a.width <= b.x || b.x + b.width <= a.x;
    let above = |a: &PlacedNode, b: &PlacedNode| a.y + a.height <= b.y || b.y + b.height <= a.y;
    for (place, a) in picture.nodes.iter().enumerate() {
        for b in &picture.nodes[place + 1..] {
            assert!(beside(a, b) || above(a, b), "{a:?} lies upon {b:?}");
        }
    }
}
