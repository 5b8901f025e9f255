//! Ranks with the least total length of edges: the network simplex method (Gansner, Koutsofios, North, Vo).
//!
//! A spanning tree of edges that are as short as they may be fixes all ranks. Without one of them it falls
//! apart; when more edges lead against that one than along it, one part moves until an edge against it is
//! as short as it may be, and that edge takes its place. When no such edge is left, nothing is shorter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::adjacency::Adjacency;

/// Visits of nodes and edges, for each of them, after which the ranks found so far are taken.
const PATIENCE: usize = 30;

/// Shortens edges by moving nodes; every edge still leads to a higher rank. `edges` have no cycle.
pub(super) fn shorten(ranks: &mut [u32], edges: &[(u32, u32)]) {
    let mut simplex = Simplex::new(ranks, edges);
    simplex.run();
    let first = simplex.levels[..ranks.len()].iter().min().copied().unwrap_or(0);
    for (rank, level) in ranks.iter_mut().zip(&simplex.levels) {
        *rank = u32::try_from(level - first).unwrap_or(0);
    }
}

/// The place of a node in the tree.
#[derive(Clone, Copy)]
struct Branch {
    parent: u32,
    /// The edge between the two, in either direction.
    edge: u32,
}

struct Simplex {
    /// The given edges, then one from the root to each node that nothing leads to: it makes one tree of
    /// what is not connected, and counts for nothing.
    edges: Vec<(u32, u32)>,
    given: usize,
    incident: Adjacency<u32>,
    /// The nodes' ranks, while they move; the root's is the last.
    levels: Vec<i64>,
    /// None for the root.
    branches: Vec<Option<Branch>>,
    children: Vec<Vec<u32>>,
    /// For each node: how many given edges leave it and what is below it, less how many enter.
    balances: Vec<i64>,
    /// The last part that each node was in.
    parts: Vec<u32>,
    part: u32,
    visits: usize,
}

impl Simplex {
    fn new(ranks: &[u32], given: &[(u32, u32)]) -> Self {
        let nodes = ranks.len() + 1;
        let mut edges = given.to_vec();
        edges.extend(roots(ranks.len(), given).map(|node| (ranks.len() as u32, node)));
        let ends = edges.iter().zip(0..).flat_map(|(&(from, to), edge)| [(from, edge), (to, edge)]);
        let incident = Adjacency::of(nodes, ends);
        let mut simplex = Self {
            given: given.len(),
            incident,
            edges,
            levels: ranks.iter().copied().chain([0]).map(i64::from).collect(),
            branches: vec![None; nodes],
            children: vec![Vec::new(); nodes],
            balances: vec![0; nodes],
            parts: vec![0; nodes],
            part: 0,
            visits: 0,
        };
        let order = simplex.grow();
        simplex.weigh(&order);
        simplex
    }

    fn least_length(&self, edge: u32) -> i64 {
        i64::from((edge as usize) < self.given)
    }

    fn other_end(&self, edge: u32, node: u32) -> u32 {
        let (from, to) = self.edges[edge as usize];
        if from == node { to } else { from }
    }

    /// By how much an edge is longer than it need be.
    fn slack(&self, edge: u32) -> i64 {
        let (from, to) = self.edges[edge as usize];
        self.levels[to as usize] - self.levels[from as usize] - self.least_length(edge)
    }

    fn leaves(&self, edge: u32, node: u32) -> bool {
        self.edges[edge as usize].0 == node
    }

    /// Grows the tree from the root by the edge with the least slack, and moves the tree until it has none.
    /// Answers the nodes in the order in which they joined.
    fn grow(&mut self) -> Vec<u32> {
        let root = self.levels.len() - 1;
        let mut joined = vec![false; self.levels.len()];
        let mut order = vec![root as u32];
        let mut frontier = Frontier::default();
        joined[root] = true;
        while let Some(&last) = order.last() {
            // Levels in the tree count from where it stood at first: moving it touches no node.
            self.levels[last as usize] -= frontier.moved;
            for &edge in self.incident.of_vertex(last) {
                let other = self.other_end(edge, last);
                if !joined[other as usize] {
                    frontier.add(edge, self.leaves(edge, last), self.slack(edge));
                }
            }
            let joins = |edge: u32| {
                let (from, to) = self.edges[edge as usize];
                joined[from as usize] != joined[to as usize]
            };
            let Some(edge) = frontier.next(joins) else { break };
            let (from, to) = self.edges[edge as usize];
            let (parent, node) = if joined[from as usize] { (from, to) } else { (to, from) };
            self.hang(node, Branch { parent, edge });
            joined[node as usize] = true;
            order.push(node);
        }
        self.levels.iter_mut().for_each(|level| *level += frontier.moved);
        order
    }

