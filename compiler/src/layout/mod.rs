//! The picture of a workflow: columns from left to right, an edge always leads to a later column.
//!
//! The method is Sugiyama's: `cycles` turns edges of circles around, `rank` chooses each node's column,
//! `bundle` puts a waypoint into every column that an edge only passes, `order` sorts the columns so that
//! few edges cross, `place` gives each its height, and `route` draws the edges. Every step works on arrays of indices and takes
//! `O((V + E) log V)`, waypoints included, of which there are at most a few for each node and edge.
//!
//! Equal workflows give equal pictures. A workflow with a cycle can be drawn, too: the edges that close
//! its circles lead back.

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

use std::collections::HashMap;

use aileron_idl::core::CompiledWorkflow;

use bundle::Bundles;

/// Sizes and distances, in pixels at scale 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Width of every node.
    pub node_width: f32,
    /// Height of every node.
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
pub struct Layout {
    /// The workflow's top-level nodes, in the order of its template.
    pub nodes: Vec<PlacedNode>,
    /// Its connections, sorted by ids.
    pub edges: Vec<RoutedEdge>,
    /// Width of all of it.
    pub width: f32,
    /// Height of all of it.
    pub height: f32,
}

/// A node's rectangle.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedNode {
    /// The node's id.
    pub id: String,
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

/// A connection's line, as straight pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutedEdge {
    /// Id of the node that ends first.
    pub from: String,
    /// Id of the node that waits for it.
    pub to: String,
    /// From the middle of the right edge of `from` to the middle of the left edge of `to`. It crosses
    /// each column on its way at one height, beside the nodes there; points between which it would lead
    /// straight on are left out.
    pub points: Vec<(f32, f32)>,
}

/// How large some nodes are: width and height by id. The others have the size of the [`Metrics`].
pub type Sizes<'a> = HashMap<&'a str, (f32, f32)>;

/// Draws the top level of a workflow with [`Metrics::default`].
#[must_use]
pub fn layout(workflow: &CompiledWorkflow) -> Layout {
    layout_with(workflow, &Metrics::default())
}

/// Draws the top level of a workflow. Connections of nodes that are not on that level are left out.
#[must_use]
pub fn layout_with(workflow: &CompiledWorkflow, metrics: &Metrics) -> Layout {
    layout_sized(workflow, metrics, &Sizes::new())
}

/// The same with nodes that are larger: those that show what is inside of them. A column is as wide as its
/// widest node; the others stand in its middle.
#[must_use]
pub fn layout_sized(workflow: &CompiledWorkflow, metrics: &Metrics, sizes: &Sizes<'_>) -> Layout {
    let (ids, edges) = network(workflow);
    let forward = cycles::broken(ids.len(), &edges);
    let ranks = rank::ranks(ids.len(), &forward);
    let bundles = bundle::bundle(&ranks, &forward);
    let columns = order::order(&bundles);
    let frames = Frames::of(&ids, &bundles, metrics, sizes);
    let heights = place::heights(&bundles, &columns, metrics, &frames);
    Picture { bundles: &bundles, heights: &heights, metrics, frames: &frames }.layout(&ids, &edges)
}

/// The ids of the nodes, and the connections by their indices.
fn network(workflow: &CompiledWorkflow) -> (Vec<&str>, Vec<(u32, u32)>) {
    let mut index = HashMap::new();
    let mut ids = Vec::new();
    for node in workflow.template.iter().flat_map(|template| &template.nodes) {
        index.entry(node.id.as_str()).or_insert_with(|| {
            ids.push(node.id.as_str());
            ids.len() - 1
        });
    }
    let at = |id: &String| index.get(id.as_str()).and_then(|&index| u32::try_from(index).ok());
    let lists = workflow.connections.iter().flat_map(|connections| &connections.downstream);
    let edges =
        lists.flat_map(|(from, list)| list.ids.iter().filter_map(move |to| Some((at(from)?, at(to)?))));
    let edges = edges.collect();
    (ids, edges)
}

/// What nodes and columns take up.
struct Frames {
    /// Width and height of each node.
    nodes: Vec<(f32, f32)>,
    /// Left edge and width of each column.
    columns: Vec<(f32, f32)>,
}

impl Frames {
    fn of(ids: &[&str], bundles: &Bundles, metrics: &Metrics, sizes: &Sizes<'_>) -> Self {
        let usual = (metrics.node_width, metrics.node_height);
        let nodes: Vec<_> = ids.iter().map(|id| sizes.get(id).copied().unwrap_or(usual)).collect();
        let mut columns = vec![(0.0, metrics.node_width); bundles.columns()];
        for (node, (width, _)) in (0..).zip(&nodes) {
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
struct Picture<'a> {
    bundles: &'a Bundles,
    /// Height of the middle of each node and waypoint.
    heights: &'a [f32],
    metrics: &'a Metrics,
    frames: &'a Frames,
}

impl Picture<'_> {
    fn layout(&self, ids: &[&str], edges: &[(u32, u32)]) -> Layout {
        let nodes: Vec<_> = (0..).zip(ids).map(|(node, id)| self.node(node, id)).collect();
        let edges = route::routes(self, ids, edges);
        let width = nodes.iter().map(|node| node.x + node.width).fold(0.0, f32::max);
        let lowest = nodes.iter().map(|node| node.y + node.height).fold(0.0, f32::max);
        let points = edges.iter().flat_map(|edge| &edge.points);
        let height = points.map(|point| point.1).fold(lowest, f32::max);
        Layout { nodes, edges, width, height }
    }

    fn node(&self, node: u32, id: &str) -> PlacedNode {
        let (width, height) = self.frames.nodes[node as usize];
        let (x, y) = (self.left(node), self.middle(node) - height / 2.0);
        let rank = self.bundles.rank(node) as usize;
        PlacedNode { id: id.to_owned(), x, y, width, height, rank }
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

#[cfg(test)]
mod tests;
