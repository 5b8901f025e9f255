//! Generated shapes. Equal arguments give equal graphs, on any machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::Graph;

/// Every generated graph of the corpus, from small to large within a family.
#[must_use]
pub fn all() -> Vec<Graph> {
    let mut graphs = vec![chain(20), fan(12), fan(80), parallel_chains(6, 8), skipped_chain(30)];
    graphs.extend([3, 5].map(diamonds));
    graphs.extend([4, 12].map(ladder));
    graphs.extend([4, 8].map(grid));
    graphs.extend([3, 4].map(butterfly));
    graphs.extend([(2, 5), (3, 4)].map(|(arity, depth)| tree(arity, depth)));
    graphs.extend([(4, 3), (6, 5), (10, 8)].map(|(width, depth)| stages(width, depth)));
    graphs.extend([20, 50, 120, 300].map(|nodes| recent(nodes, 40)));
    graphs.extend([30, 80, 200].map(|nodes| recent(nodes, 8)));
    graphs.extend([20, 40, 100].map(|nodes| random(nodes, nodes * 5 / 4)));
    graphs.extend([12, 25, 50].map(|nodes| random(nodes, nodes * 3)));
    graphs.extend([30, 80, 200].map(series_parallel));
    graphs.extend([(5, 4), (8, 8), (15, 12)].map(|(width, depth)| layered(width, depth, 2)));
    graphs.extend([(6, 4), (12, 6)].map(|(width, depth)| layered(width, depth, 4)));
    graphs.extend([(10, 4), (30, 12)].map(|(nodes, extra)| cyclic(nodes, extra)));
    graphs.extend([24, 60].map(scattered));
    graphs
}

/// A draw from `0..limit`.
fn draw(source: &mut ChaCha8Rng, limit: u32) -> u32 {
    source.next_u32() % limit.max(1)
}

fn seeded(seed: u32) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(u64::from(seed))
}

/// One after the other.
#[must_use]
pub fn chain(nodes: u32) -> Graph {
    Graph::new(format!("chain-{nodes}"), nodes, (1..nodes).map(|node| (node - 1, node)))
}

/// One, then many beside each other, then one.
#[must_use]
pub fn fan(width: u32) -> Graph {
    let blades = (1..=width).flat_map(|node| [(0, node), (node, width + 1)]);
    Graph::new(format!("fan-{width}"), width + 2, blades)
}

/// Chains between a first and a last node.
fn parallel_chains(chains: u32, length: u32) -> Graph {
    let last = chains * length + 1;
    let at = move |chain: u32, place: u32| 1 + chain * length + place;
    let edges = (0..chains).flat_map(move |chain| {
        let inner = (1..length).map(move |place| (at(chain, place - 1), at(chain, place)));
        inner.chain([(0, at(chain, 0)), (at(chain, length - 1), last)])
    });
    Graph::new(format!("parallel-chains-{chains}x{length}"), last + 1, edges)
}

/// A chain in which each node also takes what the second before it gives, and the last what all give.
fn skipped_chain(nodes: u32) -> Graph {
    let skips = (2..nodes).flat_map(|node| [(node - 1, node), (node - 2, node), (node - 2, nodes - 1)]);
    Graph::new(format!("skipped-chain-{nodes}"), nodes, skips.chain([(0, 1)]))
}

/// Diamonds inside diamonds.
fn diamonds(depth: u32) -> Graph {
    fn split(edges: &mut Vec<(u32, u32)>, nodes: &mut u32, (from, to): (u32, u32), depth: u32) {
        if depth == 0 {
            edges.push((from, to));
            return;
        }
        for _ in 0..2 {
            let middle = *nodes;
            *nodes += 1;
            split(edges, nodes, (from, middle), depth - 1);
            split(edges, nodes, (middle, to), depth - 1);
        }
    }
    let (mut edges, mut nodes) = (Vec::new(), 2);
    split(&mut edges, &mut nodes, (0, 1), depth);
    Graph::new(format!("diamonds-{depth}"), nodes, edges)
}

/// Two chains with rungs from each node of one to the next of the other.
fn ladder(rungs: u32) -> Graph {
    let edges = (0..rungs).flat_map(|rung| {
        let (a, b) = (2 * rung, 2 * rung + 1);
        [(a, a + 2), (b, b + 2), (a, b + 2), (b, a + 2)]
    });
    Graph::new(format!("ladder-{rungs}"), 2 * rungs + 2, edges)
}

/// A square in which each node leads down and to the right.
fn grid(side: u32) -> Graph {
    let cells = (0..side).flat_map(|row| (0..side).map(move |column| (row, column)));
    let edges = cells.flat_map(|(row, column)| {
        let cell = row * side + column;
        let right = (column + 1 < side).then_some((cell, cell + 1));
        right.into_iter().chain((row + 1 < side).then_some((cell, cell + side)))
    });
    Graph::new(format!("grid-{side}"), side * side, edges)
}