    fn hang(&mut self, node: u32, branch: Branch) {
        self.branches[node as usize] = Some(branch);
        self.children[branch.parent as usize].push(node);
    }

    /// Sums up the balances from the last joined to the first.
    fn weigh(&mut self, order: &[u32]) {
        for &(from, to) in &self.edges[..self.given] {
            self.balances[from as usize] += 1;
            self.balances[to as usize] -= 1;
        }
        for &node in order.iter().rev() {
            if let Some(Branch { parent, .. }) = self.branches[node as usize] {
                self.balances[parent as usize] += self.balances[node as usize];
            }
        }
    }

    fn run(&mut self) {
        let most = PATIENCE * (self.levels.len() + self.edges.len());
        let mut good = 0;
        let mut node = 0;
        // Going on where the last exchange was keeps exchanges that gain nothing from repeating.
        while good < self.levels.len() && self.visits < most {
            match self.bad_branch(node) {
                Some(branch) => {
                    self.exchange(node, branch);
                    good = 0;
                }
                None => {
                    good += 1;
                    node = (node + 1) % self.levels.len() as u32;
                }
            }
        }
    }

    /// The edge to the parent, if more edges lead against it than along it.
    fn bad_branch(&self, node: u32) -> Option<Branch> {
        let branch = self.branches[node as usize]?;
        let balance = self.balances[node as usize];
        let along = if self.leaves(branch.edge, node) { balance } else { -balance };
        (along < 0).then_some(branch)
    }

    /// Cuts a node off with what is below it, moves both until an edge that leads against the branch has no
    /// slack, and hangs them there.
    fn exchange(&mut self, node: u32, cut: Branch) {
        let part = self.below(node);
        let leaves = self.leaves(cut.edge, node);
        let Some(edge) = self.nearest(&part, !leaves) else { return };
        let slack = self.slack(edge);
        for &member in &part {
            self.levels[member as usize] += if leaves { -slack } else { slack };
        }
        let (from, to) = self.edges[edge as usize];
        let (inner, outer) = if self.is_in_part(from) { (from, to) } else { (to, from) };
        let balance = self.balances[node as usize];
        self.children[cut.parent as usize].retain(|&child| child != node);
        self.add_above(cut.parent, -balance);
        self.turn(node, inner);
        self.hang(inner, Branch { parent: outer, edge });
        self.add_above(outer, balance);
    }

    /// A node and all below it; they are the part until the next is asked for.
    fn below(&mut self, node: u32) -> Vec<u32> {
        self.part += 1;
        let mut part = vec![node];
        let mut next = 0;
        while let Some(&member) = part.get(next) {
            next += 1;
            self.parts[member as usize] = self.part;
            self.visits += 1 + self.incident.degree(member);
            part.extend(&self.children[member as usize]);
        }
        part
    }

    fn is_in_part(&self, node: u32) -> bool {
        self.parts[node as usize] == self.part
    }

    /// The edge with the least slack that leaves the part, or that enters it.
    fn nearest(&self, part: &[u32], leaving: bool) -> Option<u32> {
        let edges = part.iter().flat_map(|&node| {
            let edges = self.incident.of_vertex(node).iter().copied();
            edges.filter(move |&edge| {
                self.leaves(edge, node) == leaving && !self.is_in_part(self.other_end(edge, node))
            })
        });
        edges.min_by_key(|&edge| (self.slack(edge), edge))
    }

    fn add_above(&mut self, node: u32, balance: i64) {
        let mut next = Some(node);
        while let Some(node) = next {
            self.visits += 1;
            self.balances[node as usize] += balance;
            next = self.branches[node as usize].map(|branch| branch.parent);
        }
    }

