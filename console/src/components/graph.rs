//! The graph: curves under cards, panned by dragging, zoomed by the wheel, walked by the arrow keys.
//!
//! Cards are buttons, so the keyboard and screen readers reach them; the table beside the graph has the
//! same content. A change of phase restyles one card and moves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

use crate::components::clock::Elapsed;
use crate::model::dag::{Card, Dag, Step};
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::viewport::Viewport;

/// How much one press of a zoom button magnifies.
const ZOOM_STEP: f64 = 1.25;
/// How much a wheel's pixel magnifies, as a power of e.
const WHEEL_RATE: f64 = 0.0015;
/// How much a wheel's line is in pixels; Firefox counts in lines.
const LINE: f64 = 16.0;

/// The state of the graph's frame.
#[derive(Clone, Copy)]
struct Frame {
    element: NodeRef<html::Div>,
    view: RwSignal<Viewport>,
    /// The drawing's width and height.
    size: (f64, f64),
    /// True once the reader moved the drawing: then resizing the page leaves it alone.
    is_moved: RwSignal<bool>,
    /// Where the pointer was last while it drags.
    drag: RwSignal<Option<(f64, f64)>>,
}

impl Frame {
    fn extent(self) -> (f64, f64) {
        self.element
            .try_get_untracked()
            .flatten()
            .map_or((1.0, 1.0), |frame| (f64::from(frame.client_width()), f64::from(frame.client_height())))
    }

    /// It may be due only after the frame is gone.
    fn fit(self) {
        self.is_moved.try_set(false);
        self.view.try_set(Viewport::fit(self.size, self.extent()));
    }

    fn change(self, next: impl FnOnce(Viewport) -> Viewport) {
        self.is_moved.set(true);
        self.view.update(|view| *view = next(*view));
    }

    fn zoom(self, factor: f64) {
        let (width, height) = self.extent();
        self.change(|view| view.zoomed(factor, (width / 2.0, height / 2.0)));
    }

    fn wheel(self, event: &ev::WheelEvent) {
        event.prevent_default();
        let Some(frame) = self.element.get_untracked() else { return };
        let corner = frame.get_bounding_client_rect();
        let point = (f64::from(event.client_x()) - corner.left(), f64::from(event.client_y()) - corner.top());
        let pixels = if event.delta_mode() == 0 { event.delta_y() } else { event.delta_y() * LINE };
        self.change(|view| view.zoomed((-pixels * WHEEL_RATE).exp(), point));
    }

    fn press(self, event: &ev::PointerEvent) {
        let on_card = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|target| matches!(target.closest("button"), Ok(Some(_))));
        if on_card || event.button() != 0 {
            return;
        }
        if let Some(frame) = self.element.get_untracked() {
            // Without capture a drag merely ends at the frame's border.
            let _ = frame.set_pointer_capture(event.pointer_id());
        }
        self.drag.set(Some((f64::from(event.client_x()), f64::from(event.client_y()))));
    }

    fn drag(self, event: &ev::PointerEvent) {
        let Some((x, y)) = self.drag.get_untracked() else { return };
        let here = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.drag.set(Some(here));
        self.change(|view| view.panned(here.0 - x, here.1 - y));
    }

    fn reveal(self, card: &Card) {
        let extent = self.extent();
        self.view.update(|view| *view = view.revealing((card.x, card.y, card.width, card.height), extent));
    }

    fn key(self, event: &ev::KeyboardEvent) {
        match event.key().as_str() {
            "f" => self.fit(),
            "+" | "=" => self.zoom(ZOOM_STEP),
            "-" => self.zoom(1.0 / ZOOM_STEP),
            _ => {}
        }
    }
}

/// A workflow's graph with the state of its nodes.
#[component]
pub(crate) fn Graph(
    dag: Arc<Dag>,
    /// The nodes' states, by node id.
    #[prop(into)]
    runs: Signal<BTreeMap<String, Run>>,
    #[prop(into)] selected: Signal<Option<String>>,
    #[prop(into)] select: Callback<String>,
    /// The nodes that something is wrong with, by id.
    #[prop(optional, into)]
    troubled: Signal<BTreeSet<String>>,
) -> impl IntoView {
    let frame = Frame {
        element: NodeRef::new(),
        view: RwSignal::new(Viewport { x: 0.0, y: 0.0, scale: 1.0 }),
        size: (dag.width, dag.height),
        is_moved: RwSignal::new(false),
        drag: RwSignal::new(None),
    };
    frame.element.on_load(move |_| request_animation_frame(move || frame.fit()));
    let resized = window_event_listener(ev::resize, move |_| {
        if !frame.is_moved.get_untracked() {
            frame.fit();
        }
    });
    on_cleanup(move || resized.remove());
    let transform =
        move || frame.view.with(|view| format!("translate({}px,{}px) scale({})", view.x, view.y, view.scale));
    let cards = dag
        .cards
        .iter()
        .cloned()
        .map(|card| view! { <CardButton card frame dag=dag.clone() runs selected select troubled /> })
        .collect_view();
    view! {
        <div class="graph" role="group" aria-label="Graph of the workflow" style:--drawing=format!("{}px", dag.height) class:dragging=move || frame.drag.get().is_some()
            node_ref=frame.element
            on:wheel=move |event| frame.wheel(&event)
            on:pointerdown=move |event| frame.press(&event)
            on:pointermove=move |event| frame.drag(&event)
            on:pointerup=move |_| frame.drag.set(None)
            on:pointercancel=move |_| frame.drag.set(None)
            on:keydown=move |event| frame.key(&event)
        >
            <div class="stage" style:transform=transform>
                <Edges dag=dag.clone() runs selected />
                {cards}
            </div>
            <div class="tools">
                <button type="button" title="Zoom out (-)" aria-label="Zoom out" on:click=move |_| frame.zoom(1.0 / ZOOM_STEP)>"−"</button>
                <button type="button" title="Zoom in (+)" aria-label="Zoom in" on:click=move |_| frame.zoom(ZOOM_STEP)>"+"</button>
                <button type="button" title="Fit (f)" on:click=move |_| frame.fit()>"Fit"</button>
            </div>
        </div>
    }
}

