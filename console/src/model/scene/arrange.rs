//! Nodes that the reader has moved: kept by the structure of the workflow, never in it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use aileron_idl::core::CompiledWorkflow;
use serde::{Deserialize, Serialize};

use super::{Edge, Node};

/// How far nodes have been moved from where the layout puts them, by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrangement(BTreeMap<String, (f32, f32)>);

impl Arrangement {
    /// Moves a node on.
    pub fn shift(&mut self, path: &str, dx: f32, dy: f32) {
        let moved = self.0.entry(path.to_owned()).or_default();
        *moved = (moved.0 + dx, moved.1 + dy);
    }

    /// Whether everything is where the layout puts it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves the nodes of a part, what is inside of them, and the ends of their lines.
    pub(super) fn apply(&self, nodes: &mut [Node], edges: &[Edge], points: &mut [(f32, f32)]) {
        if self.0.is_empty() {
            return;
        }
        let mut shifts = vec![(0.0, 0.0); nodes.len()];
        for at in 0..nodes.len() {
            // What is inside has been moved in its own scope; here it follows the node around it.
            let own = if nodes[at].parent.is_none() { self.0.get(&nodes[at].path) } else { None };
            let around = nodes[at].parent.map_or((0.0, 0.0), |up| shifts[up as usize]);
            shifts[at] = own.map_or(around, |own| (own.0 + around.0, own.1 + around.1));
            let (dx, dy) = shifts[at];
            // Nothing leaves the drawing to the left or upwards.
            shifts[at] = (dx.max(-nodes[at].rect.x), dy.max(-nodes[at].rect.y));
            nodes[at].rect = nodes[at].rect.moved(shifts[at].0, shifts[at].1);
        }
        for edge in edges {
            let line = &mut points[edge.first as usize..(edge.first + edge.count) as usize];
            bend(line, shifts[edge.from as usize], shifts[edge.to as usize]);
        }
    }
}

/// The ends of a line follow its nodes; what is between follows by how near it is to each.
fn bend(line: &mut [(f32, f32)], from: (f32, f32), to: (f32, f32)) {
    let last = line.len().saturating_sub(1).max(1) as f32;
    for (at, point) in line.iter_mut().enumerate() {
        let part = at as f32 / last;
        point.0 += from.0 * (1.0 - part) + to.0 * part;
        point.1 += from.1 * (1.0 - part) + to.1 * part;
    }
}

/// A name for the shape of a workflow: equal for equal nodes and connections, whatever its version.
pub fn structure(workflow: &CompiledWorkflow) -> String {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    let template = workflow.template.as_ref();
    if let Some(id) = template.and_then(|template| template.id.as_ref()) {
        id.name.hash(&mut hasher);
    }
    template.into_iter().flat_map(|template| &template.nodes).for_each(|node| node.id.hash(&mut hasher));
    for (from, to) in workflow.connections.iter().flat_map(|connections| &connections.downstream) {
        (from, &to.ids).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// A hash that is the same in every version of the program: what is kept in the browser is found by it.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
