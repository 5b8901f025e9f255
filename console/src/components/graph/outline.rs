//! The graph as a tree of lines: the same nodes, the same selection, for who does not see the drawing.
//!
//! Fifty thousand lines are as many as the graph has nodes, so only those about the current one are
//! elements of the page; a screen reader is told of how many each is one.

use std::sync::Arc;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::cards::spoken;
use super::stage::Stage;
use crate::model::phase::Phase;
use crate::model::scene::Step;
use crate::model::scene::outline::{Line, lines};

/// Lines that are elements of the page.
const SHOWN: usize = 36;
/// Height of a line, in pixels.
const HEIGHT: f64 = 26.0;

#[component]
pub(super) fn Outline(stage: Stage) -> impl IntoView {
    let lines = Memo::new(move |_| Arc::new(lines(&stage.drawn.get().0)));
    let current = RwSignal::new(0_usize);
    let scrolled = RwSignal::new(0.0_f64);
    // What is selected elsewhere is the current line here.
    Effect::new(move |_| {
        let Some(at) = stage.selected.get().and_then(|path| stage.drawn.get().0.find(&path)) else { return };
        current.set(at as usize);
    });
    let first = Memo::new(move |_| {
        let count = lines.with(|lines| lines.len());
        let at = if stage.outlined.get() {
            (scrolled.get() / HEIGHT) as usize
        } else {
            current.get().saturating_sub(SHOWN / 2)
        };
        at.saturating_sub(4).min(count.saturating_sub(SHOWN))
    });
    // A line is made anew when it is another one, and keeps the keyboard while only its phase changes.
    let shown = move || {
        let (scene, lines) = (stage.drawn.get().0, lines.get());
        let path = |line: &Line| scene.node(line.node).map(|node| node.path.clone()).unwrap_or_default();
        let shown = lines.iter().enumerate().skip(first.get()).take(SHOWN);
        shown.map(|(at, line)| (at, *line, path(line))).collect::<Vec<_>>()
    };
    let height = move || format!("height:{}px", lines.with(|lines| lines.len()) as f64 * HEIGHT);
    let scroll = move |event: ev::Event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        scrolled.set(target.map_or(0.0, |target| f64::from(target.scroll_top())));
    };
    view! {
        <div class="outline over" class:hidden=move || !stage.outlined.get() on:scroll=scroll>
            <div role="tree" aria-label="Nodes of the graph" style=height on:keydown=move |event| key(stage, current, &event)>
                <For each=shown key=Clone::clone children=move |(at, line, _)| row(stage, current, at, line) />
            </div>
        </div>
    }
}

fn row(stage: Stage, current: RwSignal<usize>, at: usize, line: Line) -> AnyView {
    let scene = stage.scene();
    let Some(node) = scene.node(line.node).cloned() else { return ().into_any() };
    let is_still = node.kind.is_still();
    let (of, marked) = (node.path.clone(), node.path.clone());
    let phase = Memo::new(move |_| if is_still { None } else { stage.told(&of) });
    let mark = Memo::new(move |_| stage.marks.with(|marks| marks.of(&marked).cloned()).unwrap_or_default());
    let subject = node.clone();
    let said = move || spoken(stage, &subject, phase.get(), &mark.get());
    let of = node.path.clone();
    let is_selected = move || stage.selected.with(|selected| selected.as_ref() == Some(&of)).to_string();
    let style = format!("top:{}px;padding-left:{}px", at as f64 * HEIGHT, 8 + 14 * (line.level - 1));
    let chosen = node.path.clone();
    let troubles = move || {
        let errors = mark.with(|mark| mark.errors);
        (errors > 0).then(|| view! { <span class="pin" data-count=errors></span> })
    };
    view! {
        <div role="treeitem" class="line" style=style data-line=node.path data-phase=move || phase.get().map_or("NONE", Phase::key)
            prop:ariaLevel=line.level.to_string() prop:ariaPosInSet=line.place.to_string() prop:ariaSetSize=line.of.to_string()
            aria-expanded=line.open.map(|open| open.to_string()) aria-selected=is_selected aria-label=said
            tabindex=move || if current.get() == at { "0" } else { "-1" }
            on:focus=move |_| current.set(at)
            on:click=move |_| { stage.reveal(&chosen); stage.select.run(chosen.clone()); }
        >
            <span class="mark" aria-hidden="true">{move || phase.get().map_or("", Phase::glyph)}</span>
            <span class="title">{node.title}</span>
            " "
            <span class="faint">{if node.kind.is_boundary() { node.subtitle } else { node.id }}</span>
            {troubles}
        </div>
    }
    .into_any()
}

fn key(stage: Stage, current: RwSignal<usize>, event: &ev::KeyboardEvent) {
    let scene = stage.scene();
    let at = current.get_untracked();
    let Some(node) = u32::try_from(at).ok().and_then(|at| scene.node(at)) else { return };
    let last = scene.nodes.len().saturating_sub(1);
    let index = |found: Option<u32>| found.map_or(at, |found| found as usize);
    let is_open = node.inside.is_open();
    let next = match event.key().as_str() {
        "ArrowDown" => (at + 1).min(last),
        "ArrowUp" => at.saturating_sub(1),
        "Home" => 0,
        "End" => last,
        "ArrowRight" if is_open => index(scene.neighbour(at as u32, Step::Into)),
        "ArrowLeft" if !is_open => index(node.parent),
        "ArrowRight" | "ArrowLeft" | " " => {
            if node.inside != crate::model::scene::Inside::Nothing {
                stage.toggle(&node.path);
            }
            at
        }
        "Enter" => {
            stage.reveal(&node.path);
            stage.select.run(node.path.clone());
            at
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    current.set(next);
    let path = stage.scene().nodes.get(next).map(|node| node.path.clone()).unwrap_or_default();
    request_animation_frame(move || focus(&path));
}

fn focus(path: &str) {
    let lines = document().query_selector_all(".outline [data-line]").ok();
    let all =
        (0..lines.as_ref().map_or(0, web_sys::NodeList::length)).filter_map(|at| lines.as_ref()?.item(at));
    let mut elements = all.filter_map(|line| line.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(line) = elements.find(|line| line.get_attribute("data-line").as_deref() == Some(path)) {
        // A line that cannot be focused leaves the focus where it is.
        let _ = line.focus();
    }
}
