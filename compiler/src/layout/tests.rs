//! Small pictures. What is true of any graph's is held by `compiler/bench/tests`.

use std::collections::BTreeMap;

use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::{CompiledWorkflow, ConnectionSet, Node, WorkflowTemplate};

use super::*;

/// Nodes `n0`, `n1`, ... with these connections.
fn workflow(nodes: u32, edges: &[(u32, u32)]) -> CompiledWorkflow {
    let name = |node: u32| format!("n{node}");
    let nodes = (0..nodes).map(|node| Node { id: name(node), ..Node::default() }).collect();
    let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
    for &(from, to) in edges {
        downstream.entry(name(from)).or_default().ids.push(name(to));
    }
    CompiledWorkflow {
        template: Some(WorkflowTemplate { nodes, ..WorkflowTemplate::default() }),
        connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
    }
}

fn nodes_do_not_overlap(picture: &Layout) {
    let mut columns: BTreeMap<usize, Vec<&PlacedNode>> = BTreeMap::new();
    picture.nodes.iter().for_each(|node| columns.entry(node.rank).or_default().push(node));
    for column in columns.values_mut() {
        column.sort_by(|a, b| a.y.total_cmp(&b.y));
        for pair in column.windows(2) {
            assert_eq!(pair[0].x, pair[1].x);
            assert!(pair[0].y + pair[0].height < pair[1].y, "{pair:?}");
        }
    }
}

fn everything_is_inside(picture: &Layout) {
    for node in &picture.nodes {
        assert!(node.x >= 0.0 && node.x + node.width <= picture.width, "{node:?}");
        assert!(node.y >= 0.0 && node.y + node.height <= picture.height, "{node:?}");
    }
    for (x, y) in picture.edges.iter().flat_map(|edge| &edge.points) {
        assert!((0.0..=picture.width).contains(x) && (0.0..=picture.height).contains(y), "{x} {y}");
    }
}

fn edges_join_their_nodes(picture: &Layout) {
    let nodes: BTreeMap<_, _> = picture.nodes.iter().map(|node| (&node.id, node)).collect();
    for edge in &picture.edges {
        let (from, to) = (nodes[&edge.from], nodes[&edge.to]);
        assert_eq!(edge.points.first(), Some(&(from.x + from.width, from.y + from.height / 2.0)));
        assert_eq!(edge.points.last(), Some(&(to.x, to.y + to.height / 2.0)));
    }
}

fn check(workflow: &CompiledWorkflow) -> Layout {
    let picture = layout(workflow);
    nodes_do_not_overlap(&picture);
    everything_is_inside(&picture);
    edges_join_their_nodes(&picture);
    assert_eq!(layout(workflow), picture, "a picture must not change");
    picture
}

#[test]
fn nothing_takes_no_room() {
    assert_eq!(layout(&CompiledWorkflow::default()), Layout::default());
}

#[test]
fn a_node_alone_is_as_large_as_its_card() {
    let picture = check(&workflow(1, &[]));
    assert_eq!((picture.width, picture.height), (180.0, 44.0));
}

#[test]
fn a_chain_is_straight() {
    let picture = check(&workflow(3, &[(0, 1), (1, 2)]));
    assert_eq!((picture.width, picture.height), (180.0 * 3.0 + 60.0 * 2.0, 44.0));
}

#[test]
fn a_fan_is_centred() {
    let picture = check(&workflow(5, &[(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)]));
    assert_eq!(picture.height, 44.0 * 3.0 + 24.0 * 2.0);
    for middle in [0, 2, 4] {
        assert_eq!(picture.nodes[middle].y, 68.0);
    }
}

#[test]
fn an_edge_passes_beside_the_nodes_on_its_way() {
    let picture = check(&workflow(3, &[(0, 1), (1, 2), (0, 2)]));
    let long = &picture.edges[1];
    assert_eq!((long.from.as_str(), long.to.as_str(), long.points.len()), ("n0", "n2", 4));
    let passed = &picture.nodes[1];
    assert!(long.points[1].1 >= passed.y + passed.height + 12.0 || long.points[1].1 <= passed.y - 12.0);
}

#[test]
fn a_circle_is_drawn_with_an_edge_back() {
    let picture = check(&workflow(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]));
    let back = picture.edges.iter().find(|edge| edge.from == "n2").unwrap();
    assert!(back.points.first() > back.points.last());
}

#[test]
fn connections_of_unknown_nodes_are_left_out() {
    assert!(check(&workflow(1, &[(0, 7), (7, 0)])).edges.is_empty());
}

#[test]
fn a_deep_chain_with_shared_ends_is_drawn() {
    let chain = (1..5_000).map(|node| (node - 1, node));
    let edges: Vec<_> = chain.chain((2..5_000).map(|node| (0, node))).collect();
    let picture = check(&workflow(5_000, &edges));
    assert_eq!(picture.nodes[4_999].rank, 4_999);
}

#[test]
fn a_larger_node_makes_room_for_itself() {
    let fan = workflow(5, &[(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)]);
    let sizes = Sizes::from([("n2", (500.0, 300.0))]);
    let picture = layout_sized(&fan, &Metrics::default(), &sizes);
    nodes_do_not_overlap_of_any_width(&picture);
    everything_is_inside(&picture);
    edges_join_their_nodes(&picture);
    assert_eq!((picture.nodes[2].width, picture.nodes[2].height), (500.0, 300.0));
    assert_eq!((picture.nodes[1].x, picture.nodes[2].x), (240.0 + 160.0, 240.0), "it stands in the middle");
    assert_eq!(picture.nodes[4].x, 240.0 + 500.0 + 60.0);
    assert_eq!(picture.height, 300.0 + 2.0 * (44.0 + 24.0));
    let beside = picture.edges.iter().find(|edge| edge.from == "n1").unwrap();
    assert!(beside.points[1].0 >= 740.0, "it turns behind the larger node: {beside:?}");
}

fn nodes_do_not_overlap_of_any_width(picture: &Layout) {
    for (at, one) in picture.nodes.iter().enumerate() {
        for other in &picture.nodes[at + 1..] {
            let apart = one.x + one.width <= other.x || other.x + other.width <= one.x;
            let below = one.y + one.height <= other.y || other.y + other.height <= one.y;
            assert!(apart || below, "{one:?} {other:?}");
        }
    }
}
