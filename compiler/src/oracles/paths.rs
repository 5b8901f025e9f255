//! Who comes before whom: by the closure of all paths, and by trying every order there is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::Code;
use crate::fixture::{Program, promise};
use crate::graph::Graph;
use crate::ir::{Edge, NodeIx};
use crate::types::samples::{int, list};

/// How long the shortest path of at least one edge is, from each node to each; Floyd's and Warshall's.
fn distances(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<Option<usize>>> {
    let mut table = vec![vec![None; nodes]; nodes];
    for &(from, to) in edges {
        table[from][to] = Some(1);
    }
    for between in 0..nodes {
        for from in 0..nodes {
            for to in 0..nodes {
                let detour = table[from][between].zip(table[between][to]).map(|(one, other)| one + other);
                table[from][to] = table[from][to].into_iter().chain(detour).min();
            }
        }
    }
    table
}

/// Whether the nodes can be put in an order in which every edge leads forward: tried one by one.
fn has_order(nodes: usize, edges: &[(usize, usize)]) -> bool {
    fn extends(order: &mut Vec<usize>, nodes: usize, edges: &[(usize, usize)]) -> bool {
        if order.len() == nodes {
            let place = |node| order.iter().position(|other| *other == node);
            return edges.iter().all(|&(from, to)| place(from) < place(to));
        }
        (0..nodes).any(|node| {
            !order.contains(&node) && {
                order.push(node);
                let found = extends(order, nodes, edges);
                order.pop();
                found
            }
        })
    }
    extends(&mut Vec::new(), nodes, edges)
}

fn graphs(most: usize) -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1..=most).prop_flat_map(|nodes| {
        let edges = prop::collection::btree_set((0..nodes, 0..nodes), 0..2 * nodes);
        (Just(nodes), edges.prop_map(|edges| edges.into_iter().collect()))
    })
}

fn index(node: usize) -> NodeIx {
    NodeIx(u32::try_from(node).expect("few nodes"))
}

fn fast(nodes: usize, edges: &[(usize, usize)]) -> Graph {
    Graph::new(nodes, edges.iter().map(|&(from, to)| -> Edge { (index(from), index(to)) }))
}

/// Task nodes, each after others by what it takes or by an explicit order.
fn program(nodes: usize, edges: &[(usize, usize)]) -> Program {
    let name = |node: usize| format!("n{node}");
    let base = Program::new().task("sum", &[("a", list(int()))], &[("o0", int())]);
    let program = (0..nodes).fold(base, |program, node| {
        let upstream = edges.iter().filter(|(from, to)| *to == node && from % 2 == 0);
        let taken = upstream.map(|(from, _)| promise(&name(*from), "o0"));
        program.node(&name(node), "sum", &[("a", crate::fixture::collection(taken))])
    });
    let ordered = edges.iter().filter(|(from, _)| from % 2 == 1);
    ordered.fold(program, |program, (from, to)| program.after(&name(*to), &name(*from)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn unreachable_is_what_no_path_leads_to((nodes, edges) in graphs(8)) {
        let distances = distances(nodes, &edges);
        let expected: Vec<_> = (1..nodes).filter(|node| distances[0][*node].is_none()).map(index).collect();
        prop_assert_eq!(fast(nodes, &edges).unreachable_from(NodeIx(0)), expected);
    }

    #[test]
    fn each_knot_has_one_cycle_and_it_is_a_shortest((nodes, edges) in graphs(8)) {
        let distances = distances(nodes, &edges);
        let in_knot = |node: &usize| distances[*node][*node].is_some();
        let first_of_knot = |node: usize| {
            (0..=node).find(|other| *other == node || distances[node][*other].and(distances[*other][node]).is_some())
        };
        let firsts: BTreeSet<_> = (0..nodes).filter(in_knot).filter_map(first_of_knot).collect();
        let cycles = fast(nodes, &edges).cycles();
        prop_assert_eq!(cycles.len(), firsts.len());
        for (cycle, first) in cycles.iter().zip(firsts) {
            let cycle: Vec<_> = cycle.iter().map(|node| node.0 as usize).collect();
            prop_assert_eq!(cycle[0], first);
            prop_assert_eq!(Some(cycle.len()), distances[first][first]);
            let around = cycle.iter().zip(cycle.iter().cycle().skip(1));
            prop_assert!(around.into_iter().all(|(from, to)| edges.contains(&(*from, *to))), "{:?}", cycle);
        }
    }

    #[test]
    fn a_workflow_is_refused_for_a_cycle_when_no_order_of_its_nodes_will_do((nodes, edges) in graphs(5)) {
        let found = program(nodes, &edges).compile().diagnostics;
        let refused = found.iter().any(|found| found.code == Code::CycleDetected);
        prop_assert_eq!(refused, !has_order(nodes, &edges));
    }

    #[test]
    fn a_workflow_names_the_nodes_that_its_start_does_not_lead_to((nodes, edges) in graphs(7)) {
        // The start is node 0, and leads to all that wait for nothing.
        let mut from_start: Vec<_> = edges.iter().map(|(from, to)| (from + 1, to + 1)).collect();
        let waits = |node: usize| edges.iter().any(|(_, to)| *to == node);
        from_start.extend((0..nodes).filter(|node| !waits(*node)).map(|node| (0, node + 1)));
        let distances = distances(nodes + 1, &from_start);
        let lost = (0..nodes).filter(|node| distances[0][node + 1].is_none());
        let expected = lost.map(|node| format!("n{node}")).collect::<Vec<_>>().join(", ");
        let found = program(nodes, &edges).compile().diagnostics;
        let told = found.iter().find(|found| found.code == Code::UnreachableNodes);
        let told = told.and_then(|found| found.message.split_once(": ")).map_or("", |(_, nodes)| nodes);
        prop_assert_eq!(told, expected);
    }
}
