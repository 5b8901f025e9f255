//! Layout: the picture of a directed graph, in columns from left to right. An edge leads to a later column.
//!
//! The method is Sugiyama's: `cycles` turns edges of circles around, `rank` chooses each node's column,
//! `bundle` puts a waypoint into every column that an edge only passes, `order` sorts the columns so that
//! few edges cross, `place` gives each its height, and `route` draws the edges. Every step works on arrays of indices and takes
//! `O((V + E) log V)`, waypoints included, of which there are at most a few for each node and edge.
//!
//! Equal graphs give equal pictures. A graph with a cycle can be drawn, too: the edges that close its circles
//! lead back.
//!
//! What this crate deliberately does not do: know what a node is. It is told sizes and pairs of numbers, and
//! answers coordinates; `aileron_compiler::layout` draws workflows with it. It stands apart from the compiler
//! because it is compiled to be fast where the rest of a page is compiled to be small.
//!
//! Start reading at [`layout`].

pub mod adjacency;
mod bundle;
mod columns;
mod cycles;
mod order;
mod place;
mod rank;
mod route;
mod sift;
mod simplex;
mod sweep;

use bundle::Bundles;

/// Sizes and distances, in pixels at scale 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Width that a node has unless it says another.
    pub node_width: f32,
    /// Height that a node has unless it says another.
    pub node_height: f32,
    /// From the right edge of a column to the left edge of the next.
    pub rank_gap: f32,
    /// From the lower edge of a node to the upper edge of the one below.
    pub node_gap: f32,
    /// Between a passing edge and what is next to it.
    pub edge_gap: f32,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { node_width: 180.0, node_height: 44.0, rank_gap: 60.0, node_gap: 24.0, edge_gap: 12.0 }
    }
}

/// Where everything is. The origin is the top left corner; y grows downwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The nodes, in the order of their sizes.
    pub nodes: Vec<Placed>,
    /// The edges' lines in their order, as straight pieces: from the middle of the right edge of the node that an
    /// edge leaves to the middle of the left edge of the one that it reaches. A line crosses each column on its
    /// way at one height, beside the nodes there; points between which it would lead straight on are left out.
    pub lines: Vec<Vec<(f32, f32)>>,
    /// Width of all of it.
    pub width: f32,
    /// Height of all of it.
    pub height: f32,
}

/// A node's rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Column, from 0. Every column up to the last has a node or a passing edge.
    pub rank: usize,
}

/// Draws nodes of these widths and heights and the edges between them, each a pair of indices of nodes. A column
/// is as wide as its widest node; the others stand in its middle.
///
/// # Panics
/// When an edge names a node that is not there.
#[must_use]
pub fn layout(sizes: &[(f32, f32)], edges: &[(u32, u32)], metrics: &Metrics) -> Picture {
    let forward = cycles::broken(sizes.len(), edges);
    let ranks = rank::ranks(sizes.len(), &forward);
    let bundles = bundle::bundle(&ranks, &forward);
    let columns = order::order(&bundles);
    let frames = Frames::of(sizes, &bundles, metrics);
    let heights = place::heights(&bundles, &columns, metrics, &frames);
    Drawing { bundles: &bundles, heights: &heights, metrics, frames: &frames }.picture(edges)
}

/// What nodes and columns take up.
struct Frames<'a> {
    /// Width and height of each node.
    nodes: &'a [(f32, f32)],
    /// Left edge and width of each column.
    columns: Vec<(f32, f32)>,
}

impl<'a> Frames<'a> {
    fn of(nodes: &'a [(f32, f32)], bundles: &Bundles, metrics: &Metrics) -> Self {
        let mut columns = vec![(0.0_f32, 0.0_f32); bundles.columns()];
        for (node, (width, _)) in (0..).zip(nodes) {
            let column = &mut columns[bundles.rank(node) as usize];
            column.1 = column.1.max(*width);
        }
        let mut left = 0.0;
        for column in &mut columns {
            column.0 = left;
            left += column.1 + metrics.rank_gap;
        }
        Self { nodes, columns }
    }

    /// Half of what a node is high; a waypoint has no height.
    fn half(&self, vertex: u32) -> f32 {
        self.nodes.get(vertex as usize).map_or(0.0, |(_, height)| height / 2.0)
    }
}

/// The finished steps, from which coordinates are read.
struct Drawing<'a> {
    bundles: &'a Bundles,
    /// Height of the middle of each node and waypoint.
    heights: &'a [f32],
    metrics: &'a Metrics,
    frames: &'a Frames<'a>,
}

impl Drawing<'_> {
    fn picture(&self, edges: &[(u32, u32)]) -> Picture {
        let nodes: Vec<_> = (0..).zip(self.frames.nodes).map(|(node, &size)| self.node(node, size)).collect();
        let lines = route::routes(self, edges);
        let width = nodes.iter().map(|node| node.x + node.width).fold(0.0, f32::max);
        let lowest = nodes.iter().map(|node| node.y + node.height).fold(0.0, f32::max);
        let height = lines.iter().flatten().map(|point| point.1).fold(lowest, f32::max);
        Picture { nodes, lines, width, height }
    }

    fn node(&self, node: u32, (width, height): (f32, f32)) -> Placed {
        let (x, y) = (self.left(node), self.middle(node) - height / 2.0);
        Placed { x, y, width, height, rank: self.bundles.rank(node) as usize }
    }

    /// Left edge and width of a vertex' column.
    fn column(&self, vertex: u32) -> (f32, f32) {
        self.frames.columns[self.bundles.rank(vertex) as usize]
    }

    /// A waypoint is as wide as its column, a node stands in the middle of it.
    fn left(&self, vertex: u32) -> f32 {
        let (left, width) = self.column(vertex);
        let own = self.frames.nodes.get(vertex as usize).map_or(width, |(width, _)| *width);
        left + (width - own) / 2.0
    }

    fn right(&self, vertex: u32) -> f32 {
        let (left, width) = self.column(vertex);
        left + width - (self.left(vertex) - left)
    }

    fn middle(&self, vertex: u32) -> f32 {
        self.heights[vertex as usize]
    }
}
