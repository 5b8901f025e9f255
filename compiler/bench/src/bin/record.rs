//! Writes the corpus anew: `graphs.txt`, and `peers.json` with what other layouts make of it.
//!
//!     (cd compiler/bench && npm ci) && cargo run --release -p aileron-compiler-bench --bin record
//!
//! Lines are counted by the same counter for every layout, ours included.

use std::fs;

use aileron_compiler_bench::corpus::{self, Peer, Peers};
use aileron_compiler_bench::{Graph, families, node, recorded, sugiyama};
use anyhow::Result;

fn main() -> Result<()> {
    let mut graphs = recorded::graphs()?;
    graphs.extend(families::all());
    let lines: String = graphs.iter().map(|graph| format!("{graph}\n")).collect();
    fs::write(corpus::path("graphs.txt"), lines)?;
    let peers = serde_json::to_string_pretty(&record(&graphs)?)?;
    fs::write(corpus::path("peers.json"), peers + "\n")?;
    Ok(())
}

fn record(graphs: &[Graph]) -> Result<Peers> {
    let mut peers = Peers::new();
    for drawn in node::draw("elkjs", graphs)? {
        let peer = Peer::of(&drawn.drawing);
        peers.entry(drawn.name).or_default().insert(drawn.layout, peer);
    }
    for graph in graphs {
        let peer = Peer::of(&sugiyama::draw(graph));
        peers.entry(graph.name.clone()).or_default().insert(sugiyama::NAME.to_owned(), peer);
    }
    Ok(peers)
}
