//! A workflow as a scene: boxes at places, lines between them, and what is inside of what.
//!
//! A scene knows no phases: it is made once, and changes only when something is opened, shut or moved.
//! Everything on it is a plain array, so that fifty thousand nodes are as well served as five.
//!
//! Start reading at [`Scene`]; `build` makes one of a closure, [`view`] says what of it is seen, [`select`]
//! is the language of the search field.

pub mod arrange;
pub mod bindings;
mod build;
pub mod condition;
mod describe;
pub mod export;
mod ghosts;
pub mod grid;
pub mod layouts;
pub mod level;
pub mod marks;
pub mod outline;
pub mod select;
mod source;
pub mod view;

use std::collections::{BTreeMap, HashMap};

pub use build::{CARD, METRICS, scene, scene_with};
pub use describe::mapped;
pub use source::{Grown, Growth, Scope, Source, named};

use grid::{Grid, Rect};
use layouts::Wanted;

use super::phase::Phase;
use super::run::Run;

/// The node that stands for the workflow's inputs.
pub const START: &str = "start-node";
/// The node that stands for the workflow's outputs.
pub const END: &str = "end-node";

/// A drawing. Units are pixels at scale 1; the origin is the top left corner.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Boxes, each followed by what is inside of it; in one scope by columns, and in a column from top to
    /// bottom.
    pub nodes: Vec<Node>,
    /// Lines.
    pub edges: Vec<Edge>,
    /// Corners of lines, of which each edge has a range.
    pub points: Vec<(f32, f32)>,
    /// The workflows that are drawn: the one asked for, then those inside of open nodes.
    pub scopes: Vec<Scope>,
    /// Width of all of it.
    pub width: f32,
    /// Height of all of it.
    pub height: f32,
    /// Layouts that are to be made before the rest of it can be drawn.
    pub wanted: Vec<Wanted>,
    by_path: HashMap<String, u32>,
    node_grid: Grid,
    edge_grid: Grid,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id, behind those of the nodes that it is inside of: `n2/n0`. Unique in the scene.
    pub path: String,
    /// Its id in its workflow.
    pub id: String,
    /// What people call it: its task's short name, if nothing better was given.
    pub title: String,
    /// A few words more: its id and what it is.
    pub subtitle: String,
    /// Above the box: the condition of an arm, `on failure`.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// The full name of what it runs, if it runs something.
    pub target: String,
    /// Where it is.
    pub rect: Rect,
    /// Which column of its scope it stands in.
    pub rank: u32,
    /// The open node that it is inside of.
    pub parent: Option<u32>,
    /// The first node behind it that is not inside of it.
    pub end: u32,
    /// Which of the scene's scopes it belongs to.
    pub scope: u32,
    /// What is inside of it.
    pub inside: Inside,
    /// The nodes that it waits for, in its scope.
    pub upstream: Vec<u32>,
    /// The nodes that wait for it, in its scope.
    pub downstream: Vec<u32>,
}

/// What is inside of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Nothing that could be shown.
    Nothing,
    /// Something that is not shown.
    Shut,
    /// Nodes, which follow it in the scene.
    Nodes,
    /// The items of a map, in rows of so many.
    Items {
        /// How many.
        count: u32,
        /// In a row.
        row: u32,
    },
}

impl Inside {
    /// How many items are shown.
    pub fn items(self) -> u32 {
        if let Self::Items { count, .. } = self { count } else { 0 }
    }

    /// Whether it is shown.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Nodes | Self::Items { .. })
    }
}

/// A line.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// The node waited for.
    pub from: u32,
    /// The node that waits.
    pub to: u32,
    /// Its first point in [`Scene::points`].
    pub first: u32,
    /// How many points it has.
    pub count: u32,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The workflow's inputs.
    Start,
    /// The workflow's outputs.
    End,
    /// A task, of the type named (`python-task`); empty when the closure lacks the task.
    Task(String),
    /// A workflow inside this one.
    SubWorkflow,
    /// An execution of its own.
    LaunchPlan,
    /// A choice between nodes.
    Branch,
    /// The arm of a branch that is an error.
    Refusal,
    /// A wait for time, a signal or an approval.
    Gate,
    /// One node over a list.
    Array,
    /// A node that is referred to and does not exist.
    Missing,
    /// Nothing that this console knows.
    Unknown,
}

impl Kind {
    /// The kind as a word.
    pub fn label(&self) -> &str {
        match self {
            Self::Start => "inputs",
            Self::End => "outputs",
            Self::Task(kind) if kind.is_empty() => "task",
            Self::Task(kind) => kind,
            Self::SubWorkflow => "sub-workflow",
            Self::LaunchPlan => "launch plan",
            Self::Branch => "branch",
            Self::Refusal => "error",
            Self::Gate => "gate",
            Self::Array => "map",
            Self::Missing => "missing",
            Self::Unknown => "unknown node",
        }
    }

    /// True for the two nodes that carry the workflow's own data and run nothing.
    pub fn is_boundary(&self) -> bool {
        matches!(self, Self::Start | Self::End)
    }

