//! Graphviz' language.

use std::fmt::Write;

use super::super::{Inside, Scene};
use super::is_round;

pub(super) fn write(scene: &Scene, title: &str) -> String {
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  compound=true;\n  node [shape=box, style=rounded];\n",
        quoted(title)
    );
    let mut open: Vec<u32> = Vec::new();
    for (at, node) in (0_u32..).zip(&scene.nodes) {
        close(scene, &mut open, at, &mut text);
        let indent = "  ".repeat(open.len() + 1);
        let label = format!("{}\\n{}", node.title.replace('\\', "\\\\"), node.subtitle);
        let label = quoted(&label).replace("\\\\n", "\\n");
        if node.inside == Inside::Nodes {
            let _ = writeln!(
                text,
                "{indent}subgraph {} {{\n{indent}  label={label};",
                quoted(&format!("cluster {}", node.path))
            );
            open.push(at);
        } else {
            let shape = if is_round(&node.kind) { ", shape=oval" } else { "" };
            let _ = writeln!(text, "{indent}{} [label={label}{shape}];", quoted(&node.path));
        }
    }
    close(scene, &mut open, u32::MAX, &mut text);
    for edge in &scene.edges {
        let (from, head) = end(scene, edge.from, "ltail");
        let (to, tail) = end(scene, edge.to, "lhead");
        let ends: Vec<_> = [head, tail].into_iter().flatten().collect();
        let ends = if ends.is_empty() { String::new() } else { format!(" [{}]", ends.join(", ")) };
        let _ = writeln!(text, "  {} -> {}{ends};", quoted(&from), quoted(&to));
    }
    text.push_str("}\n");
    text
}

fn close(scene: &Scene, open: &mut Vec<u32>, at: u32, text: &mut String) {
    while open.pop_if(|up| scene.nodes[*up as usize].end <= at).is_some() {
        let _ = writeln!(text, "{}}}", "  ".repeat(open.len() + 1));
    }
}

/// An edge of an open node ends at a node inside of it, and is cut at its border.
fn end(scene: &Scene, at: u32, cut: &str) -> (String, Option<String>) {
    let node = &scene.nodes[at as usize];
    match node.inside {
        Inside::Nodes if at + 1 < node.end => {
            let (inner, _) = end(scene, at + 1, cut);
            (inner, Some(format!("{cut}={}", quoted(&format!("cluster {}", node.path)))))
        }
        _ => (node.path.clone(), None),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
