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
        let mut starts = vec![0; vertices + 1];
        pairs.clone().for_each(|(vertex, _)| starts[vertex as usize + 1] += 1);
        for vertex in 0..vertices {
            starts[vertex + 1] += starts[vertex];
        }
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
