//! Barycentres: every vertex wishes to stand in the middle of its neighbours in the column before.

use super::columns::{Columns, Neighbour};
use crate::adjacency::Adjacency;

/// Parts of a place that wishes are told apart by.
const FRACTIONS: u64 = 1 << 12;

impl Columns {
    /// Sorts every column but the first by the places of the neighbours in the column before.
    pub(super) fn sweep(&mut self, to_the_right: bool) {
        let count = self.lists().len();
        for step in 1..count {
            self.sort(if to_the_right { step } else { count - 1 - step }, to_the_right);
        }
    }

    fn sort(&mut self, column: usize, to_the_right: bool) {
        let fixed = if to_the_right { &self.left } else { &self.right };
        let list = &self.lists()[column];
        // Equal wishes keep their order, so the result depends on nothing else.
        let wishes = list.iter().zip(0_u32..).map(|(&vertex, place)| {
            (self.wish(vertex, fixed).unwrap_or(u64::from(place) * FRACTIONS), place, vertex)
        });
        let mut wishes: Vec<_> = wishes.collect();
        let visits = list.iter().map(|&vertex| 2 + fixed.degree(vertex)).sum::<usize>();
        self.work += visits;
        wishes.sort_unstable();
        self.set(column, wishes.into_iter().map(|(_, _, vertex)| vertex).collect());
    }

    fn wish(&self, vertex: u32, fixed: &Adjacency<Neighbour>) -> Option<u64> {
        let neighbours = fixed.of_vertex(vertex).iter();
        let sums = neighbours.fold((0, 0), |(places, edges), link| {
            let weight = u64::from(link.edges);
            (places + u64::from(self.place(link.vertex)) * weight, edges + weight)
        });
        (sums.0 * FRACTIONS).checked_div(sums.1)
    }
}
