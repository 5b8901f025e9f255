//! How things look on the canvas. Sizes are in the scene's pixels; lines and letters are as thick on the
//! screen whatever the scale.

use std::collections::HashMap;

use js_sys::Array;
use web_sys::CanvasRenderingContext2d;

use super::super::palette::{Palette, tone};
use crate::model::items::Item;
use crate::model::scene::grid::Rect;
use crate::model::scene::level::Level;
use crate::model::scene::marks::Change;
use crate::model::scene::view::{Bar, TONES};
use crate::model::scene::{CARD, Inside, Node, Scene};

/// How an edge looks; later ones lie on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stroke {
    Dim,
    Waiting,
    Plain,
    Running,
    Added,
    Removed,
    Near,
    Circle,
    Mismatch,
    Pointed,
}

/// How a box looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Box {
    pub(super) tone: usize,
    pub(super) is_still: bool,
    pub(super) is_selected: bool,
    pub(super) is_dim: bool,
    pub(super) is_wrong: bool,
    pub(super) is_missing: bool,
    pub(super) change: Option<Change>,
}

pub(super) struct Brush<'a> {
    context: &'a CanvasRenderingContext2d,
    palette: &'a Palette,
    /// A pixel of the screen in the scene.
    pixel: f64,
}

impl<'a> Brush<'a> {
    pub(super) fn new(context: &'a CanvasRenderingContext2d, palette: &'a Palette, scale: f64) -> Self {
        Self { context, palette, pixel: 1.0 / scale }
    }

    fn dashes(&self, lengths: &[f64]) {
        let lengths: Array =
            lengths.iter().map(|length| wasm_bindgen::JsValue::from_f64(length * self.pixel)).collect();
        // Numbers are all that it refuses others for.
        let _ = self.context.set_line_dash(&lengths);
    }

    fn rounded(&self, rect: &Rect, radius: f64) {
        let (x, y) = (f64::from(rect.x), f64::from(rect.y));
        // The radius is a number, which is always taken.
        let _ = self.context.round_rect_with_f64(x, y, f64::from(rect.width), f64::from(rect.height), radius);
    }

    /// The ground of an open node.
    pub(super) fn cluster(&self, node: &Node) {
        let context = self.context;
        context.begin_path();
        self.rounded(&node.rect, 10.0);
        context.set_fill_style_str(&self.palette.sunken);
        context.set_global_alpha(0.75);
        context.fill();
        context.set_global_alpha(1.0);
        context.set_stroke_style_str(&self.palette.strong);
        context.set_line_width(1.2 * self.pixel.min(2.0));
        context.stroke();
    }

