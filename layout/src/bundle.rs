//! Waypoints: one in each column that an edge only passes, so that its line finds a way between the nodes.
//!
//! Every edge has waypoints of its own, as long as they are few. In a deep workflow they would be many: a
//! chain of N nodes that all take the workflow's input needs N². There, edges of one end share them: an
//! input that a hundred nodes take leaves as one line that splits on its way, and a hundred values that
//! one node takes arrive as one.

use std::collections::BTreeMap;
use std::ops::Range;

/// How many waypoints there may be for each node and edge before edges share them.
const OWN_WAYPOINTS: usize = 4;
/// As many waypoints are few, however small the graph is.
const FEW_WAYPOINTS: usize = 2_000;
/// How many shared waypoints there may be for each node and edge. The longest bundles above it get none:
/// their edges are led around everything.
const SHARED_WAYPOINTS: usize = 8;

/// The ranked graph with waypoints. Vertices are the nodes, then the waypoints.
pub(super) struct Bundles {
    ranks: Vec<u32>,
    nodes: usize,
    /// For each waypoint the end at which its edge joins others.
    trunks: Vec<Trunk>,
    /// For each edge its waypoints, from left to right.
    ways: Vec<Range<u32>>,
    /// Pieces of edges between vertices of neighbouring columns, each once, in order.
    pub(super) links: Vec<Link>,
}

/// A piece of one or more edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) from: u32,
    pub(super) to: u32,
    /// How many edges share it.
    pub(super) edges: u32,
}

/// The end at which a long edge joins others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trunk {
    From(u32),
    To(u32),
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

    /// Whether two vertices are waypoints of edges that join: what is next to each other may lie on
    /// each other.
    pub(super) fn join(&self, one: u32, other: u32) -> bool {
        let trunk = |vertex: u32| (vertex as usize).checked_sub(self.nodes).map(|at| self.trunks[at]);
        trunk(one).is_some_and(|one| Some(one) == trunk(other))
    }

    /// The waypoints of an edge, from left to right.
    pub(super) fn waypoints(&self, edge: usize) -> Range<u32> {
        self.ways[edge].clone()
    }
}

