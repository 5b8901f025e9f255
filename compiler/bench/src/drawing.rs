//! A drawing as lines and rectangles, whoever made it, and what is wrong with it.
//!
//! Coordinates are whole numbers, 64 to a pixel, so that every verdict is exact.

use aileron_compiler::layout::Layout;

/// A place: x, then y.
pub type Point = (i64, i64);

/// Width and height of every node, in pixels: those of our default, for all layouts.
pub const SIZE: (f64, f64) = (180.0, 44.0);

/// Units to a pixel.
const SCALE: f64 = 64.0;

/// The nearest place that a drawing can hold.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a drawing is much smaller than 2^57 pixels")]
pub fn point(x: f64, y: f64) -> Point {
    ((x * SCALE).round() as i64, (y * SCALE).round() as i64)
}

/// A node's rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rectangle {
    /// Top left corner.
    pub low: Point,
    /// Bottom right corner.
    pub high: Point,
}

/// An edge's line between its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The node where it starts.
    pub from: u32,
    /// The node where it ends.
    pub to: u32,
    /// Its corners, with both ends.
    pub points: Vec<Point>,
}

/// Nodes by number, and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The nodes.
    pub nodes: Vec<Rectangle>,
    /// The edges.
    pub lines: Vec<Line>,
}

impl Drawing {
    /// Our own layout of a [`crate::Graph`]'s workflow, whose nodes are named by their numbers.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        let at = |x: f32, y: f32| point(f64::from(x), f64::from(y));
        let number = |id: &str| id.trim_start_matches('n').parse().unwrap_or(u32::MAX);
        let nodes = layout.nodes.iter().map(|node| Rectangle {
            low: at(node.x, node.y),
            high: at(node.x + node.width, node.y + node.height),
        });
        let lines = layout.edges.iter().map(|edge| Line {
            from: number(&edge.from),
            to: number(&edge.to),
            points: edge.points.iter().map(|&(x, y)| at(x, y)).collect(),
        });
        Self { nodes: nodes.collect(), lines: lines.collect() }
    }

    /// How often a line passes from one side of another to the other side. Lines that only touch, or lie on
    /// each other, do not cross.
    #[must_use]
    pub fn crossings(&self) -> u64 {
        let mut segments = self.segments();
        segments.sort_unstable_by_key(|segment| segment.left.0);
        let mut open: Vec<&Segment> = Vec::new();
        let mut crossings = 0;
        for segment in &segments {
            open.retain(|other| other.right.0 > segment.left.0);
            crossings += open.iter().map(|other| u64::from(segment.crosses(other))).sum::<u64>();
            open.push(segment);
        }
        crossings
    }

    /// Pairs of nodes that share more than a border.
    #[must_use]
    pub fn overlaps(&self) -> usize {
        let pairs = self.nodes.iter().enumerate();
        pairs.map(|(at, one)| self.nodes[at + 1..].iter().filter(|other| one.meets(other)).count()).sum()
    }

    /// Pairs of a line and a node that is not one of its ends, which it passes through.
    #[must_use]
    pub fn lines_through_nodes(&self) -> usize {
        self.lines.iter().map(|line| self.nodes_under(line)).sum()
    }

    fn nodes_under(&self, line: &Line) -> usize {
        let others = (0..).zip(&self.nodes).filter(|(number, _)| *number != line.from && *number != line.to);
        let under = |node: &Rectangle| line.points.windows(2).any(|ends| node.is_entered(ends[0], ends[1]));
        others.filter(|(_, node)| under(node)).count()
    }

    fn segments(&self) -> Vec<Segment> {
        let pieces = (0..).zip(&self.lines).flat_map(|(line, drawn)| {
            drawn.points.windows(2).map(move |ends| Segment {
                line,
                left: ends[0].min(ends[1]),
                right: ends[0].max(ends[1]),
            })
        });
        pieces.collect()
    }
}

