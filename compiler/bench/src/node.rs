//! Layouts that run in Node: `peers.mjs` draws with them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::Graph;
use crate::drawing::{Drawing, Line, Rectangle, SIZE, point};

/// A graph, drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The layout, with its version.
    pub layout: String,
    /// The graph.
    pub name: String,
    /// How long drawing took.
    pub milliseconds: f64,
    /// What came out.
    pub drawing: Drawing,
}

/// What the script answers for each graph.
#[derive(Deserialize)]
struct Answer {
    layout: String,
    name: String,
    milliseconds: f64,
    nodes: Vec<(f64, f64)>,
    lines: Vec<Vec<(f64, f64)>>,
}

/// Draws graphs with `elkjs` or `dagre`, one after the other.
///
/// # Errors
/// When node or the package is not installed, or the layout fails.
pub fn draw(layout: &str, graphs: &[Graph]) -> Result<Vec<Drawn>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(layout).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command.spawn().context("failed to start node; is it on PATH?")?;
    let lines: String = graphs.iter().map(|graph| format!("{graph}\n")).collect();
    let mut input = node.stdin.take().context("node has an input")?;
    // Node answers while it reads: without a second thread both pipes would fill up.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = node.wait_with_output()?;
    let written = writer.join().ok().context("the graphs were not written")?;
    ensure!(output.status.success(), "{layout} failed; `npm ci` in compiler/bench installs it");
    written?;
    let answers = String::from_utf8(output.stdout)?;
    let answers = answers.lines().map(serde_json::from_str);
    answers.zip(graphs).map(|(answer, graph)| Ok(drawn(answer?, graph))).collect()
}

fn drawn(answer: Answer, graph: &Graph) -> Drawn {
    let Answer { layout, name, milliseconds, nodes, lines } = answer;
    let node = |(x, y): (f64, f64)| Rectangle { low: point(x, y), high: point(x + SIZE.0, y + SIZE.1) };
    let line = |(line, &(from, to)): (Vec<(f64, f64)>, &(u32, u32))| {
        let points = line.into_iter().map(|(x, y)| point(x, y)).collect();
        Line { from, to, points }
    };
    let lines = lines.into_iter().zip(&graph.edges).map(line).collect();
    let drawing = Drawing { nodes: nodes.into_iter().map(node).collect(), lines };
    Drawn { layout, name, milliseconds, drawing }
}
