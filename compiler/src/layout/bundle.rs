//! Waypoints: one in each column that an edge only passes, shared by edges of one end.
//!
//! An input that a hundred nodes take leaves as one line that splits on its way, and a hundred values
//! that one node takes arrive as one. That is easier to read than a hundred parallel lines, and it keeps
//! deep workflows small: a chain of N nodes that all take the workflow's input needs N waypoints, not N².

use std::collections::BTreeMap;
use std::ops::Range;

/// How many waypoints there may be for each node and edge. The longest bundles above it get none: their
/// edges are drawn straight.
const WAYPOINTS_PER_ELEMENT: usize = 8;

/// The ranked graph with waypoints. Vertices are the nodes, then the waypoints.
pub(super) struct Bundles {
    ranks: Vec<u32>,
    nodes: usize,
    /// For each edge its waypoints, from left to right.
    ways: Vec<Range<u32>>,
    /// Pieces of edges between vertices of neighbouring columns, each once.
    pub(super) links: Vec<(u32, u32)>,
}

impl Bundles {
    pub(super) fn rank(&self, vertex: u32) -> u32 {
        self.ranks[vertex as usize]
    }

    pub(super) fn vertices(&self) -> usize {
        self.ranks.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.ranks.iter().max().map_or(0, |&last| last as usize + 1)
    }

    pub(super) fn is_node(&self, vertex: u32) -> bool {
        (vertex as usize) < self.nodes
    }

    /// The waypoints of an edge, from left to right.
    pub(super) fn waypoints(&self, edge: usize) -> Range<u32> {
        self.ways[edge].clone()
    }
}

/// The end at which a long edge joins others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trunk {
    From(u32),
    To(u32),
}

/// `edges` lead to higher ranks, or from a node to itself.
pub(super) fn bundle(ranks: &[u32], edges: &[(u32, u32)]) -> Bundles {
    let mut bundles = Bundles {
        ranks: ranks.to_vec(),
        nodes: ranks.len(),
        ways: vec![0..0; edges.len()],
        links: Vec::new(),
    };
    let mut spare = WAYPOINTS_PER_ELEMENT * (ranks.len() + edges.len());
    let mut trunks: Vec<_> = trunks(ranks, edges).into_iter().collect();
    trunks.sort_by_key(|(_, members)| extent(ranks, edges, members).len());
    for (trunk, members) in trunks {
        let extent = extent(ranks, edges, &members);
        let Some(left) = spare.checked_sub(extent.len()) else { break };
        spare = left;
        bundles.lay(trunk, extent, edges, &members);
    }
    let short = edges.iter().copied().filter(|&(from, to)| ranks[to as usize] == ranks[from as usize] + 1);
    bundles.links.extend(short);
    bundles.links.sort_unstable();
    bundles.links.dedup();
    bundles
}

/// The edges that pass a column, by the end at which more of them meet.
fn trunks(ranks: &[u32], edges: &[(u32, u32)]) -> BTreeMap<Trunk, Vec<usize>> {
    let long =
        || edges.iter().enumerate().filter(|(_, (from, to))| ranks[*to as usize] > ranks[*from as usize] + 1);
    let (mut leaving, mut arriving) = (vec![0_u32; ranks.len()], vec![0_u32; ranks.len()]);
    for (_, (from, to)) in long() {
        leaving[*from as usize] += 1;
        arriving[*to as usize] += 1;
    }
    let mut trunks: BTreeMap<Trunk, Vec<usize>> = BTreeMap::new();
    for (edge, &(from, to)) in long() {
        let at_source = leaving[from as usize] >= arriving[to as usize];
        let trunk = if at_source { Trunk::From(from) } else { Trunk::To(to) };
        trunks.entry(trunk).or_default().push(edge);
    }
    trunks
}

/// The columns that some member passes.
fn extent(ranks: &[u32], edges: &[(u32, u32)], members: &[usize]) -> Range<u32> {
    let first = members.iter().map(|&edge| ranks[edges[edge].0 as usize] + 1).min();
    let end = members.iter().map(|&edge| ranks[edges[edge].1 as usize]).max();
    first.unwrap_or(0)..end.unwrap_or(0)
}

impl Bundles {
    /// Adds the waypoints of a trunk, and its members' links to and along them.
    fn lay(&mut self, trunk: Trunk, extent: Range<u32>, edges: &[(u32, u32)], members: &[usize]) {
        let Ok(base) = u32::try_from(self.ranks.len()) else { return };
        let Range { start, end } = extent;
        self.ranks.extend(start..end);
        let at = |column: u32| base + column - start;
        self.links.extend((start..end.saturating_sub(1)).map(|column| (at(column), at(column + 1))));
        for &edge in members {
            let (from, to) = edges[edge];
            let way = match trunk {
                Trunk::From(_) => base..at(self.rank(to)),
                Trunk::To(_) => at(self.rank(from) + 1)..at(end),
            };
            self.links.extend([(from, way.start), (way.end - 1, to)]);
            self.ways[edge] = way;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(ranks: &[u32], edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let bundles = bundle(ranks, edges);
        let ranked = |edge| bundles.waypoints(edge).map(|way| bundles.rank(way)).collect();
        (0..edges.len()).map(ranked).collect()
    }

    #[test]
    fn an_edge_has_a_waypoint_in_each_column_that_it_passes() {
        assert_eq!(ways(&[0, 1, 3], &[(0, 1), (0, 2), (1, 2)]), [vec![], vec![1, 2], vec![2]]);
    }

    #[test]
    fn a_chain_that_shares_its_ends_needs_one_waypoint_a_column() {
        let ranks: Vec<u32> = (0..1_000).collect();
        let chain = (1..1_000).map(|node| (node - 1, node));
        let from_first = (2..999).map(|node| (0, node));
        let to_last = (1..998).map(|node| (node, 999));
        let edges: Vec<_> = chain.chain(from_first).chain(to_last).collect();
        assert!(bundle(&ranks, &edges).vertices() < 3_000);
    }

    #[test]
    fn links_join_neighbouring_columns_only() {
        let bundles = bundle(&[0, 1, 2, 3], &[(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3)]);
        for &(from, to) in &bundles.links {
            assert_eq!(bundles.rank(from) + 1, bundles.rank(to));
        }
    }

    #[test]
    fn waypoints_are_limited() {
        let ranks: Vec<u32> = (0..2_000).collect();
        let far = (0..1_000).map(|node| (node, node + 1_000));
        let edges: Vec<_> = (1..2_000).map(|node| (node - 1, node)).chain(far).collect();
        assert!(
            bundle(&ranks, &edges).vertices()
                <= ranks.len() + WAYPOINTS_PER_ELEMENT * (ranks.len() + edges.len())
        );
    }
}