/// A straight piece of a line.
struct Segment {
    line: usize,
    left: Point,
    right: Point,
}

impl Segment {
    fn crosses(&self, other: &Segment) -> bool {
        let parted = |of: &Segment, by: &Segment| {
            side(by.left, by.right, of.left) * side(by.left, by.right, of.right) < 0
        };
        self.line != other.line && parted(self, other) && parted(other, self)
    }
}

/// On which side of the line from `a` to `b` a point lies: -1, 1, or 0 on it.
fn side(a: Point, b: Point, point: Point) -> i128 {
    let wide = |one: i64, other: i64| i128::from(one) - i128::from(other);
    (wide(b.0, a.0) * wide(point.1, a.1) - wide(b.1, a.1) * wide(point.0, a.0)).signum()
}

impl Rectangle {
    fn meets(&self, other: &Rectangle) -> bool {
        self.low.0 < other.high.0
            && other.low.0 < self.high.0
            && self.low.1 < other.high.1
            && other.low.1 < self.high.1
    }

    /// Whether the inside has a point of the straight piece from `a` to `b`: they share both ranges, and
    /// the corners are not all on one side.
    fn is_entered(&self, a: Point, b: Point) -> bool {
        let around = Rectangle { low: (a.0.min(b.0), a.1.min(b.1)), high: (a.0.max(b.0), a.1.max(b.1)) };
        let corners = [self.low, self.high, (self.low.0, self.high.1), (self.high.0, self.low.1)];
        let sides = corners.map(|corner| side(a, b, corner));
        self.meets(&around) && sides.contains(&1) && sides.contains(&-1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(lines: &[&[Point]]) -> Drawing {
        let line = |points: &&[Point]| Line { from: 0, to: 1, points: points.to_vec() };
        Drawing { nodes: Vec::new(), lines: lines.iter().map(line).collect() }
    }

    #[test]
    fn lines_cross_where_they_change_sides() {
        assert_eq!(drawing(&[&[(0, 0), (9, 9)], &[(0, 9), (9, 0)]]).crossings(), 1);
        assert_eq!(drawing(&[&[(0, 0), (4, 9), (8, 0)], &[(0, 5), (9, 5)]]).crossings(), 2);
        assert_eq!(drawing(&[&[(5, 0), (5, 9)], &[(0, 5), (9, 6)]]).crossings(), 1);
    }

    #[test]
    fn lines_that_touch_do_not_cross() {
        assert_eq!(drawing(&[&[(0, 0), (9, 9)], &[(0, 0), (9, 0)]]).crossings(), 0);
        assert_eq!(drawing(&[&[(0, 0), (9, 0)], &[(3, 0), (12, 0)]]).crossings(), 0);
        assert_eq!(drawing(&[&[(0, 0), (9, 0)], &[(3, 5), (3, 0)]]).crossings(), 0);
    }

    #[test]
    fn nodes_overlap_when_they_share_more_than_a_border() {
        let node = |x: i64| Rectangle { low: (x, 0), high: (x + 4, 4) };
        let nodes = |places: &[i64]| places.iter().copied().map(node).collect();
        assert_eq!(Drawing { nodes: nodes(&[0, 4, 8]), lines: Vec::new() }.overlaps(), 0);
        assert_eq!(Drawing { nodes: nodes(&[0, 3, 5]), lines: Vec::new() }.overlaps(), 2);
    }

    #[test]
    fn a_line_through_a_node_is_seen_and_one_along_its_border_is_none() {
        let node = Rectangle { low: (0, 0), high: (4, 4) };
        assert!(node.is_entered((-1, 2), (5, 2)));
        assert!(node.is_entered((-1, -1), (5, 5)));
        assert!(node.is_entered((1, 1), (2, 2)));
        assert!(!node.is_entered((-1, 4), (5, 4)));
        assert!(!node.is_entered((-5, 2), (2, -5)));
        assert!(!node.is_entered((4, 0), (9, 9)));
    }
}
