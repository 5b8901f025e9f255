//! The line of each edge, through its waypoints.

use super::Drawing;

/// Straight pieces that an edge may have. One with more is led around everything: nobody can follow it
/// through, and many edges of one long bundle would have too many points to hold.
const MOST_PIECES: usize = 32;

/// The line of each edge.
pub(super) fn routes(drawing: &Drawing<'_>, edges: &[(u32, u32)]) -> Vec<Vec<(f32, f32)>> {
    let routing = Routing { drawing, straight_until: straight_until(drawing), below: below(drawing) };
    let line = |(edge, &(from, to)): (usize, &(u32, u32))| {
        if from == to { routing.around(from) } else { routing.points(edge, from, to) }
    };
    edges.iter().enumerate().map(line).collect()
}

struct Routing<'a> {
    drawing: &'a Drawing<'a>,
    /// For each vertex the end, exclusive, of the straight piece that it lies on. Many edges share the
    /// pieces of a long bundle: each hops over them instead of visiting every column.
    straight_until: Vec<u32>,
    /// A height below everything.
    below: f32,
}

impl Routing<'_> {
    /// An edge back leaves its nodes on the same sides as any other, behind their cards.
    fn points(&self, edge: usize, from: u32, to: u32) -> Vec<(f32, f32)> {
        let drawing = self.drawing;
        let start = (drawing.right(from), drawing.middle(from));
        let end = (drawing.left(to), drawing.middle(to));
        let mut points = vec![start];
        if drawing.bundles.rank(from) < drawing.bundles.rank(to) {
            // Beside what is wider in the same column the line does not turn yet.
            let (left, width) = drawing.column(from);
            points.extend((drawing.right(from) < left + width).then_some((left + width, start.1)));
            points.extend(self.way(edge, from, to));
            let (left, _) = drawing.column(to);
            points.extend((left < drawing.left(to)).then_some((left, end.1)));
        } else {
            let mut way = self.way(edge, to, from);
            way.reverse();
            points.push((drawing.left(from), start.1));
            points.extend(way);
            points.push((drawing.right(to), end.1));
        }
        points.push(end);
        points
    }

    /// Through the columns between two nodes, from left to right.
    fn way(&self, edge: usize, from: u32, to: u32) -> Vec<(f32, f32)> {
        let drawing = self.drawing;
        let mut waypoints = drawing.bundles.waypoints(edge);
        let mut points = Vec::new();
        if waypoints.is_empty() && drawing.bundles.rank(to) > drawing.bundles.rank(from) + 1 {
            return self.around_everything(from, to);
        }
        while let Some(first) = waypoints.next() {
            if points.len() == 2 * MOST_PIECES {
                return self.around_everything(from, to);
            }
            let end = self.straight_until[first as usize].min(waypoints.end);
            let height = drawing.middle(first);
            points.extend([(drawing.left(first), height), (drawing.right(end - 1), height)]);
            waypoints.start = end;
        }
        points
    }

    /// Below all columns between two nodes: the line falls and rises where no node is.
    fn around_everything(&self, from: u32, to: u32) -> Vec<(f32, f32)> {
        let gap = self.drawing.metrics.rank_gap;
        vec![(self.drawing.right(from) + gap, self.below), (self.drawing.left(to) - gap, self.below)]
    }

    /// Below a node that waits for itself.
    fn around(&self, node: u32) -> Vec<(f32, f32)> {
        let drawing = self.drawing;
        let (left, right, middle) = (drawing.left(node), drawing.right(node), drawing.middle(node));
        let gap = drawing.metrics.node_gap.min(drawing.metrics.edge_gap);
        let below = middle + drawing.frames.half(node) + gap / 2.0;
        vec![(right, middle), (right, below), (left, below), (left, middle)]
    }
}

/// Waypoints of a bundle are numbered from left to right, so a piece is a range of numbers. One that
/// runs on into the next bundle does no harm: edges end within their own.
#[expect(clippy::float_cmp, reason = "heights are whole numbers")]
fn straight_until(drawing: &Drawing<'_>) -> Vec<u32> {
    let mut ends = vec![0; drawing.heights.len()];
    let mut start = 0;
    for end in (1..).take(ends.len()) {
        let level = |next: &f32| *next == drawing.heights[start];
        if !drawing.heights.get(end as usize).is_some_and(level) {
            ends[start..end as usize].fill(end);
            start = end as usize;
        }
    }
    ends
}

fn below(drawing: &Drawing<'_>) -> f32 {
    let bottoms = (0..).zip(drawing.heights).map(|(vertex, height)| height + drawing.frames.half(vertex));
    bottoms.fold(0.0, f32::max) + drawing.metrics.edge_gap
}
