//! The line of each edge, through its waypoints.

use super::{Picture, RoutedEdge};

/// Straight pieces that an edge may have. One with more is led around everything: nobody can follow it
/// through, and many edges of one long bundle would have too many points to hold.
const MOST_PIECES: usize = 32;

/// The edges as lines; `ids` and `edges` are those of the network.
pub(super) fn routes(picture: &Picture<'_>, ids: &[&str], edges: &[(u32, u32)]) -> Vec<RoutedEdge> {
    let routing = Routing { picture, straight_until: straight_until(picture), below: below(picture) };
    let id = |node: u32| ids[node as usize].to_owned();
    let routed = edges.iter().enumerate().map(|(edge, &(from, to))| {
        let points = if from == to { routing.around(from) } else { routing.points(edge, from, to) };
        RoutedEdge { from: id(from), to: id(to), points }
    });
    routed.collect()
}

struct Routing<'a> {
    picture: &'a Picture<'a>,
    /// For each vertex the end, exclusive, of the straight piece that it lies on. Many edges share the
    /// pieces of a long bundle: each hops over them instead of visiting every column.
    straight_until: Vec<u32>,
    /// A height below everything.
    below: f32,
}

impl Routing<'_> {
    /// An edge back leaves its nodes on the same sides as any other, behind their cards.
    fn points(&self, edge: usize, from: u32, to: u32) -> Vec<(f32, f32)> {
        let picture = self.picture;
        let start = (picture.right(from), picture.middle(from));
        let end = (picture.left(to), picture.middle(to));
        let mut points = vec![start];
        if picture.bundles.rank(from) < picture.bundles.rank(to) {
            // Beside what is wider in the same column the line does not turn yet.
            let (left, width) = picture.column(from);
            points.extend((picture.right(from) < left + width).then_some((left + width, start.1)));
            points.extend(self.way(edge, from, to));
            let (left, _) = picture.column(to);
            points.extend((left < picture.left(to)).then_some((left, end.1)));
        } else {
            let mut way = self.way(edge, to, from);
            way.reverse();
            points.push((picture.left(from), start.1));
            points.extend(way);
            points.push((picture.right(to), end.1));
        }
        points.push(end);
        points
    }

    /// Through the columns between two nodes, from left to right.
    fn way(&self, edge: usize, from: u32, to: u32) -> Vec<(f32, f32)> {
        let picture = self.picture;
        let mut waypoints = picture.bundles.waypoints(edge);
        let mut points = Vec::new();
        if waypoints.is_empty() && picture.bundles.rank(to) > picture.bundles.rank(from) + 1 {
            return self.around_everything(from, to);
        }
        while let Some(first) = waypoints.next() {
            if points.len() == 2 * MOST_PIECES {
                return self.around_everything(from, to);
            }
            let end = self.straight_until[first as usize].min(waypoints.end);
            let height = picture.middle(first);
            points.extend([(picture.left(first), height), (picture.right(end - 1), height)]);
            waypoints.start = end;
        }
        points
    }

    /// Below all columns between two nodes: the line falls and rises where no node is.
    fn around_everything(&self, from: u32, to: u32) -> Vec<(f32, f32)> {
        let gap = self.picture.metrics.rank_gap;
        vec![(self.picture.right(from) + gap, self.below), (self.picture.left(to) - gap, self.below)]
    }

    /// Below a node that waits for itself.
    fn around(&self, node: u32) -> Vec<(f32, f32)> {
        let picture = self.picture;
        let (left, right, middle) = (picture.left(node), picture.right(node), picture.middle(node));
        let gap = picture.metrics.node_gap.min(picture.metrics.edge_gap);
        let below = middle + picture.frames.half(node) + gap / 2.0;
        vec![(right, middle), (right, below), (left, below), (left, middle)]
    }
}

/// Waypoints of a bundle are numbered from left to right, so a piece is a range of numbers. One that
/// runs on into the next bundle does no harm: edges end within their own.
#[expect(clippy::float_cmp, reason = "heights are whole numbers")]
fn straight_until(picture: &Picture<'_>) -> Vec<u32> {
    let mut ends = vec![0; picture.heights.len()];
    let mut start = 0;
    for end in (1..).take(ends.len()) {
        let level = |next: &f32| *next == picture.heights[start];
        if !picture.heights.get(end as usize).is_some_and(level) {
            ends[start..end as usize].fill(end);
            start = end as usize;
        }
    }
    ends
}

fn below(picture: &Picture<'_>) -> f32 {
    let bottoms = (0..).zip(picture.heights).map(|(vertex, height)| height + picture.frames.half(vertex));
    bottoms.fold(0.0, f32::max) + picture.metrics.edge_gap
}