    /// Turns the branches around between a node and the one above that is cut off, so that everything hangs
    /// at the node.
    fn turn(&mut self, top: u32, node: u32) {
        let total = self.balances[top as usize];
        let mut child = node;
        let mut below = 0;
        let mut turned: Option<Branch> = None;
        loop {
            let above = self.branches[child as usize];
            if let Some(branch) = turned {
                self.children[child as usize].retain(|&other| other != branch.parent);
                self.hang(child, branch);
            }
            below = std::mem::replace(&mut self.balances[child as usize], total - below);
            let Some(Branch { parent, edge }) = above.filter(|_| child != top) else { break };
            turned = Some(Branch { parent: child, edge });
            child = parent;
        }
    }
}

/// Nodes that no given edge leads to.
fn roots(nodes: usize, edges: &[(u32, u32)]) -> impl Iterator<Item = u32> {
    let mut entered = vec![false; nodes];
    edges.iter().for_each(|edge| entered[edge.1 as usize] = true);
    (0..).zip(entered).filter_map(|(node, entered)| (!entered).then_some(node))
}

/// Edges by which the tree may grow, those with the least slack first.
#[derive(Default)]
struct Frontier {
    /// Slack and edge, as they were before the tree moved.
    leaving: BinaryHeap<Reverse<(i64, u32)>>,
    entering: BinaryHeap<Reverse<(i64, u32)>>,
    /// How far the tree has moved.
    moved: i64,
}

impl Frontier {
    fn add(&mut self, edge: u32, leaves: bool, slack: i64) {
        let edges = if leaves { &mut self.leaving } else { &mut self.entering };
        edges.push(Reverse((slack, edge)));
    }

    /// Takes the best of the edges that still join, and moves the tree to it.
    fn next(&mut self, joins: impl Fn(u32) -> bool) -> Option<u32> {
        for edges in [&mut self.leaving, &mut self.entering] {
            while edges.peek().is_some_and(|Reverse((_, edge))| !joins(*edge)) {
                edges.pop();
            }
        }
        let leaving = self.leaving.peek().map(|Reverse((slack, edge))| (slack - self.moved, *edge));
        let entering = self.entering.peek().map(|Reverse((slack, edge))| (slack + self.moved, *edge));
        match (leaving, entering) {
            (Some((slack, edge)), other) if other.is_none_or(|(farther, _)| slack <= farther) => {
                self.moved += slack;
                Some(edge)
            }
            (_, Some((slack, edge))) => {
                self.moved -= slack;
                Some(edge)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::shorten;

    fn length(ranks: &[u32], edges: &[(u32, u32)]) -> u32 {
        edges.iter().map(|&(from, to)| ranks[to as usize] - ranks[from as usize]).sum()
    }

    /// The least length of all ranks below `limit`, tried one after the other.
    fn least(ranks: &mut Vec<u32>, nodes: usize, limit: u32, edges: &[(u32, u32)]) -> u32 {
        if ranks.len() == nodes {
            return length(ranks, edges);
        }
        let node = ranks.len() as u32;
        let before = edges.iter().filter(|edge| edge.1 == node).map(|edge| ranks[edge.0 as usize] + 1);
        let mut found = u32::MAX;
        for rank in before.max().unwrap_or(0)..limit {
            ranks.push(rank);
            found = found.min(least(ranks, nodes, limit, edges));
            ranks.pop();
        }
        found
    }

    #[test]
    fn a_node_stands_near_most_of_its_neighbours() {
        // 4 is needed at the end of a chain by two, and takes nothing.
        let edges = [(0, 1), (1, 2), (2, 3), (4, 2), (4, 3)];
        let mut ranks = vec![0, 1, 2, 3, 0];
        shorten(&mut ranks, &edges);
        assert_eq!(ranks, [0, 1, 2, 3, 1]);
    }

    proptest! {
        #[test]
        fn no_ranks_are_shorter(edges in prop::collection::btree_set((0..5_u32, 0..5_u32), 0..9)) {
            let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from < to).collect();
            let mut ranks: Vec<u32> = (0..5).collect();
            shorten(&mut ranks, &edges);
            prop_assert!(edges.iter().all(|&(from, to)| ranks[from as usize] < ranks[to as usize]));
            prop_assert_eq!(length(&ranks, &edges), least(&mut Vec::new(), 5, 5, &edges));
        }
    }
}
