//! A list that can be read in a terminal or a mail.

use std::fmt::Write;

use super::super::super::phase::Phase;
use super::super::{Scene, outline};

pub(super) fn write(scene: &Scene, phases: &[Phase], title: &str) -> String {
    let mut text = format!("{title}\n\n");
    for line in outline::lines(scene) {
        let node = &scene.nodes[line.node as usize];
        let indent = "  ".repeat(line.level.saturating_sub(1) as usize);
        let _ = write!(text, "{indent}{} ({}) {}", node.title, node.id, node.kind.label());
        if !node.target.is_empty() && node.target != node.title {
            let _ = write!(text, " {}", node.target);
        }
        if !node.label.is_empty() {
            let _ = write!(text, " [{}]", node.label);
        }
        if let Some(phase) = super::phase(scene, phases, line.node as usize) {
            let _ = write!(text, " · {}", phase.label());
        }
        if !node.upstream.is_empty() {
            let ids: Vec<_> = node.upstream.iter().map(|at| scene.nodes[*at as usize].id.as_str()).collect();
            let _ = write!(text, " ← {}", ids.join(", "));
        }
        text.push('\n');
    }
    text
}