/// `edges` lead to higher ranks, or from a node to itself.
pub(super) fn bundle(ranks: &[u32], edges: &[(u32, u32)]) -> Bundles {
    let elements = ranks.len() + edges.len();
    let trunks = trunks(ranks, edges);
    let passed = |edge: usize| (ranks[edges[edge].1 as usize] - ranks[edges[edge].0 as usize] - 1) as usize;
    let all: usize = trunks.values().flatten().map(|&edge| passed(edge)).sum();
    let mut bundles = Bundles::new(ranks, edges.len());
    if all <= FEW_WAYPOINTS.max(OWN_WAYPOINTS * elements) {
        trunks.iter().for_each(|(&trunk, members)| {
            members.chunks(1).for_each(|edge| bundles.lay(trunk, edges, edge));
        });
    } else {
        bundles.share(&trunks, edges, SHARED_WAYPOINTS * elements);
    }
    let short = edges.iter().filter(|(from, to)| ranks[*to as usize] == ranks[*from as usize] + 1);
    bundles.links.extend(short.map(|&(from, to)| Link { from, to, edges: 1 }));
    bundles.merge();
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

impl Bundles {
    fn new(ranks: &[u32], edges: usize) -> Self {
        Self {
            ranks: ranks.to_vec(),
            nodes: ranks.len(),
            trunks: Vec::new(),
            ways: vec![0..0; edges],
            links: Vec::new(),
        }
    }

    /// Lays trunks, the shortest first, while there are waypoints to spare.
    fn share(&mut self, trunks: &BTreeMap<Trunk, Vec<usize>>, edges: &[(u32, u32)], mut spare: usize) {
        let mut trunks: Vec<_> = trunks.iter().collect();
        trunks.sort_by_key(|(_, members)| self.extent(edges, members).len());
        for (&trunk, members) in trunks {
            let Some(left) = spare.checked_sub(self.extent(edges, members).len()) else { break };
            spare = left;
            self.lay(trunk, edges, members);
        }
    }

    /// The columns that some member passes.
    fn extent(&self, edges: &[(u32, u32)], members: &[usize]) -> Range<u32> {
        let first = members.iter().map(|&edge| self.rank(edges[edge].0) + 1).min();
        let end = members.iter().map(|&edge| self.rank(edges[edge].1)).max();
        first.unwrap_or(0)..end.unwrap_or(0)
    }

    /// Adds waypoints for edges that share them, and the links to and along them.
    fn lay(&mut self, trunk: Trunk, edges: &[(u32, u32)], members: &[usize]) {
        let Range { start, end } = self.extent(edges, members);
        let Ok(base) = u32::try_from(self.ranks.len()) else { return };
        self.ranks.extend(start..end);
        self.trunks.resize(self.ranks.len() - self.nodes, trunk);
        let at = |column: u32| base + column - start;
        // How many edges begin to share each link along the trunk, and how many no longer do.
        let mut change = vec![(0_u32, 0_u32); (end - start) as usize];
        for &edge in members {
            let (from, to) = edges[edge];
            let way = match trunk {
                Trunk::From(_) => base..at(self.rank(to)),
                Trunk::To(_) => at(self.rank(from) + 1)..at(end),
            };
            change[(way.start - base) as usize].0 += 1;
            change[(way.end - 1 - base) as usize].1 += 1;
            let ends = [(from, way.start), (way.end - 1, to)];
            self.links.extend(ends.map(|(from, to)| Link { from, to, edges: 1 }));
            self.ways[edge] = way;
        }
        let mut sharing = 0;
        for (waypoint, (more, fewer)) in (base..).zip(change) {
            sharing = sharing + more - fewer;
            if sharing > 0 {
                self.links.push(Link { from: waypoint, to: waypoint + 1, edges: sharing });
            }
        }
    }

    /// Makes one link of those between the same vertices.
    fn merge(&mut self) {
        self.links.sort_unstable();
        self.links.dedup_by(|next, kept| {
            let same = (next.from, next.to) == (kept.from, kept.to);
            kept.edges += if same { next.edges } else { 0 };
            same
        });
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

    fn in_order(nodes: u32) -> Vec<u32> {
        (0..nodes).collect()
    }

    #[test]
    fn an_edge_has_a_waypoint_in_each_column_that_it_passes() {
        assert_eq!(ways(&[0, 1, 3], &[(0, 1), (0, 2), (1, 2)]), [vec![], vec![1, 2], vec![2]]);
    }

    #[test]
    fn a_chain_that_shares_its_ends_needs_few_waypoints() {
        let chain = (1..1_000).map(|node| (node - 1, node));
        let from_first = (2..999).map(|node| (0, node));
        let to_last = (1..998).map(|node| (node, 999));
        let edges: Vec<_> = chain.chain(from_first).chain(to_last).collect();
        assert!(bundle(&in_order(1_000), &edges).vertices() < 3_000);
    }

    #[test]
    fn links_count_the_edges_that_share_them() {
        let mut bundles = Bundles::new(&in_order(5), 3);
        bundles.lay(Trunk::From(0), &[(0, 2), (0, 3), (0, 4)], &[0, 1, 2]);
        bundles.merge();
        let links: Vec<_> = bundles.links.iter().map(|link| (link.from, link.to, link.edges)).collect();
        assert_eq!(links, [(0, 5, 3), (5, 2, 1), (5, 6, 2), (6, 3, 1), (6, 7, 1), (7, 4, 1)]);
        let mut bundles = Bundles::new(&in_order(5), 3);
        bundles.lay(Trunk::To(4), &[(0, 4), (1, 4), (2, 4)], &[0, 1, 2]);
        bundles.merge();
        let links: Vec<_> = bundles.links.iter().map(|link| (link.from, link.to, link.edges)).collect();
        assert_eq!(links, [(0, 5, 1), (1, 6, 1), (2, 7, 1), (5, 6, 1), (6, 7, 2), (7, 4, 3)]);
    }

    #[test]
    fn links_join_neighbouring_columns_only() {
        let bundles = bundle(&[0, 1, 2, 3], &[(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3)]);
        for link in &bundles.links {
            assert_eq!(bundles.rank(link.from) + 1, bundles.rank(link.to));
        }
    }

    #[test]
    fn waypoints_are_limited() {
        let far = (0..1_000).map(|node| (node, node + 1_000));
        let edges: Vec<_> = (1..2_000).map(|node| (node - 1, node)).chain(far).collect();
        let elements = 2_000 + edges.len();
        assert!(bundle(&in_order(2_000), &edges).vertices() <= 2_000 + SHARED_WAYPOINTS * elements);
    }
}
