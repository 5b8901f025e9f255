//! What pointer and keyboard do to a graph.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::stage::{Hovered, Stage, ZOOM_STEP, is_typing};
use crate::model::scene::{Inside, Kind, Step};

/// How much a wheel's pixel magnifies, as a power of e.
const WHEEL_RATE: f64 = 0.0015;
/// How much a wheel's line is in pixels; Firefox counts in lines.
const LINE: f64 = 16.0;
/// How far the pointer may be from an edge to mean it, in pixels of the screen.
const REACH: f64 = 6.0;
/// How far a press may move and still be a click.
const STILL: f64 = 4.0;
/// How far an arrow key pans.
const PAN: f64 = 60.0;

/// What the pointer holds while it is pressed.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Where it was pressed, and where it was last.
    pressed: (f64, f64),
    last: (f64, f64),
    /// The node that moves with it.
    node: Option<String>,
    is_moving: bool,
}

impl Stage {
    fn point(self, x: i32, y: i32) -> (f64, f64) {
        let corner = self.frame.get_untracked().map(|frame| frame.get_bounding_client_rect());
        let (left, top) = corner.map_or((0.0, 0.0), |corner| (corner.left(), corner.top()));
        (f64::from(x) - left, f64::from(y) - top)
    }

    pub(super) fn wheel(self, event: &ev::WheelEvent) {
        if is_over(event, ".over") {
            return;
        }
        event.prevent_default();
        let point = self.point(event.client_x(), event.client_y());
        let unit = if event.delta_mode() == 0 { 1.0 } else { LINE };
        if event.shift_key() {
            self.change(|view| view.panned(-event.delta_y() * unit, -event.delta_x() * unit));
        } else {
            self.change(|view| view.zoomed((-event.delta_y() * unit * WHEEL_RATE).exp(), point));
        }
    }

    pub(super) fn press(self, event: &ev::PointerEvent) {
        if event.button() != 0 || is_over(event, ".over, .tools, .minimap, .fold") {
            return;
        }
        let here = (f64::from(event.client_x()), f64::from(event.client_y()));
        let card = closest(event, ".card").and_then(|card| card.get_attribute("data-node"));
        let node = card.filter(|path| !path.is_empty()).or_else(|| self.drawn_node(event));
        self.held.set_value(Some(Held { pressed: here, last: here, node, is_moving: false }));
    }

    /// The node under the pointer where there are no cards. An open node moves by its head alone.
    fn drawn_node(self, event: &ev::PointerEvent) -> Option<String> {
        let at = self.under(event)?;
        let scene = self.scene();
        let node = scene.node(at)?;
        (node.inside != Inside::Nodes).then(|| node.path.clone())
    }

    fn under(self, event: &ev::PointerEvent) -> Option<u32> {
        let point = self.point(event.client_x(), event.client_y());
        let (x, y) = self.view.get_untracked().under(point);
        self.scene().node_at(x as f32, y as f32)
    }

    pub(super) fn moved(self, event: &ev::PointerEvent) {
        let here = (f64::from(event.client_x()), f64::from(event.client_y()));
        let Some(mut held) = self.held.get_value() else { return self.hover(event) };
        if !held.is_moving {
            if (here.0 - held.pressed.0).hypot(here.1 - held.pressed.1) < STILL {
                return;
            }
            held.is_moving = true;
            // Without capture a drag merely ends at the frame's border.
            if let Some(frame) = self.frame.get_untracked() {
                let _ = frame.set_pointer_capture(event.pointer_id());
            }
            self.note();
            self.is_dragging.set(true);
        }
        let (dx, dy) = (here.0 - held.last.0, here.1 - held.last.1);
        held.last = here;
        match &held.node {
            Some(path) if !event.shift_key() => {
                let scale = self.view.get_untracked().scale;
                self.is_moved.set(true);
                self.arrangement
                    .update(|places| places.shift(path, (dx / scale) as f32, (dy / scale) as f32));
            }
            _ => self.change(|view| view.panned(dx, dy)),
        }
        self.held.set_value(Some(held));
    }

