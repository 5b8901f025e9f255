//! Turning around the edges that close circles, so that the rest can be ranked.

use crate::adjacency::Adjacency;

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Unseen,
    /// On the path from where the walk began.
    Open,
    Done,
}

/// The edges with those turned around that lead back to an open node of a depth-first walk from node 0
/// on; what remains has no cycle but nodes that lead to themselves. Indices of edges stay the same.
pub(super) fn broken(nodes: usize, edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let outgoing = Adjacency::of(nodes, edges.iter().zip(0..).map(|(edge, index)| (edge.0, index)));
    let mut forward = edges.to_vec();
    let mut visits = vec![Visit::Unseen; nodes];
    // Each node with the number of its edges already followed.
    let mut path: Vec<(u32, usize)> = Vec::new();
    for (root, _) in (0..).zip(0..nodes) {
        if visits[root as usize] == Visit::Unseen {
            visits[root as usize] = Visit::Open;
            path.push((root, 0));
        }
        while let Some((node, followed)) = path.last_mut() {
            let Some(&edge) = outgoing.of_vertex(*node).get(*followed) else {
                visits[*node as usize] = Visit::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            let (from, to) = edges[edge as usize];
            match visits[to as usize] {
                Visit::Unseen => {
                    visits[to as usize] = Visit::Open;
                    path.push((to, 0));
                }
                Visit::Open => forward[edge as usize] = (to, from),
                Visit::Done => {}
            }
        }
    }
    forward
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn only_edges_that_close_a_circle_are_turned() {
        assert_eq!(broken(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]), [(0, 1), (0, 2), (1, 3), (2, 3)]);
        assert_eq!(broken(3, &[(0, 1), (1, 2), (2, 0), (2, 2)]), [(0, 1), (1, 2), (0, 2), (2, 2)]);
    }
}
