//! The dependencies as a graph: cycles and reachability. The only file that names petgraph.

use foldhash::HashMap;
use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::ir::{Edge, NodeIx, Place, Workflow};
use aileron_layout::adjacency::Adjacency;

/// Nodes by their [`NodeIx`], edges in the direction of time.
pub(crate) struct Graph {
    nodes: usize,
    after: Adjacency<u32>,
}

impl Graph {
    /// The nodes of the workflow's graph. A node inside of one makes it wait: what is needed inside of a
    /// branch must have ended before the branch can.
    pub(crate) fn of(workflow: &Workflow<'_>) -> Self {
        let waiting = |index: NodeIx| match workflow.node(index).place {
            Place::Top => Some(index),
            Place::Arm { of } => of,
            Place::Item | Place::Failure => None,
        };
        let inside = workflow.nodes[workflow.top..].iter().filter_map(|node| match node.place {
            Place::Arm { of: Some(of) } => Some((of, &node.after)),
            _ => None,
        });
        let inside = inside.flat_map(|(of, after)| after.iter().map(move |&upstream| (upstream, of)));
        let edges = workflow.edges.iter().filter_map(|&(from, to)| Some((from, waiting(to)?)));
        Self::new(workflow.top, edges.chain(inside))
    }

    pub(crate) fn new(nodes: usize, edges: impl IntoIterator<Item = Edge>) -> Self {
        let edges: Vec<_> = edges.into_iter().map(|(from, to)| (from.0, to.0)).collect();
        Self { nodes, after: Adjacency::of(nodes, edges.iter().copied()) }
    }

    fn all(&self) -> impl Iterator<Item = u32> {
        (0..).take(self.nodes)
    }

    /// One shortest cycle for each set of nodes that all wait for each other. It starts at the set's
    /// lowest index and does not repeat it at the end; cycles are sorted by that node.
    ///
    /// Kosaraju's components, because petgraph finds them without recursion: a chain of 50,000 nodes
    /// must not end the stack.
    pub(crate) fn cycles(&self) -> Vec<Vec<NodeIx>> {
        if self.has_order() {
            return Vec::new();
        }
        let edges = self.all().flat_map(|from| self.after.of_vertex(from).iter().map(move |&to| (from, to)));
        let components = kosaraju_scc(&DiGraph::<(), ()>::from_edges(edges));
        let mut cycles: Vec<_> = components.iter().filter_map(|component| self.cycle_in(component)).collect();
        cycles.sort_unstable();
        cycles
    }

    /// Whether the nodes have an order in which every edge leads forward, as those of most workflows do.
    fn has_order(&self) -> bool {
        let mut waiting = vec![0_u32; self.nodes];
        self.all().flat_map(|node| self.after.of_vertex(node)).for_each(|&next| waiting[next as usize] += 1);
        let mut open: Vec<_> = self.all().filter(|&node| waiting[node as usize] == 0).collect();
        let mut ordered = 0;
        while let Some(node) = open.pop() {
            ordered += 1;
            for &next in self.after.of_vertex(node) {
                waiting[next as usize] -= 1;
                open.extend((waiting[next as usize] == 0).then_some(next));
            }
        }
        ordered == self.nodes
    }

    fn cycle_in(&self, component: &[NodeIndex]) -> Option<Vec<NodeIx>> {
        // petgraph's default index is a u32, and each was made from one.
        let nodes = component.iter().filter_map(|index| u32::try_from(index.index()).ok());
        let mut came_from: HashMap<_, _> = nodes.map(|node| (node, None)).collect();
        let start = *came_from.keys().min()?;
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            for &next in self.after.of_vertex(node) {
                if next == start {
                    return Some(path_to(node, start, &came_from));
                }
                if let Some(origin @ None) = came_from.get_mut(&next) {
                    *origin = Some(node);
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// The nodes that no path from `start` reaches, sorted.
    pub(crate) fn unreachable_from(&self, start: NodeIx) -> Vec<NodeIx> {
        let mut seen = vec![false; self.nodes];
        let mut open = vec![start.0];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut seen[node as usize], true) {
                open.extend(self.after.of_vertex(node).iter().filter(|&&next| !seen[next as usize]));
            }
        }
        self.all().filter(|&node| !seen[node as usize]).map(NodeIx).collect()
    }
}

fn path_to(mut node: u32, start: u32, came_from: &HashMap<u32, Option<u32>>) -> Vec<NodeIx> {
    let mut path = vec![NodeIx(node)];
    while node != start
        && let Some(Some(origin)) = came_from.get(&node)
    {
        node = *origin;
        path.push(NodeIx(node));
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(u32, u32)]) -> Graph {
        Graph::new(nodes, edges.iter().map(|&(from, to)| (NodeIx(from), NodeIx(to))))
    }

    fn check(nodes: usize, edges: &[(u32, u32)], expected: &[&[u32]]) {
        let cycles = graph(nodes, edges).cycles();
        let cycles: Vec<Vec<u32>> =
            cycles.iter().map(|cycle| cycle.iter().map(|node| node.0).collect()).collect();
        assert_eq!(cycles, expected);
    }

    #[test]
    fn a_dag_has_no_cycle() {
        check(4, &[(0, 1), (0, 2), (1, 3), (2, 3)], &[]);
    }

    #[test]
    fn each_knot_shows_its_shortest_cycle() {
        check(3, &[(1, 1)], &[&[1]]);
        check(6, &[(0, 1), (1, 2), (2, 1), (3, 4), (4, 5), (5, 3), (4, 3)], &[&[1, 2], &[3, 4]]);
        check(2, &[(0, 1), (1, 1), (1, 0)], &[&[0, 1]]);
    }

    #[test]
    fn a_cycle_inside_a_knot_whose_first_node_is_elsewhere_is_found() {
        check(4, &[(1, 2), (2, 3), (3, 2), (3, 1)], &[&[1, 2, 3]]);
    }

    #[test]
    fn long_chains_and_cycles_need_no_stack() {
        let chain: Vec<_> = (0..200_000).map(|i| (i, i + 1)).collect();
        let long = graph(200_001, &chain);
        assert!(long.cycles().is_empty() && long.unreachable_from(NodeIx::START).is_empty());
        let ring: Vec<_> = (0..100_000).map(|i| (i, (i + 1) % 100_000)).collect();
        assert_eq!(graph(100_000, &ring).cycles()[0].len(), 100_000);
    }

    #[test]
    fn what_the_start_does_not_reach_is_listed() {
        let unreachable = graph(4, &[(0, 1), (2, 3), (3, 2)]).unreachable_from(NodeIx::START);
        assert_eq!(unreachable, [NodeIx(2), NodeIx(3)]);
    }
}