    fn hover(self, event: &ev::PointerEvent) {
        if is_over(event, ".over, .tools, .minimap, .card") {
            return set_if_new(self, None);
        }
        let view = self.view.get_untracked();
        let (x, y) = view.under(self.point(event.client_x(), event.client_y()));
        let (x, y) = (x as f32, y as f32);
        let scene = self.scene();
        let item = scene
            .node_at(x, y)
            .and_then(|at| Some(Hovered::Item(at, item(&scene.nodes[at as usize], x, y)?)));
        let edge = || scene.edge_at(x, y, (REACH / view.scale) as f32).map(Hovered::Edge);
        set_if_new(self, item.or_else(edge));
    }

    pub(super) fn release(self, event: &ev::PointerEvent) {
        let is_click = self.held.with_value(|held| held.as_ref().is_some_and(|held| !held.is_moving));
        self.cancel();
        if !is_click || is_over(event, ".card") {
            return;
        }
        match self.under(event).and_then(|at| self.scene().node(at).cloned()) {
            Some(node) if node.inside != Inside::Nodes && node.kind != Kind::Refusal => {
                self.select.run(node.path);
            }
            _ => self.pinned.set(match self.hovered.get_untracked() {
                Some(Hovered::Edge(edge)) => Some(edge),
                _ => None,
            }),
        }
    }

    pub(super) fn cancel(self) {
        self.held.set_value(None);
        self.is_dragging.set(false);
    }

    pub(super) fn key(self, event: &ev::KeyboardEvent) {
        if is_typing(event)
            || event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
            || is_over(event, ".outline")
        {
            return;
        }
        let node = closest(event, ".card").and_then(|card| card.get_attribute("data-node"));
        match (event.key().as_str(), node) {
            ("f", _) => self.fit(),
            ("+" | "=", _) => self.zoom(ZOOM_STEP),
            ("-", _) => self.zoom(1.0 / ZOOM_STEP),
            ("o", _) => self.outlined.update(|shown| *shown = !*shown),
            ("Escape", _) => self.pinned.set(None),
            (" ", Some(path)) => {
                event.prevent_default();
                self.wanted.set(Some(path.clone()));
                self.toggle(&path);
            }
            (key, Some(path)) => {
                if let Some(step) = step(key, event.shift_key()) {
                    event.prevent_default();
                    self.walk(&path, step);
                }
            }
            (key, None) => self.pan(key, event),
        }
    }

    /// Moves the focus along the edges.
    pub(super) fn walk(self, path: &str, step: Step) {
        let scene = self.scene();
        let next = scene.find(path).and_then(|at| scene.neighbour(at, step)).and_then(|at| scene.node(at));
        if let Some(next) = next {
            self.reveal(&next.path);
            self.wanted.set(Some(next.path.clone()));
        }
    }

    fn pan(self, key: &str, event: &ev::KeyboardEvent) {
        let (dx, dy) = match key {
            "ArrowLeft" => (PAN, 0.0),
            "ArrowRight" => (-PAN, 0.0),
            "ArrowUp" => (0.0, PAN),
            "ArrowDown" => (0.0, -PAN),
            _ => return,
        };
        event.prevent_default();
        self.change(|view| view.panned(dx, dy));
    }
}

fn set_if_new(stage: Stage, hovered: Option<Hovered>) {
    if stage.hovered.get_untracked() != hovered {
        stage.hovered.set(hovered);
    }
}

fn step(key: &str, shift: bool) -> Option<Step> {
    Some(match key {
        "ArrowRight" if shift => Step::Into,
        "ArrowLeft" if shift => Step::Out,
        "ArrowLeft" => Step::Upstream,
        "ArrowRight" => Step::Downstream,
        "ArrowUp" => Step::Above,
        "ArrowDown" => Step::Below,
        _ => return None,
    })
}

/// The item of an open map at a point.
fn item(node: &crate::model::scene::Node, x: f32, y: f32) -> Option<u32> {
    let Inside::Items { count, row } = node.inside else { return None };
    let (left, top, size) = super::painter::items(node);
    let (column, line) = ((x - left) / size, (y - top) / size);
    let item = (line as u32).checked_mul(row)?.checked_add(column as u32)?;
    (column >= 0.0 && line >= 0.0 && (column as u32) < row && item < count).then_some(item)
}

fn closest(event: &web_sys::Event, what: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(what).ok().flatten()
}

fn is_over(event: &web_sys::Event, what: &str) -> bool {
    closest(event, what).is_some()
}
