//! The line of each edge, through its waypoints.

use super::{Picture, RoutedEdge};

/// Waypoints whose heights differ by less, in pixels, lie on one straight piece.
const STRAIGHT: f32 = 0.5;

/// Pieces drawn at either end of an edge. One with more goes straight on between them, for nobody can
/// follow it there: else many long edges of one bundle would have too many points to hold.
const PIECES: usize = 32;

/// The edges as lines; `ids` and `edges` are those of the network.
pub(super) fn routes(picture: &Picture<'_>, ids: &[&str], edges: &[(u32, u32)]) -> Vec<RoutedEdge> {
    let routing = Routing { picture, straight_until: straight_until(picture) };
    let id = |node: u32| ids[node as usize].to_owned();
    let routed = edges.iter().enumerate().map(|(edge, &(from, to))| {
        let points = routing.points(edge, from, to);
        RoutedEdge { from: id(from), to: id(to), points }
    });
    routed.collect()
}

struct Routing<'a> {
    picture: &'a Picture<'a>,
    /// For each vertex the end, exclusive, of the straight piece that it lies on. Many edges share the
    /// pieces of a long bundle: each hops over them instead of visiting every column.
    straight_until: Vec<u32>,
}

impl Routing<'_> {
    fn points(&self, edge: usize, from: u32, to: u32) -> Vec<(f32, f32)> {
        let picture = self.picture;
        let mut points = vec![(picture.right(from), picture.middle(from))];
        if from == to {
            points.extend(self.around(from));
        } else {
            let mut way = self.way(edge);
            if picture.bundles.rank(from) > picture.bundles.rank(to) {
                way.reverse();
            }
            points.extend(way);
        }
        points.push((picture.left(to), picture.middle(to)));
        points
    }

    /// Through the columns that the edge passes, from left to right.
    fn way(&self, edge: usize) -> Vec<(f32, f32)> {
        let picture = self.picture;
        let mut waypoints = picture.bundles.waypoints(edge);
        let mut points = Vec::new();
        while let Some(first) = waypoints.next() {
            let end = self.straight_until[first as usize].min(waypoints.end);
            let height = picture.middle(first);
            points.extend([(picture.left(first), height), (picture.right(end - 1), height)]);
            let skipped =
                if points.len() == 2 * PIECES { waypoints.end.saturating_sub(PIECES as u32) } else { 0 };
            waypoints.start = end.max(skipped);
        }
        points
    }

    /// Below a node that waits for itself.
    fn around(&self, node: u32) -> [(f32, f32); 2] {
        let metrics = self.picture.metrics;
        let below = self.picture.middle(node) + (metrics.node_height + metrics.node_gap) / 2.0;
        [(self.picture.right(node), below), (self.picture.left(node), below)]
    }
}

/// Waypoints of a bundle are numbered from left to right, so a piece is a range of numbers. One that
/// runs on into the next bundle does no harm: edges end within their own.
fn straight_until(picture: &Picture<'_>) -> Vec<u32> {
    let mut ends = vec![0; picture.heights.len()];
    let mut start = 0;
    for end in (1..).take(ends.len()) {
        let level = |next: &f32| (next - picture.heights[start]).abs() < STRAIGHT;
        if !picture.heights.get(end as usize).is_some_and(level) {
            ends[start..end as usize].fill(end);
            start = end as usize;
        }
    }
    ends
}
