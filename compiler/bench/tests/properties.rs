//! What is true of the picture of any graph, however broken.

use std::collections::BTreeMap;

use aileron_compiler::layout::{Layout, layout};
use aileron_compiler_bench::drawing::Drawing;
use aileron_compiler_bench::{Graph, families};
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::{CompiledWorkflow, ConnectionSet, Node, WorkflowTemplate};
use proptest::prelude::*;

/// Nodes with these ids, some of them twice, and edges between any ids, some of them unknown.
fn workflow(ids: &[u32], edges: &[(u32, u32)]) -> CompiledWorkflow {
    let name = |node: &u32| format!("n{node}");
    let nodes = ids.iter().map(|node| Node { id: name(node), ..Node::default() }).collect();
    let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
    for (from, to) in edges {
        downstream.entry(name(from)).or_default().ids.push(name(to));
    }
    CompiledWorkflow {
        template: Some(WorkflowTemplate { nodes, ..WorkflowTemplate::default() }),
        connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
    }
}

/// A drawing counts nodes from 0 in the order of the picture.
fn renumbered(mut picture: Layout) -> Layout {
    let numbers: BTreeMap<_, _> = picture.nodes.iter().map(|node| node.id.clone()).zip(0_u32..).collect();
    let number = |id: &String| format!("n{}", numbers[id]);
    picture.edges.iter_mut().for_each(|edge| (edge.from, edge.to) = (number(&edge.from), number(&edge.to)));
    picture.nodes.iter_mut().for_each(|node| node.id = number(&node.id));
    picture
}

fn check(workflow: &CompiledWorkflow) -> Layout {
    let picture = layout(workflow);
    assert_eq!(layout(workflow), picture, "a picture must not change");
    let inside = |(x, y): (f32, f32)| x >= 0.0 && x <= picture.width && y >= 0.0 && y <= picture.height;
    for node in &picture.nodes {
        assert!(inside((node.x, node.y)) && inside((node.x + node.width, node.y + node.height)), "{node:?}");
    }
    assert!(picture.edges.iter().flat_map(|edge| &edge.points).all(|&point| inside(point)));
    let drawing = Drawing::of(&renumbered(picture.clone()));
    assert_eq!(drawing.overlaps(), 0);
    assert_eq!(drawing.lines_through_nodes(), 0);
    for line in &drawing.lines {
        let (from, to) = (drawing.nodes[line.from as usize], drawing.nodes[line.to as usize]);
        let middle = |low: i64, high: i64| i64::midpoint(low, high);
        assert_eq!(line.points.first(), Some(&(from.high.0, middle(from.low.1, from.high.1))));
        assert_eq!(line.points.last(), Some(&(to.low.0, middle(to.low.1, to.high.1))));
    }
    picture
}

#[test]
fn an_edge_back_leads_around_the_nodes_between() {
    let ring: Vec<_> = (0..6).map(|node| (node, (node + 1) % 6)).collect();
    let cross = [(0, 6), (6, 3), (4, 1), (5, 2)];
    check(&workflow(&[0, 1, 2, 3, 4, 5, 6], &[ring.as_slice(), &cross].concat()));
}

#[test]
fn edges_without_room_for_waypoints_are_led_around_everything() {
    let far = (0..1_200).map(|node| (node, node + 1_200));
    let chain = (1..2_400).map(|node| (node - 1, node));
    let graph = Graph::new("far", 2_400, chain.chain(far));
    let picture = layout(&graph.workflow());
    let drawing = Drawing::of(&picture);
    assert_eq!(drawing.lines_through_nodes(), 0);
    let lowest = picture.nodes.iter().map(|node| node.y + node.height).fold(0.0, f32::max);
    let around =
        |points: &[(f32, f32)]| points.len() == 4 && points[1..3].iter().all(|point| point.1 > lowest);
    assert!(picture.edges.iter().any(|edge| around(&edge.points)));
}

#[test]
fn an_id_given_twice_is_one_node_and_unknown_ids_are_none() {
    let picture = check(&workflow(&[0, 1, 0], &[(0, 1), (0, 1), (7, 0), (1, 8), (1, 1)]));
    assert_eq!(picture.nodes.len(), 2);
    assert_eq!(picture.edges.len(), 3);
}

#[test]
fn a_picture_is_wide_as_its_longest_chain_and_high_as_its_widest_column() {
    let chain = check(&families::chain(500).workflow());
    assert_eq!((chain.nodes[499].rank, chain.height), (499, chain.nodes[0].height));
    let fan = check(&families::fan(500).workflow());
    assert_eq!(fan.nodes[501].rank, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_graph_is_drawn_whole(
        ids in prop::collection::vec(0..14_u32, 0..20),
        edges in prop::collection::vec((0..16_u32, 0..16_u32), 0..40),
    ) {
        check(&workflow(&ids, &edges));
    }

    #[test]
    fn a_dag_leads_from_left_to_right(edges in prop::collection::btree_set((0..40_u32, 0..40_u32), 0..70)) {
        let forward = edges.into_iter().filter(|(from, to)| from < to);
        for edge in check(&Graph::new("dag", 40, forward).workflow()).edges {
            prop_assert!(edge.points.is_sorted_by(|a, b| a.0 < b.0), "{:?}", edge);
        }
    }
}
