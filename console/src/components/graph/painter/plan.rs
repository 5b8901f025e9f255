//! What a picture is made of, in pieces that each take well under a millisecond.

use std::sync::Arc;

use leptos::prelude::*;

use super::super::palette::tone;
use super::super::stage::{Found, Hovered, Items, Stage};
use super::brush::{Box, Brush, Stroke};
use crate::model::phase::Phase;
use crate::model::scene::level::Level;
use crate::model::scene::marks::{Change, EdgeMark, Fault, Marks};
use crate::model::scene::view::{self, Bar, Seen};
use crate::model::scene::{Edge, Inside, Scene};
use crate::model::sorted::{set, sort_by_key};
use crate::model::viewport::Viewport;

/// Edges, boxes and names that are drawn in one piece.
const EDGES: usize = 120;
const BOXES: usize = 250;
const NAMES: usize = 40;
/// Edges drawn at most where nodes are boxes: more of them are one grey area, and cost the most.
const MOST_EDGES: usize = 6_000;
/// How high a bar is on the screen.
const BAR: f64 = 4.0;

/// A piece of a picture.
enum Piece {
    Clusters(Vec<u32>),
    Edges(Stroke, Vec<u32>),
    Boxes(Box, Vec<u32>),
    Names(Vec<u32>),
    Items(u32),
    Bars(Vec<Bar>),
    Bands,
}

/// Pieces that are still to be drawn, the last one first.
pub(super) struct Plan {
    scene: Arc<Scene>,
    phases: Arc<Vec<Phase>>,
    items: Items,
    level: Level,
    pieces: Vec<Piece>,
}

impl Plan {
    pub(super) fn new(stage: Stage, view: &Viewport) -> Self {
        let scene = stage.scene();
        let phases = stage.phases.get_untracked();
        let level = view::level(view);
        let items = stage.items.get_untracked();
        let mut plan = Self { scene, phases, items, level, pieces: Vec::new() };
        if level == Level::Bars {
            plan.far(stage, view);
        } else {
            plan.near(stage, view);
        }
        // They are taken from the end.
        plan.pieces.reverse();
        plan
    }