#[component]
fn Edges(
    dag: Arc<Dag>,
    runs: Signal<BTreeMap<String, Run>>,
    selected: Signal<Option<String>>,
) -> impl IntoView {
    let line = |edge: &crate::model::dag::Edge| {
        let (from, to, of) = (edge.from.clone(), edge.to.clone(), edge.to.clone());
        let is_near = move || selected.with(|id| id.as_ref().is_some_and(|id| *id == from || *id == to));
        let phase =
            Memo::new(move |_| runs.with(|runs| runs.get(&of).map_or(Phase::Waiting, |run| run.phase)));
        view! { <path d=edge.path.clone() class:near=is_near data-phase=move || phase.get().key() marker-end="url(#arrow)" /> }
    };
    let lines = dag.edges.iter().map(line).collect_view();
    view! {
        <svg width=dag.width height=dag.height aria-hidden="true">
            <defs>
                <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto">
                    <path d="M0 0.5 L8 4 L0 7.5 Z" />
                </marker>
            </defs>
            {lines}
        </svg>
    }
}

#[component]
fn CardButton(
    card: Card,
    frame: Frame,
    dag: Arc<Dag>,
    runs: Signal<BTreeMap<String, Run>>,
    selected: Signal<Option<String>>,
    select: Callback<String>,
    troubled: Signal<BTreeSet<String>>,
) -> impl IntoView {
    let id = card.id.clone();
    let is_troubled = Memo::new(move |_| troubled.with(|troubled| troubled.contains(&id)));
    let id = card.id.clone();
    let run = Memo::new(move |_| runs.with(|runs| runs.get(&id).cloned()).unwrap_or_default());
    let id = card.id.clone();
    let is_selected = Memo::new(move |_| selected.with(|selected| selected.as_ref() == Some(&id)));
    let place = format!("left:{}px;top:{}px;width:{}px;height:{}px", card.x, card.y, card.width, card.height);
    let phase = move || run.with(|run| run.phase);
    let is_boundary = card.kind.is_boundary();
    let state = move || if is_boundary { None } else { Some(phase()) };
    let label = {
        let card = card.clone();
        move || {
            format!(
                "{}, {}, {}{}{}",
                card.title,
                card.id,
                card.kind.label(),
                state().map_or(String::new(), |phase| format!(", {}", phase.label())),
                if is_troubled.get() { ", has problems" } else { "" }
            )
        }
    };
    let (chosen, focused) = (card.id.clone(), card.clone());
    let walk = {
        let id = card.id.clone();
        move |event: ev::KeyboardEvent| walk(&dag, &id, &event)
    };
    view! {
        <button type="button" class="card" class:boundary=is_boundary class:troubled=is_troubled style=place id=element_id(&card.id) title=card.target.clone()
            data-node=card.id.clone()
            data-phase=move || state().map_or("NONE", Phase::key)
            aria-label=label
            aria-pressed=move || is_selected.get().to_string()
            on:click=move |_| select.run(chosen.clone())
            on:focus=move |_| frame.reveal(&focused)
            on:keydown=walk
        >
            <span class="mark" aria-hidden="true">{move || state().map_or("", Phase::glyph)}</span>
            <span class="text">
                <span class="title">{card.title.clone()}</span>
                <span class="sub">{subtitle(&card)}</span>
            </span>
            {(!is_boundary).then(|| view! { <Elapsed run /> })}
        </button>
    }
    .into_any()
}

fn subtitle(card: &Card) -> String {
    if card.kind.is_boundary() {
        "of the workflow".to_owned()
    } else {
        format!("{} · {}", card.id, card.kind.label())
    }
}

fn element_id(node: &str) -> String {
    format!("node-{node}")
}

/// Moves the focus along the edges.
fn walk(dag: &Dag, id: &str, event: &ev::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowLeft" => Step::Upstream,
        "ArrowRight" => Step::Downstream,
        "ArrowUp" => Step::Above,
        "ArrowDown" => Step::Below,
        _ => return,
    };
    event.prevent_default();
    let next = dag.neighbour(id, step).and_then(|card| document().get_element_by_id(&element_id(&card.id)));
    if let Some(next) = next.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let quietly = FocusOptions::new();
        quietly.set_prevent_scroll(true);
        // An element that cannot be focused leaves the focus where it is.
        let _ = next.focus_with_options(&quietly);
    }
}
