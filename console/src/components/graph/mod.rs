//! The graph: cards that can be read are elements of the page, all else is drawn on a canvas.
//!
//! One scene serves fifty nodes and fifty thousand. What is drawn follows from the scene, the viewport and
//! the nodes' states; [`painter`] draws it in slices, so that no frame takes long, and shows the last
//! picture, moved, until the next one is finished. The outline beside it has the same content as a tree.

mod beside;
mod cards;
mod events;
mod minimap;
mod outline;
mod painter;
mod palette;
mod search;
mod stage;
mod tip;

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::model::dag::Dag;
use crate::model::run::Run;
use crate::model::scene::marks::Marks;
pub(crate) use beside::lay_out;
use cards::Cards;
use minimap::Minimap;
use outline::Outline;
use search::Search;
pub(crate) use stage::{LayOut, Ran, Stage, is_typing};
use tip::Tip;

/// A workflow's graph with the state of its nodes. Prepare its [`Stage`] beside it when others need it, too.
#[component]
pub(crate) fn Graph(
    dag: Arc<Dag>,
    /// The nodes' states, by path.
    #[prop(into)]
    runs: Signal<BTreeMap<String, Run>>,
    #[prop(into)] selected: Signal<Option<String>>,
    #[prop(into)] select: Callback<String>,
    /// What is wrong with nodes and edges, or changed.
    #[prop(optional, into)]
    marks: Signal<Marks>,
    /// What a run adds to the workflow.
    #[prop(optional)]
    ran: Option<Ran>,
    /// Who lays large workflows out.
    #[prop(into)]
    lay_out: LayOut,
    /// Called with the stage once it is there.
    #[prop(optional, into)]
    staged: Option<Callback<Stage>>,
) -> impl IntoView {
    let stage = Stage::new(&dag, runs, selected, select, marks, ran.unwrap_or_default(), lay_out);
    if let Some(staged) = staged {
        staged.run(stage);
    }
    let canvas = NodeRef::<html::Canvas>::new();
    painter::start(stage, canvas);
    stage.keep_view();
    watch_size(stage);
    let height = move || stage.drawn.with(|drawn| format!("{}px", drawn.0.height));
    let is_wanting = move || stage.drawn.with(|drawn| !drawn.0.wanted.is_empty()).to_string();
    view! {
        <div class="graph" role="group" aria-label="Graph of the workflow" style:--drawing=height aria-busy=is_wanting
            data-level=move || stage.level.get().word()
            class:dragging=move || stage.is_dragging.get()
            class:pointing=move || stage.hovered.with(|hovered| hovered.is_some())
            node_ref=stage.frame
            on:wheel=move |event| stage.wheel(&event)
            on:pointerdown=move |event| stage.press(&event)
            on:pointermove=move |event| stage.moved(&event)
            on:pointerup=move |event| stage.release(&event)
            on:pointercancel=move |_| stage.cancel()
            on:pointerleave=move |_| stage.hovered.set(None)
            on:keydown=move |event| stage.key(&event)
        >
            <canvas class="picture" aria-hidden="true" node_ref=canvas></canvas>
            <Cards stage />
            <Search stage />
            <Minimap stage />
            <Tools stage />
            <Tip stage />
            <Outline stage />
        </div>
    }
}

/// What floats over the drawing at its lower right.
#[component]
fn Tools(stage: Stage) -> impl IntoView {
    let reach = Memo::new(move |_| stage.history.with(|history| history.reach()));
    view! {
        <div class="tools" role="toolbar" aria-label="View">
            <button type="button" title="Back to the view before (Ctrl Z)" aria-label="Undo" disabled=move || !reach.get().0 on:click=move |_| stage.back()>"↶"</button>
            <button type="button" title="The view again (Ctrl Shift Z)" aria-label="Redo" disabled=move || !reach.get().1 on:click=move |_| stage.forth()>"↷"</button>
            <button type="button" title="Everything as a tree (o)" aria-pressed=move || stage.outlined.get().to_string() on:click=move |_| stage.outlined.update(|shown| *shown = !*shown)>"Outline"</button>
            <button type="button" title="Zoom out (-)" aria-label="Zoom out" on:click=move |_| stage.zoom(1.0 / stage::ZOOM_STEP)>"−"</button>
            <button type="button" title="Zoom in (+)" aria-label="Zoom in" on:click=move |_| stage.zoom(stage::ZOOM_STEP)>"+"</button>
            <button type="button" title="Show everything (f)" on:click=move |_| stage.fit()>"Fit"</button>
        </div>
    }
}

/// Fits the drawing once there is room for it, and again when the room changes, until the reader moves it.
fn watch_size(stage: Stage) {
    let resized = Closure::<dyn FnMut()>::new(move || {
        if stage.is_gone() {
            return;
        }
        stage.extent.set(stage.measure());
        if !stage.is_moved.get_untracked() {
            stage.fit_quietly();
        }
    });
    let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
    let resized = StoredValue::new_local(Some((resized, observer)));
    stage.frame.on_load(move |frame| {
        resized.with_value(|kept| {
            if let Some((_, Some(observer))) = kept {
                observer.observe(&frame);
            }
        });
    });
    // What was laid out elsewhere is there later than the room for it.
    Effect::new(move |before: Option<bool>| {
        let is_wanting = stage.drawn.with(|drawn| !drawn.0.wanted.is_empty());
        if before == Some(true) && !is_wanting && !stage.is_moved.get_untracked() {
            stage.fit_quietly();
        }
        is_wanting
    });
    let undone = window_event_listener(ev::keydown, move |event| {
        let is_undo = (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("z");
        if is_undo && !stage::is_typing(&event) {
            event.prevent_default();
            if event.shift_key() { stage.forth() } else { stage.back() }
        }
    });
    on_cleanup(move || {
        undone.remove();
        resized.update_value(|kept| {
            if let Some((_, Some(observer))) = kept.take() {
                observer.disconnect();
            }
        });
    });
}