    /// True for what is drawn but never run.
    pub fn is_still(&self) -> bool {
        matches!(self, Self::Start | Self::End | Self::Refusal | Self::Missing)
    }
}

/// Where the arrow keys lead from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To what it waits for.
    Upstream,
    /// To what waits for it.
    Downstream,
    /// To the node above in the same column.
    Above,
    /// To the node below in the same column.
    Below,
    /// To the first node inside of it.
    Into,
    /// To the node that it is inside of.
    Out,
}

impl Scene {
    /// The node with a path.
    pub fn find(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    /// The node at an index.
    pub fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    /// The corners of an edge.
    pub fn line(&self, edge: &Edge) -> &[(f32, f32)] {
        self.points.get(edge.first as usize..(edge.first + edge.count) as usize).unwrap_or_default()
    }

    /// The nodes that a node is inside of, the outermost first.
    pub fn above(&self, at: u32) -> Vec<u32> {
        let mut found: Vec<u32> =
            std::iter::successors(self.node(at).and_then(|node| node.parent), |&up| self.node(up)?.parent)
                .collect();
        found.reverse();
        found
    }

    /// The node one step away, if there is one.
    pub fn neighbour(&self, at: u32, step: Step) -> Option<u32> {
        let node = self.node(at)?;
        let beside = |other: &u32| {
            let other = &self.nodes[*other as usize];
            other.parent == node.parent && other.rank == node.rank && other.scope == node.scope
        };
        match step {
            Step::Upstream => node.upstream.first().copied(),
            Step::Downstream => node.downstream.first().copied(),
            // One scope's nodes are in the order of columns and heights.
            Step::Above => (0..at).rev().find(beside),
            Step::Below => (node.end..self.len()).find(beside),
            Step::Into => (node.inside == Inside::Nodes).then_some(at + 1).filter(|&next| next < node.end),
            Step::Out => node.parent,
        }
    }

    /// The innermost node at a point.
    pub fn node_at(&self, x: f32, y: f32) -> Option<u32> {
        let here = Rect::around(x, y, 0.0);
        let mut found = self.node_grid.within(&here);
        found.retain(|&at| self.nodes[at as usize].rect.meets(&here));
        // What is inside comes after what it is inside of.
        found.into_iter().max()
    }

    /// The edge nearest to a point and at most so far away.
    pub fn edge_at(&self, x: f32, y: f32, reach: f32) -> Option<u32> {
        let near = self.edge_grid.within(&Rect::around(x, y, reach));
        let apart = |&edge: &u32| distance(self.line(&self.edges[edge as usize]), x, y);
        let nearest = near.into_iter().map(|edge| (apart(&edge), edge)).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.filter(|(apart, _)| *apart <= reach).map(|(_, edge)| edge)
    }

    /// The nodes that touch a part of the scene.
    pub fn nodes_within(&self, part: &Rect) -> Vec<u32> {
        let mut found = self.node_grid.within(part);
        found.retain(|&at| self.nodes[at as usize].rect.meets(part));
        found.sort_unstable();
        found
    }

    /// The edges with a piece near a part of the scene.
    pub fn edges_within(&self, part: &Rect) -> Vec<u32> {
        self.edge_grid.within(part)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }
}

/// The phase of each node, in the scene's order: what was reported, or else `rest`. What is inside of a node that has
/// ended and was never heard of will not run.
pub fn phases_of(scene: &Scene, runs: &BTreeMap<String, Run>, rest: Phase) -> Vec<Phase> {
    if runs.is_empty() {
        return vec![rest; scene.nodes.len()];
    }
    let mut phases: Vec<Phase> = Vec::with_capacity(scene.nodes.len());
    for node in &scene.nodes {
        // What a node is inside of comes before it.
        let outer = node.parent.and_then(|up| phases.get(up as usize)).copied();
        let silent = if outer.is_some_and(Phase::is_terminal) { Phase::NotRun } else { rest };
        phases.push(runs.get(&node.path).map_or(silent, |run| run.phase));
    }
    phases
}

/// How far a point is from a line that is drawn as a curve through its corners. Each piece of it is
/// looked at as three straight ones.
fn distance(line: &[(f32, f32)], x: f32, y: f32) -> f32 {
    let pieces = line.windows(2).flat_map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        let middle = f32::midpoint(from.0, to.0);
        let quarter = f32::midpoint(from.0, middle);
        let last = f32::midpoint(middle, to.0);
        let (a, b) = ((quarter, from.1 + (to.1 - from.1) * 0.16), (last, from.1 + (to.1 - from.1) * 0.84));
        [(from, a), (a, b), (b, to)]
    });
    pieces.map(|(from, to)| apart(from, to, (x, y))).fold(f32::INFINITY, f32::min)
}

fn apart(from: (f32, f32), to: (f32, f32), point: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let square = dx * dx + dy * dy;
    let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / square;
    let along = if square > 0.0 { along.clamp(0.0, 1.0) } else { 0.0 };
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

#[cfg(test)]
mod tests;
