//! The order of each column from top to bottom, so that few links cross.

use super::adjacency::Adjacency;
use super::bundle::Bundles;

/// Sweeps over a small graph; larger ones get fewer, so that the work stays about the same.
const MOST_SWEEPS: usize = 24;
/// Sweeps over any graph.
const FEWEST_SWEEPS: usize = 4;
/// Vertices visited by all sweeps together.
const WORK: usize = 2_000_000;
/// Sweeps without a better order after which no more are tried.
const PATIENCE: usize = 4;

/// The columns from left to right, each from top to bottom, as vertices.
pub(super) fn order(bundles: &Bundles) -> Vec<Vec<u32>> {
    let mut sorting = Sorting::new(bundles);
    let mut best = sorting.columns.clone();
    let mut fewest = sorting.crossings();
    let mut in_vain = 0;
    let sweeps = (WORK / bundles.vertices().max(1)).clamp(FEWEST_SWEEPS, MOST_SWEEPS);
    for sweep in 0..sweeps {
        if fewest == 0 || in_vain == PATIENCE {
            break;
        }
        sorting.sweep(sweep % 2 == 0);
        let crossings = sorting.crossings();
        in_vain += 1;
        if crossings < fewest {
            (fewest, in_vain) = (crossings, 0);
            best.clone_from(&sorting.columns);
        }
    }
    best
}

struct Sorting {
    left: Adjacency,
    right: Adjacency,
    columns: Vec<Vec<u32>>,
    /// Each vertex's place in its column.
    places: Vec<u32>,
}

impl Sorting {
    /// Starts with the order of a depth-first walk, in which no tree crosses itself.
    fn new(bundles: &Bundles) -> Self {
        let vertices = bundles.vertices();
        let links = bundles.links.iter().copied();
        let right = Adjacency::of(vertices, links.clone());
        let left = Adjacency::of(vertices, links.map(|(from, to)| (to, from)));
        let mut columns = vec![Vec::new(); bundles.columns()];
        for vertex in walk(vertices, &left, &right) {
            columns[bundles.rank(vertex) as usize].push(vertex);
        }
        let mut sorting = Self { left, right, columns, places: vec![0; vertices] };
        (0..sorting.columns.len()).for_each(|column| sorting.number(column));
        sorting
    }

    fn number(&mut self, column: usize) {
        for (&vertex, place) in self.columns[column].iter().zip(0..) {
            self.places[vertex as usize] = place;
        }
    }

    /// Sorts every column but the first by the places of the neighbours in the column before.
    fn sweep(&mut self, to_the_right: bool) {
        let last = self.columns.len();
        for step in 1..last {
            self.sort(if to_the_right { step } else { last - 1 - step }, to_the_right);
        }
    }

    fn sort(&mut self, column: usize, to_the_right: bool) {
        let fixed = if to_the_right { &self.left } else { &self.right };
        let wish = |vertex: u32| mean(fixed.of_vertex(vertex), &self.places).unwrap_or(self.place(vertex));
        let mut wishes: Vec<_> = self.columns[column].iter().map(|&vertex| (wish(vertex), vertex)).collect();
        // A stable sort: equal wishes keep their order, so the result depends on nothing else.
        wishes.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.columns[column] = wishes.into_iter().map(|(_, vertex)| vertex).collect();
        self.number(column);
    }

    fn place(&self, vertex: u32) -> f64 {
        f64::from(self.places[vertex as usize])
    }

    fn crossings(&self) -> u64 {
        let mut targets = Vec::new();
        self.columns.iter().map(|column| self.crossings_after(column, &mut targets)).sum()
    }

    /// Crossings between a column and the next: pairs of links whose ends are in opposite orders,
    /// counted with a tree of partial sums (Barth, Jünger, Mutzel).
    fn crossings_after(&self, column: &[u32], targets: &mut Vec<u32>) -> u64 {
        targets.clear();
        for &vertex in column {
            let from = targets.len();
            targets.extend(self.right.of_vertex(vertex).iter().map(|&target| self.places[target as usize]));
            targets[from..].sort_unstable();
        }
        let width = targets.iter().max().map_or(0, |&last| last as usize + 1);
        let mut sums = PartialSums(vec![0; width + 1]);
        let crossed = |(seen, &target): (u64, &u32)| {
            let crossings = seen - sums.up_to(target);
            sums.add(target);
            crossings
        };
        (0..).zip(targets.iter()).map(crossed).sum()
    }
}

fn mean(neighbours: &[u32], places: &[u32]) -> Option<f64> {
    let sum: f64 = neighbours.iter().map(|&neighbour| f64::from(places[neighbour as usize])).sum();
    (!neighbours.is_empty()).then(|| sum / neighbours.len() as f64)
}

/// All vertices: depth first to the right, from each that has nothing to its left.
fn walk(vertices: usize, left: &Adjacency, right: &Adjacency) -> Vec<u32> {
    let mut order = Vec::with_capacity(vertices);
    let mut seen = vec![false; vertices];
    let mut open = Vec::new();
    for (root, _) in (0..).zip(0..vertices).filter(|(root, _)| left.degree(*root) == 0) {
        open.push(root);
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut seen[vertex as usize], true) {
                order.push(vertex);
                open.extend(right.of_vertex(vertex).iter().rev());
            }
        }
    }
    order
}

/// Counts of numbers, summed up in logarithmic time (Fenwick).
struct PartialSums(Vec<u64>);

impl PartialSums {
    fn add(&mut self, number: u32) {
        let mut index = number as usize + 1;
        while let Some(sum) = self.0.get_mut(index) {
            *sum += 1;
            index += index & index.wrapping_neg();
        }
    }

    /// How many numbers up to and including this one were added.
    fn up_to(&self, number: u32) -> u64 {
        let mut index = number as usize + 1;
        let mut count = 0;
        while index > 0 {
            count += self.0[index];
            index -= index & index.wrapping_neg();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::super::bundle::bundle;
    use super::*;

    #[test]
    fn crossings_are_counted() {
        // Two columns of three, every node linked with every other: 9 crossings.
        let edges: Vec<_> = (0..3).flat_map(|from| (3..6).map(move |to| (from, to))).collect();
        assert_eq!(Sorting::new(&bundle(&[0, 0, 0, 1, 1, 1], &edges)).crossings(), 9);
    }

    #[test]
    fn a_tangle_is_undone() {
        let bundles = bundle(&[0, 0, 0, 1, 1, 1], &[(0, 5), (1, 4), (2, 3), (0, 4), (1, 3)]);
        let columns = order(&bundles);
        let sorted = Sorting { columns, ..Sorting::new(&bundles) };
        let mut sorted = sorted;
        (0..2).for_each(|column| sorted.number(column));
        assert_eq!(sorted.crossings(), 0);
    }

    #[test]
    fn a_tree_needs_no_sweep() {
        let bundles = bundle(&[0, 1, 1, 2, 2, 2], &[(0, 1), (0, 2), (1, 5), (2, 3), (2, 4)]);
        assert_eq!(Sorting::new(&bundles).crossings(), 0);
    }
}
