//! Lists by vertex, in two arrays: how the layout and the compiler walk a graph.

/// For each vertex some items: neighbours, or edges.
pub struct Adjacency<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Adjacency<T> {
    /// Groups `(vertex, item)` pairs by vertex; the order of a vertex's items is that of the pairs.
    ///
    /// # Panics
    /// When a pair names a vertex that is not there.
    pub fn of(vertices: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let starts = starts(vertices, pairs.clone().map(|(vertex, _)| vertex));
        let mut next = starts.clone();
        let mut items = vec![T::default(); starts[vertices] as usize];
        for (vertex, item) in pairs {
            let slot = &mut next[vertex as usize];
            items[*slot as usize] = item;
            *slot += 1;
        }
        Self { starts, items }
    }

    /// The items of a vertex.
    ///
    /// # Panics
    /// When there is no such vertex.
    pub fn of_vertex(&self, vertex: u32) -> &[T] {
        let vertex = vertex as usize;
        &self.items[self.starts[vertex] as usize..self.starts[vertex + 1] as usize]
    }

    /// How many items a vertex has.
    ///
    /// # Panics
    /// When there is no such vertex.
    pub fn degree(&self, vertex: u32) -> usize {
        self.of_vertex(vertex).len()
    }
}

/// Where each vertex' items start when they lie in the order of the vertices; in the end their number.
fn starts(vertices: usize, of_items: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0; vertices + 1];
    of_items.for_each(|vertex| starts[vertex as usize + 1] += 1);
    for vertex in 0..vertices {
        starts[vertex + 1] += starts[vertex];
    }
    starts
}

/// Sorts pairs of vertices, in time that is linear in vertices and pairs.
///
/// # Panics
/// When a pair names a vertex that is not there.
pub fn sort(vertices: usize, pairs: &mut Vec<[u32; 2]>) {
    for side in [1, 0] {
        *pairs = counted(vertices, pairs, side);
    }
}

/// The pairs in the order of one side; equal ones stay as they are.
fn counted(vertices: usize, pairs: &[[u32; 2]], side: usize) -> Vec<[u32; 2]> {
    let mut next = starts(vertices, pairs.iter().map(|pair| pair[side]));
    let mut sorted = vec![[0; 2]; pairs.len()];
    for pair in pairs {
        let slot = &mut next[pair[side] as usize];
        sorted[*slot as usize] = *pair;
        *slot += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_sorted_as_the_standard_library_does(
            mut pairs in proptest::collection::vec([0_u32..50, 0_u32..50], 0..200),
        ) {
            let mut expected = pairs.clone();
            expected.sort_unstable();
            super::sort(50, &mut pairs);
            prop_assert_eq!(pairs, expected);
        }
    }
}
