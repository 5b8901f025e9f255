//! The committed graphs, and what other layouts made of them: the files of `compiler/bench/corpus`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::Graph;
use crate::drawing::Drawing;

/// What a layout of another project draws of one graph.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// Crossings of its lines.
    pub crossings: u64,
    /// Its lines that pass through a node.
    pub through_nodes: usize,
}

impl Peer {
    /// Counts.
    #[must_use]
    pub fn of(drawing: &Drawing) -> Self {
        Self { crossings: drawing.crossings(), through_nodes: drawing.lines_through_nodes() }
    }
}

/// By graph, by layout: its name with its version.
pub type Peers = BTreeMap<String, BTreeMap<String, Peer>>;

/// A file of the corpus.
#[must_use]
pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(file)
}

/// All graphs, in the order of the file.
///
/// # Errors
/// When the file is not there or a line is no graph.
pub fn graphs() -> Result<Vec<Graph>> {
    read("graphs.txt")?.lines().map(str::parse).collect()
}

/// The records of other layouts.
///
/// # Errors
/// When the file is not there or no such record.
pub fn peers() -> Result<Peers> {
    Ok(serde_json::from_str(&read("peers.json")?)?)
}

fn read(file: &str) -> Result<String> {
    let path = path(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}