    pub(super) fn is_done(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn step(&mut self, brush: &Brush<'_>) {
        let Some(piece) = self.pieces.pop() else { return };
        let scene = &self.scene;
        match piece {
            Piece::Clusters(nodes) => nodes.iter().for_each(|at| brush.cluster(&scene.nodes[*at as usize])),
            Piece::Edges(stroke, edges) => {
                let lines = edges.iter().map(|edge| scene.line(&scene.edges[*edge as usize]));
                brush.edges(stroke, lines, self.level);
            }
            Piece::Boxes(kind, nodes) => {
                brush.boxes(kind, nodes.iter().map(|at| &scene.nodes[*at as usize]), self.level);
            }
            Piece::Names(nodes) => nodes.iter().for_each(|at| brush.name(&scene.nodes[*at as usize])),
            Piece::Items(at) => {
                let node = &scene.nodes[at as usize];
                brush.items(node, self.items.get(&node.path).map_or(&[], |items| items.as_slice()));
            }
            Piece::Bars(bars) => bars.iter().for_each(|bar| brush.bar(bar)),
            Piece::Bands => brush.bands(scene),
        }
    }

    /// Columns as bars.
    fn far(&mut self, stage: Stage, view: &Viewport) {
        let (scene, phases) = (&self.scene, &self.phases);
        let bars = stage.marks.with_untracked(|marks| {
            let is_wrong =
                |at: u32| marks.of(&scene.nodes[at as usize].path).is_some_and(|mark| mark.errors > 0);
            let phase = |at: u32| phases.get(at as usize).map_or(0, |phase| tone(*phase));
            // What is wrong is as red as what failed.
            view::bars(scene, (BAR / view.scale) as f32, |at| if is_wrong(at) { 3 } else { phase(at) })
        });
        self.pieces.push(Piece::Bands);
        self.pieces.extend(bars.chunks(BOXES).map(|bars| Piece::Bars(bars.to_vec())));
    }

    fn near(&mut self, stage: Stage, view: &Viewport) {
        let seen = view::seen(&self.scene, view, stage.extent.get_untracked());
        let cards = set(view::cards(&self.scene, &seen, view));
        let open = |at: &u32| self.scene.nodes[*at as usize].inside.is_open();
        let (open, flat): (Vec<u32>, Vec<u32>) = seen.nodes.iter().copied().partition(open);
        let maps = open
            .iter()
            .copied()
            .filter(|at| matches!(self.scene.nodes[*at as usize].inside, Inside::Items { .. }));
        let maps: Vec<u32> = maps.collect();
        let drawn = flat.iter().copied().filter(|at| !cards.contains(at));
        let named: Vec<u32> =
            drawn.clone().chain(open.iter().copied().filter(|at| !cards.contains(at))).collect();
        let boxes = self.boxes(stage, drawn);
        self.pieces.extend(open.chunks(BOXES).map(|nodes| Piece::Clusters(nodes.to_vec())));
        let strokes = self.edges(stage, &seen);
        for (stroke, edges) in strokes {
            self.pieces.extend(edges.chunks(EDGES).map(|edges| Piece::Edges(stroke, edges.to_vec())));
        }
        for (kind, nodes) in boxes {
            self.pieces.extend(nodes.chunks(BOXES).map(|nodes| Piece::Boxes(kind, nodes.to_vec())));
        }
        self.pieces.extend(maps.into_iter().map(Piece::Items));
        if self.level >= Level::Labels {
            self.pieces.extend(named.chunks(NAMES).map(|nodes| Piece::Names(nodes.to_vec())));
        }
    }

    /// Boxes by how they look.
    fn boxes(&self, stage: Stage, nodes: impl Iterator<Item = u32>) -> Vec<(Box, Vec<u32>)> {
        let found = stage.found.get_untracked();
        let selected = stage.selected.get_untracked().and_then(|path| self.scene.find(&path));
        let mut sorted: Vec<(Box, Vec<u32>)> = Vec::new();
        stage.marks.with_untracked(|marks| {
            for at in nodes {
                let node = &self.scene.nodes[at as usize];
                let mark = marks.of(&node.path);
                let kind = Box {
                    tone: if node.kind.is_still() {
                        5
                    } else {
                        self.phases.get(at as usize).map_or(0, |phase| tone(*phase))
                    },
                    is_still: node.kind.is_still(),
                    is_selected: selected == Some(at),
                    is_dim: matches!(&found, Found::Some(found) if !found.contains(&at)),
                    is_wrong: mark.is_some_and(|mark| mark.errors > 0 || mark.fault == Some(Fault::Circle)),
                    is_missing: mark.is_some_and(|mark| mark.fault == Some(Fault::Missing)),
                    change: mark.and_then(|mark| mark.change),
                };
                put(&mut sorted, kind, at);
            }
        });
        sorted
    }

    /// Edges by how they look, those on top last.
    fn edges(&self, stage: Stage, seen: &Seen) -> Vec<(Stroke, Vec<u32>)> {
        let look = Look {
            plan: self,
            found: stage.found.get_untracked(),
            selected: stage.selected.get_untracked().and_then(|path| self.scene.find(&path)),
            hovered: match stage.hovered.get_untracked() {
                Some(Hovered::Edge(edge)) => Some(edge),
                _ => None,
            },
            pinned: stage.pinned.get_untracked(),
        };
        let step = seen.edges.len().div_ceil(MOST_EDGES).max(1);
        let step = if self.level == Level::Boxes { step } else { 1 };
        let mut sorted: Vec<(Stroke, Vec<u32>)> = Vec::new();
        stage.marks.with_untracked(|marks| {
            for (place, &edge) in seen.edges.iter().enumerate() {
                let stroke = look.stroke(marks, edge);
                if stroke > Stroke::Plain || place % step == 0 {
                    put(&mut sorted, stroke, edge);
                }
            }
        });
        sort_by_key(&mut sorted, |(stroke, _)| *stroke);
        sorted
    }
}

/// What decides how an edge looks.
struct Look<'a> {
    plan: &'a Plan,
    found: Found,
    selected: Option<u32>,
    hovered: Option<u32>,
    pinned: Option<u32>,
}

impl Look<'_> {
    fn stroke(&self, marks: &Marks, at: u32) -> Stroke {
        let scene = &self.plan.scene;
        let edge: &Edge = &scene.edges[at as usize];
        if self.hovered == Some(at) || self.pinned == Some(at) {
            return Stroke::Pointed;
        }
        if !marks.edges.is_empty() {
            let ends =
                (scene.nodes[edge.from as usize].path.clone(), scene.nodes[edge.to as usize].path.clone());
            match marks.edges.get(&ends) {
                Some(EdgeMark::Mismatch) => return Stroke::Mismatch,
                Some(EdgeMark::Circle) => return Stroke::Circle,
                Some(EdgeMark::Changed(Change::Added)) => return Stroke::Added,
                Some(EdgeMark::Changed(Change::Removed)) => return Stroke::Removed,
                Some(EdgeMark::Changed(_)) | None => {}
            }
        }
        if self.selected.is_some_and(|at| edge.from == at || edge.to == at) {
            return Stroke::Near;
        }
        if let Found::Some(found) = &self.found
            && !(found.contains(&edge.from) && found.contains(&edge.to))
        {
            return Stroke::Dim;
        }
        match self.plan.phases.get(edge.to as usize) {
            Some(Phase::Running) => Stroke::Running,
            Some(Phase::NotRun | Phase::Skipped) => Stroke::Waiting,
            _ => Stroke::Plain,
        }
    }
}

fn put<K: PartialEq>(sorted: &mut Vec<(K, Vec<u32>)>, kind: K, one: u32) {
    match sorted.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, all)) => all.push(one),
        None => sorted.push((kind, vec![one])),
    }
}
