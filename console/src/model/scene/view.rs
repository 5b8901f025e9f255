//! What of a scene is seen through a viewport, and at which level of detail.

use super::build::CARD;
use super::grid::Rect;
use super::level::Level;
use super::{Inside, Scene};
use crate::model::sorted;
use crate::model::viewport::Viewport;

/// Cards that are elements of the page at most; the others are drawn.
pub const MOST_CARDS: usize = 200;
/// On the screen around what is seen, so that a small move shows nothing new.
const AROUND: f32 = 40.0;

/// What is seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The part of the scene that is seen, and a little around it.
    pub part: Rect,
    /// Nodes, in the scene's order: what is inside of a node comes after it.
    pub nodes: Vec<u32>,
    /// Edges.
    pub edges: Vec<u32>,
}

/// The level of detail of a viewport.
pub fn level(viewport: &Viewport) -> Level {
    Level::of(CARD.1, viewport.scale)
}

/// The part of the scene that a frame of a size shows.
pub fn part(viewport: &Viewport, frame: (f64, f64)) -> Rect {
    let around = f64::from(AROUND);
    let at = |screen: f64, origin: f64| ((screen - origin) / viewport.scale) as f32;
    let (x, y) = (at(-around, viewport.x), at(-around, viewport.y));
    let (right, bottom) = (at(frame.0 + around, viewport.x), at(frame.1 + around, viewport.y));
    Rect { x, y, width: right - x, height: bottom - y }
}

/// What a frame of a size shows.
pub fn seen(scene: &Scene, viewport: &Viewport, frame: (f64, f64)) -> Seen {
    let part = part(viewport, frame);
    let nodes = scene.nodes_within(&part);
    Seen { part, edges: scene.edges_within(&part), nodes }
}

/// Which of the seen nodes are cards, elements of the page: at the nearest level those nearest to the
/// middle. An open node of several screens' size has a head only.
pub fn cards(scene: &Scene, seen: &Seen, viewport: &Viewport) -> Vec<u32> {
    if level(viewport) != Level::Cards {
        return Vec::new();
    }
    let mut nodes = seen.nodes.clone();
    if nodes.len() > MOST_CARDS {
        let middle = seen.part.middle();
        let apart = |at: &u32| {
            let (x, y) = scene.nodes[*at as usize].rect.middle();
            (x - middle.0).hypot(y - middle.1)
        };
        sorted::sort_by(&mut nodes, |a, b| apart(a).total_cmp(&apart(b)));
        nodes.truncate(MOST_CARDS);
        nodes.sort_unstable();
    }
    nodes
}

/// A bar that stands for many nodes: a part of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Where.
    pub rect: Rect,
    /// How many nodes of each tone.
    pub counts: [u32; TONES],
}

/// How many colours phases have.
pub const TONES: usize = 6;

/// The scene as bars: each column of outermost nodes in pieces of a height, with how many nodes of each
/// tone are in it. `tone` gives a node's, under [`TONES`].
pub fn bars(scene: &Scene, height: f32, tone: impl Fn(u32) -> usize) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut at = 0;
    while let Some(node) = scene.node(at) {
        let tone = tone(at);
        let is_next = bars.last().is_some_and(|bar| {
            #[expect(clippy::float_cmp, reason = "a column's cards have the same edge, to the bit")]
            let beside = bar.rect.x == node.rect.x;
            beside && node.rect.bottom() - bar.rect.y <= height
        });
        match bars.last_mut().filter(|_| is_next && node.inside == Inside::Nothing) {
            Some(bar) => {
                bar.rect.height = node.rect.bottom() - bar.rect.y;
                bar.counts[tone] += 1;
            }
            None => {
                let mut counts = [0; TONES];
                counts[tone] = 1;
                bars.push(Bar { rect: node.rect, counts });
            }
        }
        at = node.end.max(at + 1);
    }
    bars
}