    pub(super) fn edges<'s>(
        &self,
        stroke: Stroke,
        lines: impl Iterator<Item = &'s [(f32, f32)]> + Clone,
        level: Level,
    ) {
        let (context, palette) = (self.context, self.palette);
        let (colour, width, dashes): (&str, f64, &[f64]) = match stroke {
            Stroke::Dim => (&palette.line, 1.0, &[]),
            Stroke::Waiting => (&palette.strong, 1.2, &[4.0, 4.0]),
            Stroke::Plain => (&palette.strong, 1.4, &[]),
            Stroke::Running => (&palette.tones[1].0, 1.8, &[]),
            Stroke::Added => (&palette.green, 2.4, &[]),
            Stroke::Removed => (&palette.red, 2.0, &[3.0, 4.0]),
            Stroke::Near => (&palette.accent, 2.2, &[]),
            Stroke::Circle => (&palette.amber, 2.6, &[9.0, 4.0]),
            Stroke::Mismatch => (&palette.red, 2.6, &[2.0, 4.0]),
            Stroke::Pointed => (&palette.accent, 3.0, &[]),
        };
        let thin = if level == Level::Boxes { 0.5 } else { 1.0 };
        context.begin_path();
        for line in lines.clone() {
            if level == Level::Boxes { self.straight(line) } else { self.curve(line) }
        }
        context.set_stroke_style_str(colour);
        context.set_line_width(
            width * thin * if level == Level::Cards { 1.0_f64.max(self.pixel * 0.6) } else { self.pixel },
        );
        self.dashes(dashes);
        context.stroke();
        self.dashes(&[]);
        if level >= Level::Labels {
            context.begin_path();
            lines.for_each(|line| self.arrow(line));
            context.set_fill_style_str(colour);
            context.fill();
        }
    }

    fn straight(&self, line: &[(f32, f32)]) {
        let mut points = line.iter().map(|(x, y)| (f64::from(*x), f64::from(*y)));
        if let Some((x, y)) = points.next() {
            self.context.move_to(x, y);
        }
        points.for_each(|(x, y)| self.context.line_to(x, y));
    }

    /// Leaves and enters each point horizontally.
    fn curve(&self, line: &[(f32, f32)]) {
        let mut points = line.iter().map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let Some(mut from) = points.next() else { return };
        self.context.move_to(from.0, from.1);
        for to in points {
            let middle = f64::midpoint(from.0, to.0);
            self.context.bezier_curve_to(middle, from.1, middle, to.1, to.0, to.1);
            from = to;
        }
    }

    fn arrow(&self, line: &[(f32, f32)]) {
        let Some(&(x, y)) = line.last() else { return };
        let (x, y) = (f64::from(x), f64::from(y));
        self.context.move_to(x, y);
        self.context.line_to(x - 8.0, y - 4.0);
        self.context.line_to(x - 8.0, y + 4.0);
        self.context.close_path();
    }

    pub(super) fn boxes<'s>(&self, kind: Box, nodes: impl Iterator<Item = &'s Node> + Clone, level: Level) {
        let (context, palette) = (self.context, self.palette);
        let (strong, soft) = &palette.tones[kind.tone];
        context.set_global_alpha(if kind.is_dim { 0.25 } else { 1.0 });
        context.begin_path();
        for node in nodes.clone() {
            let rect = Rect { height: node.rect.height.min(CARD.1), ..node.rect };
            if level == Level::Boxes {
                context.rect(
                    f64::from(rect.x),
                    f64::from(rect.y),
                    f64::from(rect.width),
                    f64::from(rect.height),
                );
            } else {
                self.rounded(&rect, if kind.is_still { 27.0 } else { 8.0 });
            }
        }
        // Far away the colour is the phase; near, its mark is.
        let is_hollow = kind.tone == 0 || kind.tone == 5;
        context.set_fill_style_str(if is_hollow || level == Level::Labels { &palette.surface } else { soft });
        context.fill();
        let (colour, width) = match kind {
            Box { is_selected: true, .. } => (&palette.accent, 3.0),
            Box { is_missing: true, .. } => (&palette.amber, 2.0),
            Box { is_wrong: true, .. } | Box { change: Some(Change::Removed), .. } => (&palette.red, 2.4),
            Box { change: Some(Change::Added), .. } => (&palette.green, 2.4),
            Box { change: Some(_), .. } => (&palette.amber, 2.4),
            _ => (strong, 1.0),
        };
        context.set_stroke_style_str(colour);
        context.set_line_width(width * self.pixel);
        self.dashes(if kind.is_missing || kind.change == Some(Change::Removed) { &[4.0, 3.0] } else { &[] });
        context.stroke();
        self.dashes(&[]);
        if !kind.is_still {
            context.begin_path();
            nodes.for_each(|node| self.shape(kind.tone, node));
            context.set_fill_style_str(strong);
            context.fill();
        }
        context.set_global_alpha(1.0);
    }

    /// The phase as a shape at the left: a circle for what went well, a square for what failed, a triangle
    /// for what runs, a bar for what was stopped.
    fn shape(&self, tone: usize, node: &Node) {
        let (x, y) = (
            f64::from(node.rect.x) + 20.0,
            f64::from(node.rect.y) + f64::from(node.rect.height.min(CARD.1)) / 2.0,
        );
        let context = self.context;
        match tone {
            1 => {
                context.move_to(x - 7.0, y - 9.0);
                context.line_to(x + 9.0, y);
                context.line_to(x - 7.0, y + 9.0);
                context.close_path();
            }
            2 => {
                context.move_to(x + 8.0, y);
                // An arc of a positive radius is always drawn.
                let _ = context.arc(x, y, 8.0, 0.0, std::f64::consts::TAU);
            }
            3 => context.rect(x - 9.0, y - 9.0, 18.0, 18.0),
            4 => context.rect(x - 4.0, y - 10.0, 8.0, 20.0),
            _ => context.rect(x - 3.0, y - 3.0, 6.0, 6.0),
        }
    }

    pub(super) fn name(&self, node: &Node) {
        let (context, palette) = (self.context, self.palette);
        let size = (13.0_f64).max(9.0 * self.pixel).min(26.0);
        context.set_font(&format!("600 {size:.1}px {}", palette.font));
        context.set_fill_style_str(&palette.ink);
        context.set_text_baseline("middle");
        let left = if node.kind.is_boundary() { 16.0 } else { 36.0 };
        let room = (f64::from(node.rect.width) - left - 10.0) / (size * 0.58);
        let text: String = node.title.chars().take((room as usize).max(1)).collect();
        let (x, y) = (f64::from(node.rect.x) + left, f64::from(node.rect.y) + f64::from(CARD.1) / 2.0);
        // Text is left out only where there is no canvas at all.
        let _ = context.fill_text(&text, x, y);
    }

    /// The items of a map that is open, those of a colour together; of what is not known the colour is grey.
    pub(super) fn items(&self, node: &Node, known: &[Item]) {
        let Inside::Items { count, row } = node.inside else { return };
        let (left, top, size) = super::items(node);
        let (context, gap) = (self.context, size * 0.12);
        let mut places: [Vec<u32>; TONES] = Default::default();
        let tones: HashMap<u32, usize> = known.iter().map(|item| (item.index, tone(item.phase))).collect();
        (0..count).for_each(|item| places[tones.get(&item).copied().unwrap_or_default()].push(item));
        for (tone, items) in places.iter().enumerate().filter(|(_, items)| !items.is_empty()) {
            context.begin_path();
            for item in items {
                let (column, line) = ((item % row) as f32, (item / row) as f32);
                let (x, y) = (left + column * size + gap, top + line * size + gap);
                let side = f64::from(size - 2.0 * gap);
                context.rect(f64::from(x), f64::from(y), side, side);
            }
            let (strong, soft) = &self.palette.tones[tone];
            // As boxes: grey is hollow, all else is filled.
            context.set_fill_style_str(if tone == 0 { soft } else { strong });
            context.fill();
            context.set_stroke_style_str(if tone == 0 { &self.palette.strong } else { strong });
            context.set_line_width(self.pixel * 0.6);
            context.stroke();
        }
    }

    /// Many nodes as one, with a part of its width for each tone.
    pub(super) fn bar(&self, bar: &Bar) {
        let all: u32 = bar.counts.iter().sum();
        let (x, y) = (f64::from(bar.rect.x), f64::from(bar.rect.y));
        let (width, height) = (f64::from(bar.rect.width), f64::from(bar.rect.height));
        let mut left = x;
        for (tone, count) in (0..TONES).zip(bar.counts).filter(|(_, count)| *count > 0) {
            let part = width * f64::from(count) / f64::from(all.max(1));
            let (strong, _) = &self.palette.tones[tone];
            self.context.set_fill_style_str(strong);
            self.context.set_global_alpha(if tone == 0 || tone == 5 { 0.55 } else { 0.95 });
            self.context.fill_rect(left, y, part, height);
            left += part;
        }
        self.context.set_global_alpha(1.0);
    }

    /// What lies between neighbouring columns as one band: the edges of thousands of nodes.
    pub(super) fn bands(&self, scene: &Scene) {
        let mut columns: Vec<Rect> = Vec::new();
        for node in scene.nodes.iter().filter(|node| node.parent.is_none()) {
            #[expect(clippy::float_cmp, reason = "a column's cards have the same edge, to the bit")]
            let column = columns.last_mut().filter(|column| column.x == node.rect.x);
            match column {
                Some(column) => column.height = node.rect.bottom() - column.y,
                None => columns.push(node.rect),
            }
        }
        let context = self.context;
        context.begin_path();
        for pair in columns.windows(2) {
            let (left, right) = (pair[0], pair[1]);
            context.move_to(f64::from(left.right()), f64::from(left.y));
            context.line_to(f64::from(right.x), f64::from(right.y));
            context.line_to(f64::from(right.x), f64::from(right.bottom()));
            context.line_to(f64::from(left.right()), f64::from(left.bottom()));
            context.close_path();
        }
        context.set_fill_style_str(&self.palette.strong);
        context.set_global_alpha(0.3);
        context.fill();
        context.set_global_alpha(1.0);
    }
}
