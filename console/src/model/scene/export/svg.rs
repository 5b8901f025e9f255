//! A picture: the colours of the light theme, and of the dark one where the reader prefers it.

use std::fmt::Write;

use super::super::super::phase::Phase;
use super::super::{CARD, Scene};
use super::escaped;

/// Empty space around the drawing.
const MARGIN: f32 = 24.0;
/// What a letter is wide, on average.
const LETTER: f32 = 7.2;

/// Its colours, apart from what needs them: a page with the picture inside has them once.
pub(super) const STYLE: &str = "\
.ground{fill:#fff}.node rect{fill:#fff;stroke:#c3c9d2}.node.open>rect{fill:#f0f2f5}.node text{font:600 13px system-ui,sans-serif;fill:#1b212b}\
.node .sub,.node .when{font-weight:400;font-size:11px;fill:#596273}.node .mark{font-weight:700}.edge{fill:none;stroke:#8b94a3;stroke-width:1.5}\
.good rect{stroke:#14703f;stroke-width:2}.good .mark{fill:#14703f}.bad rect{stroke:#b3261e;stroke-width:2}.bad .mark{fill:#b3261e}\
.busy rect{stroke:#1f5fc4;stroke-width:2}.busy .mark{fill:#1f5fc4}\
@media(prefers-color-scheme:dark){.ground{fill:#1a1e25}.node rect{fill:#1a1e25;stroke:#434b59}.node.open>rect{fill:#14181e}\
.node text{fill:#e5e9ef}.node .sub,.node .when{fill:#9da7b6}.edge{stroke:#6b7585}}";

pub(super) fn write(scene: &Scene, phases: &[Phase], title: &str) -> String {
    let (width, height) = (scene.width + 2.0 * MARGIN, scene.height + 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{0} {0} {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\
         <title>{1}</title><style>{STYLE}</style>\
         <rect class=\"ground\" x=\"{0}\" y=\"{0}\" width=\"{width}\" height=\"{height}\"/>\n",
        -MARGIN,
        escaped(title)
    );
    // Open nodes lie under the lines that are inside of them.
    for at in 0..scene.nodes.len() {
        if scene.nodes[at].inside.is_open() {
            node(scene, phases, at, &mut text);
        }
    }
    for edge in &scene.edges {
        let _ = writeln!(text, "<path class=\"edge\" d=\"{}\"/>", curve(scene.line(edge)));
    }
    for at in 0..scene.nodes.len() {
        if !scene.nodes[at].inside.is_open() {
            node(scene, phases, at, &mut text);
        }
    }
    text.push_str("</svg>\n");
    text
}

fn node(scene: &Scene, phases: &[Phase], at: usize, text: &mut String) {
    let (node, phase) = (&scene.nodes[at], super::phase(scene, phases, at));
    let rect = node.rect;
    let class = match phase {
        Some(Phase::Succeeded | Phase::Recovered) => " good",
        Some(Phase::Failed | Phase::Failing | Phase::TimedOut | Phase::Aborted | Phase::Aborting) => " bad",
        Some(Phase::Running | Phase::Succeeding) => " busy",
        _ => "",
    };
    let open = if node.inside.is_open() { " open" } else { "" };
    let radius = if node.kind.is_boundary() { CARD.1 / 2.0 } else { 8.0 };
    let _ = write!(
        text,
        "<g class=\"node{open}{class}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>",
        rect.x, rect.y, rect.width, rect.height
    );
    if !node.label.is_empty() {
        let _ = write!(
            text,
            "<text class=\"when\" x=\"{}\" y=\"{}\">{}</text>",
            rect.x + 2.0,
            rect.y - 6.0,
            escaped(&node.label)
        );
    }
    let mark = phase.map_or("", Phase::glyph);
    let (x, room) = (rect.x + 14.0, ((rect.width - 28.0) / LETTER) as usize);
    let _ = write!(
        text,
        "<text x=\"{x}\" y=\"{}\"><tspan class=\"mark\">{mark}</tspan> {}</text>",
        rect.y + 24.0,
        escaped(&cut(&node.title, room))
    );
    let _ = writeln!(
        text,
        "<text class=\"sub\" x=\"{x}\" y=\"{}\">{}</text></g>",
        rect.y + 41.0,
        escaped(&cut(&node.subtitle, room))
    );
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        text.to_owned()
    } else {
        text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    }
}

/// A line through points that leaves and enters each of them horizontally, as the `d` of a path.
fn curve(points: &[(f32, f32)]) -> String {
    let mut path = String::new();
    let Some(((x, y), rest)) = points.split_first() else { return path };
    let _ = write!(path, "M{x:.1} {y:.1}");
    let mut from = (*x, *y);
    for to in rest {
        let middle = f32::midpoint(from.0, to.0);
        let _ = write!(path, "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", from.1, to.1, to.0, to.1);
        from = *to;
    }
    path
}
