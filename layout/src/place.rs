//! The height of each node and waypoint: near its neighbours, apart from what is above and below.

use super::bundle::Bundles;
use super::{Frames, Metrics};
use crate::adjacency::Adjacency;

/// Sweeps over the columns; each to the right is followed by one to the left.
const SWEEPS: usize = 6;
/// How much more a waypoint resists being moved than a node: long edges should be straight.
const WAYPOINT_WEIGHT: f64 = 64.0;

/// The middle of each vertex, the topmost node's upper edge at 0.
pub(super) fn heights(
    bundles: &Bundles,
    columns: &[Vec<u32>],
    metrics: &Metrics,
    frames: &Frames<'_>,
) -> Vec<f32> {
    let links = bundles.links.iter().map(|link| (link.from, link.to));
    let right = Adjacency::of(bundles.vertices(), links.clone());
    let left = Adjacency::of(bundles.vertices(), links.map(|(from, to)| (to, from)));
    let mut placing = Placing { bundles, metrics, frames, heights: vec![0.0; bundles.vertices()] };
    for sweep in 0..SWEEPS {
        match sweep % 2 {
            0 => columns.iter().for_each(|column| placing.place(column, &[&left])),
            _ => columns.iter().rev().for_each(|column| placing.place(column, &[&right])),
        }
    }
    columns.iter().for_each(|column| placing.place(column, &[&left, &right]));
    placing.normalized()
}

struct Placing<'a> {
    bundles: &'a Bundles,
    metrics: &'a Metrics,
    frames: &'a Frames<'a>,
    heights: Vec<f64>,
}

impl Placing<'_> {
    /// Moves a column as near as its order and distances allow to the mean of its neighbours.
    fn place(&mut self, column: &[u32], sides: &[&Adjacency<u32>]) {
        let mut offset = 0.0;
        let mut blocks: Vec<Block> = Vec::with_capacity(column.len());
        let mut offsets = Vec::with_capacity(column.len());
        for (index, &vertex) in column.iter().enumerate() {
            if let Some(&above) = index.checked_sub(1).and_then(|above| column.get(above)) {
                offset += self.distance(above, vertex);
            }
            offsets.push(offset);
            let weight = if self.bundles.is_node(vertex) { 1.0 } else { WAYPOINT_WEIGHT };
            push(&mut blocks, Block { wish: self.wish(vertex, sides) - offset, weight, members: 1 });
        }
        let shifts = blocks.iter().flat_map(|block| std::iter::repeat_n(block.wish, block.members));
        for ((&vertex, offset), shift) in column.iter().zip(offsets).zip(shifts) {
            self.heights[vertex as usize] = shift + offset;
        }
    }

    /// The mean of the neighbours; a waypoint goes on from the waypoint before, if there is one.
    fn wish(&self, vertex: u32, sides: &[&Adjacency<u32>]) -> f64 {
        let height = |vertex: u32| self.heights[vertex as usize];
        let neighbours = || sides.iter().flat_map(|side| side.of_vertex(vertex)).copied();
        let before = neighbours().find(|&neighbour| !self.bundles.is_node(neighbour));
        match before.filter(|_| !self.bundles.is_node(vertex)) {
            Some(before) => height(before),
            None if neighbours().next().is_none() => height(vertex),
            None => neighbours().map(height).sum::<f64>() / neighbours().count() as f64,
        }
    }

    /// Between the middles of two vertices that are next to each other in a column.
    fn distance(&self, above: u32, below: u32) -> f64 {
        if self.bundles.join(above, below) {
            return 0.0;
        }
        let nodes = self.bundles.is_node(above) && self.bundles.is_node(below);
        let gap = if nodes { self.metrics.node_gap } else { self.metrics.edge_gap };
        f64::from(self.frames.half(above) + gap + self.frames.half(below))
    }

    fn normalized(self) -> Vec<f32> {
        let tops =
            (0..).zip(&self.heights).map(|(vertex, height)| height - f64::from(self.frames.half(vertex)));
        let top = tops.fold(f64::INFINITY, f64::min);
        // Whole pixels: edges that join lie on each other exactly, and f32 holds them up to 16 million.
        self.heights.iter().map(|height| (height.round() - top.round()) as f32).collect()
    }
}

/// Neighbours in a column that touch, and so move together.
struct Block {
    /// The weighted mean of what its members wish.
    wish: f64,
    weight: f64,
    members: usize,
}

/// Adds a block below the others; it joins those that it would overlap. This is the pooling of adjacent
/// violators: the result has the least squared distance from all wishes, in linear time.
fn push(blocks: &mut Vec<Block>, mut block: Block) {
    while let Some(above) = blocks.pop_if(|above| above.wish > block.wish) {
        let weight = above.weight + block.weight;
        let wish = (above.wish * above.weight + block.wish * block.weight) / weight;
        block = Block { wish, weight, members: above.members + block.members };
    }
    blocks.push(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_overlap_meet_in_the_middle() {
        let mut blocks = Vec::new();
        for wish in [0.0, 10.0, 4.0, 20.0] {
            push(&mut blocks, Block { wish, weight: 1.0, members: 1 });
        }
        let placed: Vec<_> = blocks.iter().map(|block| (block.wish, block.members)).collect();
        assert_eq!(placed, [(0.0, 1), (7.0, 2), (20.0, 1)]);
    }
}
