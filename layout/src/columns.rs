//! Columns in some order from top to bottom, and how often edges cross in it.

use super::bundle::Bundles;
use crate::adjacency::Adjacency;

/// The other end of a link.
#[derive(Clone, Copy, Default)]
pub(super) struct Neighbour {
    pub(super) vertex: u32,
    /// How many edges share the link; each crosses on its own.
    pub(super) edges: u32,
}

/// The vertices of all columns, from left to right.
pub(super) struct Columns {
    pub(super) left: Adjacency<Neighbour>,
    pub(super) right: Adjacency<Neighbour>,
    /// Each from top to bottom.
    lists: Vec<Vec<u32>>,
    /// Each vertex's place in its column.
    places: Vec<u32>,
    /// What was done so far: visits of links and comparisons of vertices. It stands in for time, so that
    /// equal graphs get equal effort on any machine.
    pub(super) work: usize,
}

impl Columns {
    /// Every column in the order of its vertices' numbers.
    pub(super) fn new(bundles: &Bundles) -> Self {
        let links = bundles.links.iter();
        let to_right =
            links.clone().map(|link| (link.from, Neighbour { vertex: link.to, edges: link.edges }));
        let to_left = links.map(|link| (link.to, Neighbour { vertex: link.from, edges: link.edges }));
        let mut lists = vec![Vec::new(); bundles.columns()];
        for vertex in (0..).take(bundles.vertices()) {
            lists[bundles.rank(vertex) as usize].push(vertex);
        }
        let mut columns = Self {
            left: Adjacency::of(bundles.vertices(), to_left),
            right: Adjacency::of(bundles.vertices(), to_right),
            lists: Vec::new(),
            places: vec![0; bundles.vertices()],
            work: 0,
        };
        columns.restore(&lists);
        columns
    }

    pub(super) fn lists(&self) -> &[Vec<u32>] {
        &self.lists
    }

    pub(super) fn place(&self, vertex: u32) -> u32 {
        self.places[vertex as usize]
    }

    /// Gives a column another order.
    pub(super) fn set(&mut self, column: usize, list: Vec<u32>) {
        self.lists[column] = list;
        self.number(column);
    }

    /// Takes the order of all columns from elsewhere.
    pub(super) fn restore(&mut self, lists: &[Vec<u32>]) {
        lists.clone_into(&mut self.lists);
        (0..self.lists.len()).for_each(|column| self.number(column));
    }

    /// Any order; the same for the same seed.
    pub(super) fn shuffle(&mut self, seed: u64) {
        // Xorshift (Marsaglia); a state of 0 would stay 0.
        let mut state = seed << 32 | 1;
        for column in 0..self.lists.len() {
            let list = &mut self.lists[column];
            for at in (1..list.len()).rev() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                list.swap(at, (state % (at as u64 + 1)) as usize);
            }
            self.number(column);
        }
    }

    fn number(&mut self, column: usize) {
        for (&vertex, place) in self.lists[column].iter().zip(0..) {
            self.places[vertex as usize] = place;
        }
    }

    /// How many pairs of edges cross.
    pub(super) fn crossings(&mut self) -> u64 {
        let mut counting = Counting::default();
        (0..self.lists.len()).map(|column| self.crossings_after(column, &mut counting)).sum()
    }

    /// Crossings between a column and the next: pairs of links whose ends are in opposite orders
    /// (Barth, Jünger, Mutzel).
    fn crossings_after(&mut self, column: usize, counting: &mut Counting) -> u64 {
        counting.ends.clear();
        for &vertex in &self.lists[column] {
            let first = counting.ends.len();
            let links = self.right.of_vertex(vertex);
            counting.ends.extend(links.iter().map(|link| (self.places[link.vertex as usize], link.edges)));
            counting.ends[first..].sort_unstable();
        }
        self.work += 2 * counting.ends.len();
        counting.crossings(self.lists.get(column + 1).map_or(0, Vec::len))
    }
}

/// Counts pairs in the wrong order with sums by place, in logarithmic time each (Fenwick).
#[derive(Default)]
struct Counting {
    /// Where links end, and how many edges share each, in the order of where they start.
    ends: Vec<(u32, u32)>,
    sums: Vec<u64>,
}

impl Counting {
    /// `width` is the number of places.
    fn crossings(&mut self, width: usize) -> u64 {
        self.sums.clear();
        self.sums.resize(width + 1, 0);
        let (mut seen, mut crossings) = (0, 0);
        for &(end, edges) in &self.ends {
            let edges = u64::from(edges);
            crossings += (seen - up_to(&self.sums, end)) * edges;
            add(&mut self.sums, end, edges);
            seen += edges;
        }
        crossings
    }
}

fn add(sums: &mut [u64], place: u32, number: u64) {
    let mut index = place as usize + 1;
    while let Some(sum) = sums.get_mut(index) {
        *sum += number;
        index += index & index.wrapping_neg();
    }
}

fn up_to(sums: &[u64], place: u32) -> u64 {
    let mut index = place as usize + 1;
    let mut sum = 0;
    while index > 0 {
        sum += sums[index];
        index -= index & index.wrapping_neg();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::bundle::bundle;
    use super::Columns;

    #[test]
    fn crossings_are_counted() {
        // Two columns of three, every node linked with every other.
        let edges: Vec<_> = (0..3).flat_map(|from| (3..6).map(move |to| (from, to))).collect();
        assert_eq!(Columns::new(&bundle(&[0, 0, 0, 1, 1, 1], &edges)).crossings(), 9);
    }

    #[test]
    fn shuffling_is_the_same_each_time() {
        let bundles = bundle(&[0; 20], &[]);
        let shuffled = |seed| {
            let mut columns = Columns::new(&bundles);
            columns.shuffle(seed);
            columns.lists()[0].clone()
        };
        assert_eq!(shuffled(2), shuffled(2));
        assert_ne!(shuffled(2), shuffled(3));
        assert_ne!(shuffled(2), (0..20).collect::<Vec<_>>());
    }
}
