//! Sifting: every vertex moves up or down in its column to where its edges cross the fewest others.

use super::columns::Columns;

impl Columns {
    /// Moves each vertex of a column by at most `window` places; answers how many crossings that saved.
    pub(super) fn sift(&mut self, column: usize, window: usize) -> u64 {
        let list = &self.lists()[column];
        let ends = Ends::of(self, list);
        let mut sifting = Sifting { ends: &ends, order: (0..).take(list.len()).collect(), work: 0 };
        let saved = (0..).take(list.len()).map(|vertex| sifting.settle(vertex, window)).sum();
        let Sifting { order, work, .. } = sifting;
        if saved > 0 {
            let list = order.into_iter().map(|index| list[index as usize]).collect();
            self.set(column, list);
        }
        self.work += work;
        saved
    }
}

/// A place that a link leads to, and how many edges share it.
type End = (u32, u32);

/// For each vertex of a column, by its index there, the ends of its links on either side, sorted.
struct Ends {
    ends: Vec<End>,
    /// Where the lists start: left and right of the first vertex, left and right of the second, ...
    starts: Vec<usize>,
}

impl Ends {
    fn of(columns: &Columns, list: &[u32]) -> Self {
        let mut found = Self { ends: Vec::new(), starts: vec![0] };
        for &vertex in list {
            for side in [&columns.left, &columns.right] {
                let first = found.ends.len();
                let links = side.of_vertex(vertex).iter();
                found.ends.extend(links.map(|link| (columns.place(link.vertex), link.edges)));
                found.ends[first..].sort_unstable();
                found.starts.push(found.ends.len());
            }
        }
        found
    }

    fn list(&self, list: usize) -> &[End] {
        &self.ends[self.starts[list]..self.starts[list + 1]]
    }

    fn degree(&self, index: u32) -> usize {
        let left = 2 * index as usize;
        self.starts[left + 2] - self.starts[left]
    }

    /// How many more crossings there are when a vertex changes places with the one below it.
    fn cost_of_exchange(&self, above: u32, below: u32) -> i64 {
        let (above, below) = (2 * above as usize, 2 * below as usize);
        (0..2).map(|side| cost_of_exchange(self.list(above + side), self.list(below + side))).sum()
    }
}

/// The same on one side: pairs of links that will cross, less those that no longer do.
fn cost_of_exchange(above: &[End], below: &[End]) -> i64 {
    let count = |ends: &[End]| ends.iter().map(|end| i64::from(end.1)).sum::<i64>();
    let mut rest = below;
    let (mut crossed, mut cost) = (0, 0);
    let mut free = count(below);
    for &(place, edges) in above {
        while let Some((&(_, more), others)) = rest.split_first().filter(|(end, _)| end.0 < place) {
            crossed += i64::from(more);
            free -= i64::from(more);
            rest = others;
        }
        let touched = rest.first().filter(|end| end.0 == place).map_or(0, |end| i64::from(end.1));
        cost += i64::from(edges) * (free - touched - crossed);
    }
    cost
}

struct Sifting<'a> {
    ends: &'a Ends,
    /// Indices of the column's vertices, from top to bottom.
    order: Vec<u32>,
    work: usize,
}

impl Sifting<'_> {
    /// Moves a vertex to the best place within the window, the nearest of equal ones.
    fn settle(&mut self, vertex: u32, window: usize) -> u64 {
        let Some(at) = self.order.iter().position(|&other| other == vertex) else { return 0 };
        let range = at.saturating_sub(window)..self.order.len().min(at + 1 + window);
        self.work += range.len() * (3 + self.ends.degree(vertex));
        let upwards = self.order[range.start..at].iter().rev().map(|&above| (above, vertex));
        let up = self.best(upwards);
        let down = self.best(self.order[at + 1..range.end].iter().map(|&below| (vertex, below)));
        if up.saved >= down.saved {
            self.order[at - up.steps..=at].rotate_right(1);
        } else {
            self.order[at..=at + down.steps].rotate_left(1);
        }
        up.saved.max(down.saved)
    }

    /// After how many exchanges in a row the most is saved.
    fn best(&self, exchanges: impl Iterator<Item = (u32, u32)>) -> Move {
        let mut best = Move { steps: 0, saved: 0 };
        let mut saved = 0;
        for (step, (above, below)) in exchanges.enumerate() {
            saved -= self.ends.cost_of_exchange(above, below);
            if saved > best.saved.cast_signed() {
                best = Move { steps: step + 1, saved: saved.unsigned_abs() };
            }
        }
        best
    }
}

struct Move {
    steps: usize,
    saved: u64,
}

#[cfg(test)]
mod tests {
    use super::cost_of_exchange;

    /// Pair by pair.
    fn slow(above: &[(u32, u32)], below: &[(u32, u32)]) -> i64 {
        let pairs = above.iter().flat_map(|one| below.iter().map(move |other| (one, other)));
        pairs
            .map(|(one, other)| {
                let edges = i64::from(one.1 * other.1);
                edges * (i64::from(other.0 > one.0) - i64::from(other.0 < one.0))
            })
            .sum()
    }

    #[test]
    fn an_exchange_costs_what_it_makes_cross_less_what_it_parts() {
        let lists: [&[(u32, u32)]; 5] =
            [&[], &[(2, 1)], &[(0, 2), (4, 1)], &[(1, 1), (2, 3), (3, 1)], &[(9, 5)]];
        for above in lists {
            for below in lists {
                assert_eq!(cost_of_exchange(above, below), slow(above, below), "{above:?} {below:?}");
            }
        }
    }
}
