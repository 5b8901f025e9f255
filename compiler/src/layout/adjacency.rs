//! Lists of neighbours in two arrays.

/// For each vertex some numbers: neighbours, or edges.
pub(super) struct Adjacency {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Adjacency {
    /// Groups `(vertex, item)` pairs by vertex; the order of a vertex's items is that of the pairs.
    pub(super) fn of(vertices: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; vertices + 1];
        pairs.clone().for_each(|(vertex, _)| starts[vertex as usize + 1] += 1);
        for vertex in 0..vertices {
            starts[vertex + 1] += starts[vertex];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[vertices] as usize];
        for (vertex, item) in pairs {
            let slot = &mut next[vertex as usize];
            items[*slot as usize] = item;
            *slot += 1;
        }
        Self { starts, items }
    }

    pub(super) fn of_vertex(&self, vertex: u32) -> &[u32] {
        let vertex = vertex as usize;
        &self.items[self.starts[vertex] as usize..self.starts[vertex + 1] as usize]
    }

    pub(super) fn degree(&self, vertex: u32) -> usize {
        self.of_vertex(vertex).len()
    }
}
