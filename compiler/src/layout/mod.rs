//! The picture of a workflow: its top-level nodes and connections, drawn by `aileron_layout`.
//!
//! Equal workflows give equal pictures. A workflow with a cycle can be drawn, too: the edges that close
//! its circles lead back.

mod packed;

use std::collections::HashMap;

use aileron_idl::core::CompiledWorkflow;
pub use aileron_layout::Metrics;

use crate::{END_NODE, START_NODE};

/// How wide the first and the last node are, in widths of the others.
const BOUNDARY: f32 = 0.6;

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
    let boxes: Vec<_> =
        ids.iter().map(|id| sizes.get(id).copied().unwrap_or_else(|| usual(id, metrics))).collect();
    let picture = aileron_layout::layout(&boxes, &edges, metrics);
    let nodes = ids.iter().zip(picture.nodes).map(|(&id, placed)| PlacedNode::new(id, placed)).collect();
    let id = |node: u32| ids[node as usize].to_owned();
    let lines = edges.iter().zip(picture.lines);
    let edges =
        lines.map(|(&(from, to), points)| RoutedEdge { from: id(from), to: id(to), points }).collect();
    Layout { nodes, edges, width: picture.width, height: picture.height }
}

/// The size of a node that nobody has given one: what a workflow begins and ends with says little, and is small.
fn usual(id: &str, metrics: &Metrics) -> (f32, f32) {
    let share = if matches!(id, START_NODE | END_NODE) { BOUNDARY } else { 1.0 };
    (metrics.node_width * share, metrics.node_height)
}

impl PlacedNode {
    fn new(id: &str, placed: aileron_layout::Placed) -> Self {
        let aileron_layout::Placed { x, y, width, height, rank } = placed;
        Self { id: id.to_owned(), x, y, width, height, rank }
    }
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

#[cfg(test)]
mod tests;
