//! Draws what cards do not show, in slices: a frame never takes longer than its share, however large the
//! scene is. Until a picture is finished the one before is shown, moved to where it would be.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::palette::{Palette, sign, style_of};
use super::stage::Stage;
use crate::model::scene::{CARD, Inside, Node};
use crate::model::viewport::Viewport;

mod brush;
mod plan;

use brush::Brush;
use plan::Plan;

/// How long a frame draws, in milliseconds. The rest of its 16 are the browser's.
const SLICE: f64 = 3.5;

/// A finished picture.
struct Picture {
    canvas: HtmlCanvasElement,
    view: Viewport,
}

/// The painter of one graph.
struct Painter {
    stage: Stage,
    front: HtmlCanvasElement,
    palette: Palette,
    theme: String,
    shown: Option<Picture>,
    /// The picture in the making, and what it lacks.
    making: Option<(Picture, Plan)>,
    /// A canvas to make the next picture on.
    spare: Option<HtmlCanvasElement>,
    /// Whether what was planned is not how it is any more.
    is_stale: bool,
    is_due: bool,
}

/// Draws from now on whenever something changes.
pub(super) fn start(stage: Stage, canvas: NodeRef<html::Canvas>) {
    let painter: Rc<RefCell<Option<Painter>>> = Rc::default();
    let kept = StoredValue::new_local(painter);
    Effect::new(move |_| {
        // Each is read, so that a change of any paints anew.
        stage.view.track();
        stage.drawn.track();
        stage.phases.track();
        stage.items.track();
        stage.found.track();
        stage.marks.track();
        stage.selected.track();
        stage.hovered.track();
        stage.pinned.track();
        stage.extent.track();
        let Some(front) = canvas.get() else { return };
        kept.with_value(|painter| {
            let mut slot = painter.borrow_mut();
            slot.get_or_insert_with(|| Painter::new(stage, front)).is_stale = true;
            drop(slot);
            schedule(painter.clone());
        });
    });
    on_cleanup(move || {
        kept.try_with_value(|painter| painter.borrow_mut().take());
    });
}

/// One frame is asked for at a time.
fn schedule(painter: Rc<RefCell<Option<Painter>>>) {
    let is_due =
        painter.borrow_mut().as_mut().is_none_or(|painter| std::mem::replace(&mut painter.is_due, true));
    if is_due {
        return;
    }
    request_animation_frame(move || {
        let goes_on = painter.borrow_mut().as_mut().is_some_and(|painter| {
            painter.is_due = false;
            !painter.stage.is_gone() && painter.frame()
        });
        if goes_on {
            schedule(painter);
        }
    });
}

fn canvas() -> Option<HtmlCanvasElement> {
    document().create_element("canvas").ok()?.dyn_into().ok()
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

impl Painter {
    fn new(stage: Stage, front: HtmlCanvasElement) -> Self {
        Self {
            stage,
            front,
            palette: Palette::default(),
            theme: String::new(),
            shown: None,
            making: None,
            spare: None,
            is_stale: true,
            is_due: false,
        }
    }

    /// Draws for one frame; true if there is more to draw.
    fn frame(&mut self) -> bool {
        self.look_at_theme();
        if self.making.is_none() && self.is_stale {
            self.begin();
        }
        let started = now();
        let is_finished = match &mut self.making {
            Some((picture, plan)) => context(&picture.canvas).is_some_and(|context| {
                let brush = Brush::new(&context, &self.palette, picture.view.scale);
                while !plan.is_done() && now() - started < SLICE {
                    plan.step(&brush);
                }
                plan.is_done()
            }),
            None => false,
        };
        if is_finished && let Some((picture, _)) = self.making.take() {
            self.spare = self.shown.replace(picture).map(|before| before.canvas);
            // For who waits for the picture: tests and the benchmark.
            let scene = self.stage.scene();
            let _ = self.front.set_attribute("data-nodes", &scene.nodes.len().to_string());
            let items = scene.nodes.iter().map(|node| node.inside.items()).sum::<u32>();
            let _ = self.front.set_attribute("data-items", &items.to_string());
        }
        self.show();
        self.is_stale || self.making.is_some()
    }

    fn look_at_theme(&mut self) {
        let Some(style) = style_of(&self.front) else { return };
        let theme = sign(&style);
        if theme != self.theme {
            self.palette = Palette::read(&style);
            self.theme = theme;
            self.is_stale = true;
        }
    }

    fn begin(&mut self) {
        self.is_stale = false;
        let view = self.stage.view.get_untracked();
        let Some(canvas) = self.spare.take().or_else(canvas) else { return };
        let (width, height) = self.size();
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        if let Some(context) = context(&canvas) {
            let ratio = window().device_pixel_ratio();
            let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
            context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
            let scale = view.scale * ratio;
            let _ = context.set_transform(scale, 0.0, 0.0, scale, view.x * ratio, view.y * ratio);
        }
        self.making = Some((Picture { canvas, view }, Plan::new(self.stage, &view)));
    }

    /// In pixels of the device.
    fn size(&self) -> (u32, u32) {
        let ratio = window().device_pixel_ratio();
        let (width, height) = self.stage.extent.get_untracked();
        ((width * ratio).round().max(1.0) as u32, (height * ratio).round().max(1.0) as u32)
    }

    /// Puts the last picture on the page, moved and scaled to how the scene is seen now.
    fn show(&mut self) {
        let Some(picture) = &self.shown else { return };
        let (width, height) = self.size();
        if (self.front.width(), self.front.height()) != (width, height) {
            self.front.set_width(width);
            self.front.set_height(height);
        }
        let Some(context) = context(&self.front) else { return };
        let (from, to) = (picture.view, self.stage.view.get_untracked());
        let (ratio, zoom) = (window().device_pixel_ratio(), to.scale / from.scale);
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        let (dx, dy) = ((to.x - from.x * zoom) * ratio, (to.y - from.y * zoom) * ratio);
        let _ = context.set_transform(zoom, 0.0, 0.0, zoom, dx, dy);
        // Canvases of this page can always be drawn.
        let _ = context.draw_image_with_html_canvas_element(&picture.canvas, 0.0, 0.0);
    }
}

/// Where the items of an open map start, and how large one is.
pub(super) fn items(node: &Node) -> (f32, f32, f32) {
    let Inside::Items { row, .. } = node.inside else { return (0.0, 0.0, 1.0) };
    let width = node.rect.width - 36.0;
    (node.rect.x + 18.0, node.rect.y + CARD.1, (width / row as f32).min(14.0))
}
