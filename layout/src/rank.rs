//! Which column each node stands in.

use std::collections::BTreeSet;

use super::simplex;
use crate::adjacency::Adjacency;

/// Each node's column: behind all that it waits for, and so that edges are short. `edges` have no cycle but
/// nodes that lead to themselves.
pub(super) fn ranks(nodes: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let proper: Vec<_> = edges.iter().copied().filter(|(from, to)| from != to).collect();
    let after = Adjacency::of(nodes, proper.iter().copied());
    let before = Adjacency::of(nodes, proper.iter().map(|&(from, to)| (to, from)));
    let order = topological(nodes, &before, &after);
    let mut ranks = vec![0; nodes];
    for &node in &order {
        let longest = before.of_vertex(node).iter().map(|&source| ranks[source as usize] + 1).max();
        ranks[node as usize] = longest.unwrap_or(0);
    }
    // Pulling nodes to the right that feed more than they take leaves less to do.
    for &node in order.iter().rev() {
        let limit = after.of_vertex(node).iter().map(|&target| ranks[target as usize] - 1).min();
        if let Some(limit) = limit.filter(|_| after.degree(node) > before.degree(node)) {
            ranks[node as usize] = limit;
        }
    }
    simplex::shorten(&mut ranks, &proper);
    compacted(ranks)
}

fn topological(nodes: usize, before: &Adjacency<u32>, after: &Adjacency<u32>) -> Vec<u32> {
    let all = (0..).take(nodes);
    let mut waiting: Vec<usize> = all.clone().map(|node| before.degree(node)).collect();
    let mut order: Vec<u32> = all.filter(|&node| before.degree(node) == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &target in after.of_vertex(node) {
            waiting[target as usize] -= 1;
            if waiting[target as usize] == 0 {
                order.push(target);
            }
        }
    }
    order
}

/// Closes up columns that have lost their nodes.
fn compacted(mut ranks: Vec<u32>) -> Vec<u32> {
    let last = ranks.iter().max().map_or(0, |&last| last as usize);
    let used: BTreeSet<u32> = ranks.iter().copied().collect();
    let mut column = vec![0; last + 1];
    used.into_iter().zip(0..).for_each(|(rank, index)| column[rank as usize] = index);
    ranks.iter_mut().for_each(|rank| *rank = column[*rank as usize]);
    ranks
}

#[cfg(test)]
mod tests {
    use super::ranks;

    #[test]
    fn a_node_stands_after_all_that_it_waits_for() {
        assert_eq!(ranks(4, &[(0, 1), (1, 2), (0, 3), (2, 3)]), [0, 1, 2, 3]);
        assert_eq!(ranks(2, &[(0, 0), (0, 1)]), [0, 1]);
    }

    #[test]
    fn a_node_that_feeds_late_ones_stands_near_them() {
        // 4 waits for nothing and feeds the last two.
        assert_eq!(ranks(5, &[(0, 1), (1, 2), (2, 3), (4, 3)]), [0, 1, 2, 3, 2]);
    }

    #[test]
    fn no_column_is_empty() {
        assert_eq!(ranks(3, &[(1, 2)]), [0, 0, 1]);
        assert!(ranks(0, &[]).is_empty());
    }
}
