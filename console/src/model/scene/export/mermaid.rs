//! Mermaid's flowcharts. Its names are letters and digits, so nodes are numbered.

use std::fmt::Write;

use super::super::{Inside, Kind, Scene};
use super::is_round;

pub(super) fn write(scene: &Scene) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let mut open: Vec<u32> = Vec::new();
    for (at, node) in (0_u32..).zip(&scene.nodes) {
        close(scene, &mut open, at, &mut text);
        let indent = "  ".repeat(open.len() + 1);
        let label = quoted(&format!("{} · {}", node.title, node.id));
        if node.inside == Inside::Nodes {
            let _ = writeln!(text, "{indent}subgraph n{at}[{label}]");
            open.push(at);
        } else {
            let (left, right) = match node.kind {
                _ if is_round(&node.kind) => ("([", "])"),
                Kind::Branch => ("{", "}"),
                Kind::Array => ("[[", "]]"),
                _ => ("[", "]"),
            };
            let _ = writeln!(text, "{indent}n{at}{left}{label}{right}");
        }
    }
    close(scene, &mut open, u32::MAX, &mut text);
    for edge in &scene.edges {
        let _ = writeln!(text, "  n{} --> n{}", edge.from, edge.to);
    }
    text
}

fn close(scene: &Scene, open: &mut Vec<u32>, at: u32, text: &mut String) {
    while open.pop_if(|up| scene.nodes[*up as usize].end <= at).is_some() {
        let _ = writeln!(text, "{}end", "  ".repeat(open.len() + 1));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;").replace('\n', " "))
}
