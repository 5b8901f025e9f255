//! A layout as numbers alone, to cross from a page's worker to the page.
//!
//! Width and height; the number of nodes, and of each left, top, width, height and column; then of each edge the
//! places of its ends among the nodes, the number of its points, and the points. A place is a whole number, exact below
//! 2^24: no workflow has as many nodes.

use super::{Layout, PlacedNode, RoutedEdge};

/// Numbers of a node.
const NODE: usize = 5;
/// Numbers before the nodes.
const HEAD: usize = 3;

impl Layout {
    /// The numbers, without the ids.
    #[must_use]
    pub fn pack(&self) -> Vec<f32> {
        let mut numbers = vec![self.width, self.height, self.nodes.len() as f32];
        for node in &self.nodes {
            numbers.extend([node.x, node.y, node.width, node.height, node.rank as f32]);
        }
        let places: std::collections::HashMap<&str, usize> =
            self.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        for edge in &self.edges {
            let place = |id: &str| places.get(id).copied().unwrap_or_default() as f32;
            numbers.extend([place(&edge.from), place(&edge.to), edge.points.len() as f32]);
            numbers.extend(edge.points.iter().flat_map(|(x, y)| [*x, *y]));
        }
        numbers
    }

    /// The layout of these numbers, `ids` being those of the nodes in their order. `None` for numbers that no layout has.
    #[must_use]
    pub fn unpack(numbers: &[f32], ids: &[&str]) -> Option<Self> {
        let (&[width, height, count], rest) = numbers.split_first_chunk::<HEAD>()?;
        if count as usize != ids.len() || rest.len() < ids.len() * NODE {
            return None;
        }
        let (nodes, mut rest) = rest.split_at(ids.len() * NODE);
        let node = |(numbers, id): (&[f32], &&str)| PlacedNode {
            id: (*id).to_owned(),
            x: numbers[0],
            y: numbers[1],
            width: numbers[2],
            height: numbers[3],
            rank: numbers[4] as usize,
        };
        let nodes = nodes.chunks_exact(NODE).zip(ids).map(node).collect();
        let mut edges = Vec::new();
        while let Some((&[from, to, points], more)) = rest.split_first_chunk::<HEAD>() {
            let length = (points as usize).checked_mul(2).filter(|length| *length <= more.len())?;
            let (points, more) = more.split_at(length);
            let end = |place: f32| ids.get(place as usize).map(|id| (*id).to_owned());
            let points = points.chunks_exact(2).map(|point| (point[0], point[1])).collect();
            edges.push(RoutedEdge { from: end(from)?, to: end(to)?, points });
            rest = more;
        }
        rest.is_empty().then_some(Self { nodes, edges, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let node =
            |id: &str, x: f32, rank| PlacedNode { id: id.into(), x, y: 1.5, width: 10.0, height: 5.0, rank };
        let points = vec![(10.0, 2.5), (20.0, 2.5), (30.0, 4.0)];
        Layout {
            nodes: vec![node("a", 0.0, 0), node("b", 30.0, 2)],
            edges: vec![RoutedEdge { from: "a".into(), to: "b".into(), points }],
            width: 40.0,
            height: 9.0,
        }
    }

    #[test]
    fn a_layout_is_the_same_again() {
        assert_eq!(Layout::unpack(&layout().pack(), &["a", "b"]), Some(layout()));
        let empty = Layout { nodes: Vec::new(), edges: Vec::new(), ..layout() };
        assert_eq!(Layout::unpack(&empty.pack(), &[]), Some(empty));
    }

    #[test]
    fn what_is_cut_off_is_no_layout() {
        let whole = layout().pack();
        let edge = HEAD + 2 * NODE;
        for length in (0..whole.len()).filter(|length| *length != edge) {
            assert_eq!(Layout::unpack(&whole[..length], &["a", "b"]), None, "{length}");
        }
        assert_eq!(Layout::unpack(&whole, &["a"]), None);
    }
}
