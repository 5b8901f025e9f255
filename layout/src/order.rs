//! The order of each column from top to bottom, so that few edges cross.
//!
//! Sweeps bring neighbours together, sifting mends what they leave. Both end at the nearest order that
//! they cannot better, so they begin from several: two walks through the graph, then random orders, the
//! same ones each time, until the work that the size of the graph allows is done.

use super::bundle::Bundles;
use super::columns::Columns;

/// Work for each vertex and link, as [`Columns::work`] counts it.
const WORK_PER_ELEMENT: usize = 500;
/// Work on any graph; about a millisecond.
const LEAST_WORK: usize = 200_000;
/// Work on a large graph, unless [`LEAST_WORK_PER_ELEMENT`] asks for more.
const MOST_WORK: usize = 1_000_000;
/// Work on the largest: a few sweeps, and sifting between neighbours.
const LEAST_WORK_PER_ELEMENT: usize = 12;
/// Orders to begin from.
const MOST_STARTS: u64 = 100;
/// Sweeps without a better order after which no more are tried.
const PATIENCE: usize = 4;

/// The columns from left to right, each from top to bottom, as vertices.
pub(super) fn order(bundles: &Bundles) -> Vec<Vec<u32>> {
    let mut columns = Columns::new(bundles);
    let effort = Effort::for_size(bundles.vertices(), bundles.links.len());
    let mut best = (u64::MAX, Vec::new());
    for start in 0..MOST_STARTS {
        match start {
            0 | 1 => columns.restore(&walk(bundles, &columns, start == 0)),
            _ => columns.shuffle(start),
        }
        let crossings = effort.improve(&mut columns, start % 2 == 0);
        if crossings < best.0 {
            best = (crossings, columns.lists().to_vec());
        }
        if crossings == 0 || columns.work >= effort.work {
            break;
        }
    }
    best.1
}

/// How much is tried.
struct Effort {
    work: usize,
    /// How many places sifting moves a vertex at a time.
    window: usize,
}

impl Effort {
    fn for_size(vertices: usize, links: usize) -> Self {
        let elements = vertices + links;
        let work = (WORK_PER_ELEMENT * elements).clamp(LEAST_WORK, MOST_WORK);
        let work = work.max(LEAST_WORK_PER_ELEMENT * elements);
        // A round of sifting then takes about a quarter of the work.
        Self { work, window: (work / (64 * vertices.max(1))).max(1) }
    }

    /// Betters the order as far as sweeps and sifting can; answers how many crossings are left.
    fn improve(&self, columns: &mut Columns, to_the_right: bool) -> u64 {
        let crossings = self.sweep(columns, to_the_right);
        match crossings {
            0 => 0,
            _ => crossings - self.sift(columns),
        }
    }

    fn sweep(&self, columns: &mut Columns, mut to_the_right: bool) -> u64 {
        let end = columns.work + self.work / 4;
        let mut best = (columns.crossings(), columns.lists().to_vec());
        let mut in_vain = 0;
        while best.0 > 0 && in_vain < PATIENCE && columns.work < end {
            columns.sweep(to_the_right);
            to_the_right = !to_the_right;
            let crossings = columns.crossings();
            in_vain += 1;
            if crossings < best.0 {
                best = (crossings, columns.lists().to_vec());
                in_vain = 0;
            }
        }
        columns.restore(&best.1);
        best.0
    }

    /// Sifts every column, and again each whose neighbours changed; answers what that saved.
    fn sift(&self, columns: &mut Columns) -> u64 {
        let count = columns.lists().len();
        let mut open = vec![true; count];
        let mut saved = 0;
        for round in 0.. {
            if columns.work >= self.work || !open.contains(&true) {
                break;
            }
            for step in 0..count {
                let column = if round % 2 == 0 { step } else { count - 1 - step };
                if std::mem::take(&mut open[column]) {
                    let here = columns.sift(column, self.window);
                    saved += here;
                    open[column.saturating_sub(1)..count.min(column + 2)]
                        .iter_mut()
                        .for_each(|open| *open |= here > 0);
                }
            }
        }
        saved
    }
}

/// All vertices depth first, from each that has nothing before it: no tree crosses itself in this order.
fn walk(bundles: &Bundles, columns: &Columns, to_the_right: bool) -> Vec<Vec<u32>> {
    let sides = (&columns.left, &columns.right);
    let (before, after) = if to_the_right { sides } else { (sides.1, sides.0) };
    let mut lists = vec![Vec::new(); bundles.columns()];
    let mut seen = vec![false; bundles.vertices()];
    let mut open = Vec::new();
    let all = (0..).take(bundles.vertices());
    for root in all.filter(|&root| before.degree(root) == 0) {
        open.push(root);
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut seen[vertex as usize], true) {
                lists[bundles.rank(vertex) as usize].push(vertex);
                open.extend(after.of_vertex(vertex).iter().rev().map(|link| link.vertex));
            }
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::super::bundle::bundle;
    use super::*;

    fn crossings(bundles: &Bundles, lists: &[Vec<u32>]) -> u64 {
        let mut columns = Columns::new(bundles);
        columns.restore(lists);
        columns.crossings()
    }

    #[test]
    fn a_tangle_is_undone() {
        let bundles = bundle(&[0, 0, 0, 1, 1, 1], &[(0, 5), (1, 4), (2, 3), (0, 4), (1, 3)]);
        assert_eq!(crossings(&bundles, &order(&bundles)), 0);
    }

    #[test]
    fn a_tree_needs_no_sweep() {
        let bundles = bundle(&[0, 1, 1, 2, 2, 2], &[(0, 1), (0, 2), (1, 5), (2, 3), (2, 4)]);
        let columns = Columns::new(&bundles);
        for to_the_right in [true, false] {
            assert_eq!(crossings(&bundles, &walk(&bundles, &columns, to_the_right)), 0);
        }
    }

    #[test]
    fn what_cannot_be_undone_is_left_at_its_least() {
        // Every node linked with every other: each pair on one side crosses each pair on the other.
        let edges: Vec<_> = (0..3).flat_map(|from| (3..6).map(move |to| (from, to))).collect();
        let bundles = bundle(&[0, 0, 0, 1, 1, 1], &edges);
        assert_eq!(crossings(&bundles, &order(&bundles)), 9);
    }
}