/// The network of a fast Fourier transform.
fn butterfly(stages: u32) -> Graph {
    let width = 1 << stages;
    let edges = (0..stages).flat_map(|stage| {
        (0..width).flat_map(move |row| {
            let (from, next) = (stage * width + row, (stage + 1) * width);
            [(from, next + row), (from, next + (row ^ (1 << stage)))]
        })
    });
    Graph::new(format!("butterfly-{stages}"), (stages + 1) * width, edges)
}

/// A tree whose leaves meet again.
fn tree(arity: u32, depth: u32) -> Graph {
    let inner = (arity.pow(depth) - 1) / (arity - 1);
    let last = (arity.pow(depth + 1) - 1) / (arity - 1);
    let branches = (0..inner).flat_map(|node| (1..=arity).map(move |child| (node, node * arity + child)));
    Graph::new(
        format!("tree-{arity}-{depth}"),
        last + 1,
        branches.chain((inner..last).map(|leaf| (leaf, last))),
    )
}

/// Stages of workers, each stage joined before the next starts; every join takes the first node's output.
fn stages(width: u32, depth: u32) -> Graph {
    let edges = (0..depth).flat_map(|stage| {
        let join = stage * (width + 1);
        let workers =
            (1..=width).flat_map(move |worker| [(join, join + worker), (join + worker, join + width + 1)]);
        workers.chain([(0, join + width + 1)])
    });
    Graph::new(format!("stages-{width}x{depth}"), depth * (width + 1) + 1, edges)
}

/// Each node takes one to three of the `window` before it: a workflow as people write them.
#[must_use]
pub fn recent(nodes: u32, window: u32) -> Graph {
    let mut source = seeded(nodes ^ (window << 20));
    let edges = (1..nodes).flat_map(|node| {
        let inputs = 1 + draw(&mut source, 3);
        let back: Vec<_> = (0..inputs).map(|_| 1 + draw(&mut source, window.min(node))).collect();
        back.into_iter().map(move |back| (node - back, node))
    });
    let edges: Vec<_> = edges.collect();
    Graph::new(format!("recent-{window}-{nodes}"), nodes, edges)
}

/// So many edges between any two nodes.
fn random(nodes: u32, edges: u32) -> Graph {
    let mut source = seeded((nodes + edges) << 10);
    let pairs = (0..edges).map(|_| (draw(&mut source, nodes), draw(&mut source, nodes)));
    let forward = pairs.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b)));
    let forward: Vec<_> = forward.collect();
    Graph::new(format!("random-{nodes}-{edges}"), nodes, forward)
}

/// Grown from one edge: an edge becomes two in a row or two beside each other, again and again.
fn series_parallel(nodes: u32) -> Graph {
    let mut source = seeded(nodes << 8);
    let mut edges = vec![(0, 1)];
    for node in 2..nodes {
        let at = draw(&mut source, u32::try_from(edges.len()).unwrap_or(u32::MAX)) as usize;
        let (from, to) = edges[at];
        if draw(&mut source, 2) == 0 {
            edges.swap_remove(at);
        }
        edges.extend([(from, node), (node, to)]);
    }
    Graph::new(format!("series-parallel-{nodes}"), nodes, edges)
}

/// Columns of one width; each node takes so many of the column before, and sometimes one from further back.
#[must_use]
pub fn layered(width: u32, depth: u32, inputs: u32) -> Graph {
    let mut source = seeded(width ^ (depth << 8) ^ (inputs << 16));
    let mut edges = Vec::new();
    for node in width..width * depth {
        let column = node / width;
        for _ in 0..inputs {
            edges.push(((column - 1) * width + draw(&mut source, width), node));
        }
        if draw(&mut source, 10) == 0 {
            edges.push((draw(&mut source, column * width), node));
        }
    }
    Graph::new(format!("layered-{width}x{depth}-{inputs}"), width * depth, edges)
}

/// A broken workflow: some nodes wait for later ones.
fn cyclic(nodes: u32, extra: u32) -> Graph {
    let mut source = seeded(nodes ^ (extra << 12));
    let forward = recent(nodes, 8).edges;
    let any = (0..extra).map(|_| (draw(&mut source, nodes), draw(&mut source, nodes)));
    let any: Vec<_> = any.filter(|(from, to)| from != to).collect();
    let forward = forward.into_iter().filter(|&(from, to)| !any.contains(&(to, from)));
    Graph::new(format!("cyclic-{nodes}-{extra}"), nodes, forward.chain(any.iter().copied()))
}

/// Several workflows that have nothing to do with each other.
fn scattered(nodes: u32) -> Graph {
    let parts = nodes / 6;
    let edges = recent(nodes, 20).edges.into_iter().filter(|(from, to)| from % parts == to % parts);
    let chains = (parts..nodes).map(|node| (node - parts, node));
    Graph::new(format!("scattered-{nodes}"), nodes, edges.chain(chains).collect::<Vec<_>>())
}
