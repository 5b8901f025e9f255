//! What is measured, by name: the same graphs and programs natively, in wasm, and by other layouts.

use crate::programs::{Kind, Program, mixed};
use crate::{Graph, families};

/// Columns of a hundred nodes that each take four values of the column before.
fn columns(nodes: u32) -> Graph {
    families::layered(100, nodes / 100, 4)
}

/// A row's name, the program's shape, and what each node is.
type Workload = (&'static str, fn() -> Graph, fn(u32) -> Kind);

/// Programs that are compiled, with the names of their rows. The first two are those of the goals: one
/// branch and one sub-workflow in a hundred nodes.
pub fn compiled() -> impl Iterator<Item = (&'static str, Program)> {
    let workloads: [Workload; 6] = [
        ("columns_10k", || columns(10_000), mixed),
        ("columns_50k", || columns(50_000), mixed),
        ("chain_50k", || families::chain(50_000), |_| Kind::Task),
        ("fan_50k", || families::fan(50_000), |_| Kind::Task),
        ("branches_50k", || families::chain(50_000), |_| Kind::Branch),
        ("sub_workflows_50k", || families::chain(50_000), |_| Kind::SubWorkflow),
    ];
    let workloads = workloads.into_iter().map(|(name, graph, kind)| (name, Program::new(&graph(), kind)));
    // The dataclass has about a megabyte.
    workloads.chain([("approvals_10k", Program::approvals(10_000, 25_000))])
}

/// Graphs that are drawn, with the names of their rows.
#[must_use]
pub fn drawn() -> Vec<(&'static str, Graph)> {
    vec![
        ("recent_50", families::recent(50, 40)),
        ("recent_1k", families::recent(1_000, 40)),
        ("recent_5k", families::recent(5_000, 40)),
        ("recent_10k", families::recent(10_000, 40)),
        ("recent_50k", families::recent(50_000, 40)),
        ("chain_5k", families::chain(5_000)),
        ("fan_5k", families::fan(5_000)),
    ]
}
