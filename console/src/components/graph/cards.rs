//! The nodes that can be read, as elements of the page.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};

use super::stage::{Found, Stage};
use crate::components::clock::Elapsed;
use crate::model::items;
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::scene::marks::Mark;
use crate::model::scene::outline::neighbours;
use crate::model::scene::{CARD, Inside, Kind, Node, view};

/// The layer of cards, moved and scaled as a whole.
#[component]
pub(super) fn Cards(stage: Stage) -> impl IntoView {
    let transform =
        move || stage.view.with(|view| format!("translate({}px,{}px) scale({})", view.x, view.y, view.scale));
    let shown = Memo::new(move |_| {
        let scene = stage.drawn.get().0;
        let (view, extent) = (stage.view.get(), stage.extent.get());
        let seen = view::seen(&scene, &view, extent);
        let cards = view::cards(&scene, &seen, &view);
        cards.into_iter().map(|at| scene.nodes[at as usize].path.clone()).collect::<Vec<_>>()
    });
    view! {
        <div class="stage" style:transform=transform>
            <For each=move || shown.get() key=String::clone children=move |path| view! { <Card stage path /> } />
        </div>
    }
}

/// The node of a path in a scene that changes.
fn node(stage: Stage, path: &str) -> Option<Node> {
    let scene = stage.drawn.get().0;
    scene.find(path).and_then(|at| scene.node(at)).cloned()
}

#[component]
fn Card(stage: Stage, path: String) -> impl IntoView {
    let Some(first) = node(stage, &path) else { return ().into_any() };
    let of = path.clone();
    let place = move || {
        node(stage, &of).map_or_else(String::new, |node| {
            // One kind of number for every style: each kind has code of its own to be written by.
            let [x, y, width, height] =
                [node.rect.x, node.rect.y, node.rect.width, node.rect.height.min(CARD.1)].map(f64::from);
            format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px")
        })
    };
    let of = path.clone();
    let run = Memo::new(move |_| {
        let known = stage.runs.with(|runs| runs.get(&of).cloned()).unwrap_or_default();
        Run { phase: stage.phase(&of), ..known }
    });
    let is_still = first.kind.is_still();
    let of = path.clone();
    let phase = move || if is_still { None } else { stage.told(&of) };
    let of = path.clone();
    let mark = Memo::new(move |_| stage.marks.with(|marks| marks.of(&of).cloned()).unwrap_or_default());
    let (of, target) = (path.clone(), first.target.clone());
    let twin = Memo::new(move |_| is_twin(stage, &of, &target));
    let of = path.clone();
    let is_dim = Memo::new(move |_| is_dim(stage, &of));
    let (first_kind, tallied) = (first.kind.clone(), path.clone());
    let (is_missing, is_refusal) = (first.kind == Kind::Missing, first.kind == Kind::Refusal);
    let is_boundary = first.kind.is_boundary();
    let label = (!first.label.is_empty()).then(|| view! { <span class="when">{first.label.clone()}</span> });
    view! {
        <div class="card" style=place data-node=path.clone()
            class:boundary=is_boundary class:troubled=move || mark.with(|mark| mark.errors > 0)
            class:dim=is_dim class:twin=twin class:open=move || is_open(stage, &path) class:refusal=is_refusal
            data-phase=move || phase().map_or("NONE", Phase::key)
            data-fault=move || mark.with(|mark| mark.fault.map(|fault| fault.key()))
            data-change=move || mark.with(|mark| mark.change.map(|change| change.key()))
        >
            {label}
            <Face stage node=first mark />
            {(!is_still && !is_missing).then(|| view! { <Show when=move || run.with(Run::has_begun)><Elapsed run /></Show> })}
            {(first_kind == Kind::Array).then(|| view! { <Tally stage path=tallied /> })}
        </div>
    }
    .into_any()
}

/// Where the items of a map stand: a bar with a part for each phase.
#[component]
fn Tally(stage: Stage, path: String) -> impl IntoView {
    let items = Memo::new(move |_| stage.items.with(|items| items.get(&path).cloned()));
    move || {
        let items = items.get().filter(|items| !items.is_empty())?;
        let told = items::told(&items);
        let part = |(phase, count): (Phase, usize)| {
            view! { <i data-phase=phase.key() style=format!("flex-grow:{count}")></i> }
        };
        let parts = items::tally(&items).into_iter().map(part).collect_view();
        Some(view! { <span class="tally" role="img" aria-label=told.clone() title=told>{parts}</span> })
    }
}

/// The part that is pressed, and beside it the one that opens.
#[component]
fn Face(stage: Stage, node: Node, mark: Memo<Mark>) -> impl IntoView {
    let is_still = node.kind.is_still();
    let (of, chosen, focused, opened) =
        (node.path.clone(), node.path.clone(), node.path.clone(), node.path.clone());
    let is_selected = Memo::new(move |_| stage.selected.with(|selected| selected.as_ref() == Some(&of)));
    let of = node.path.clone();
    let phase = Memo::new(move |_| if is_still { None } else { stage.told(&of) });
    let (subject, titled) = (node.clone(), format!("{}\n{}", node.title, node.target));
    let label = move || spoken(stage, &subject, phase.get(), &mark.get());
    let fold = (node.inside != Inside::Nothing).then(|| {
        let (of, named) = (node.path.clone(), node.title.clone());
        let is_open = Memo::new(move |_| is_open(stage, &of));
        view! {
            <button type="button" class="fold" aria-expanded=move || is_open.get().to_string() aria-label=format!("Inside of {named}") title="Show what is inside (Space)" tabindex="-1"
                on:click=move |_| stage.toggle(&opened)>{move || if is_open.get() { "−" } else { "+" }}</button>
        }
    });
    let face = NodeRef::<leptos::html::Button>::new();
    let of = node.path.clone();
    focus_when_wanted(stage, face, node.path.clone());
    view! {
        <button type="button" class="face" node_ref=face title=titled
            aria-label=label aria-pressed=move || is_selected.get().to_string()
            tabindex=move || if is_first(stage, &of) { "0" } else { "-1" }
            on:click=move |_| stage.select.run(chosen.clone())
            on:focus=move |_| stage.reveal(&focused)
        >
            <span class="mark" aria-hidden="true">{move || phase.get().map_or("", Phase::glyph)}</span>
            <span class="text">
                <span class="title">{node.title.clone()}</span>
                " "
                <span class="sub">{node.subtitle}</span>
            </span>
            " "
            {move || badge(&mark.get())}
        </button>
        {fold}
    }
}

/// Problems and changes as a mark at the card's corner.
fn badge(mark: &Mark) -> Option<AnyView> {
    let text = match (mark.fault, mark.errors, mark.warnings, mark.change) {
        (Some(fault), ..) => fault.glyph().to_owned(),
        (None, 0, 0, Some(change)) => change.glyph().to_owned(),
        (None, 0, 0, None) => return None,
        (None, 0, warnings, _) => warnings.to_string(),
        (None, errors, ..) => errors.to_string(),
    };
    Some(view! { <span class="pin" aria-hidden="true">{text}</span> }.into_any())
}

/// What a screen reader says: name, id, kind, phase, problems and neighbours.
pub(super) fn spoken(stage: Stage, node: &Node, phase: Option<Phase>, mark: &Mark) -> String {
    // What is seen comes first, as it is seen: the text, and then the number at the corner.
    let mut seen = format!("{} {}", node.title, node.subtitle);
    for (count, what) in [(mark.errors, "problem"), (mark.warnings, "warning")] {
        if count > 0 {
            seen += &format!(" {count} {what}{}", if count == 1 { "" } else { "s" });
        }
    }
    let mut said = vec![seen];
    if !node.label.is_empty() {
        said.push(node.label.clone());
    }
    said.extend(phase.map(|phase| phase.label().to_owned()));
    said.extend(mark.fault.map(|fault| fault.label().to_owned()));
    said.extend(mark.change.map(|change| change.key().to_owned()));
    let scene = stage.scene();
    said.extend(scene.find(&node.path).map(|at| neighbours(&scene, at)));
    said.join(", ")
}

fn is_open(stage: Stage, path: &str) -> bool {
    stage.drawn.with(|drawn| {
        drawn.0.find(path).and_then(|at| drawn.0.node(at)).is_some_and(|node| node.inside.is_open())
    })
}

/// Whether it runs the same as the selected node.
fn is_twin(stage: Stage, path: &str, target: &str) -> bool {
    let Some(selected) = stage.selected.get() else { return false };
    let scene = stage.drawn.get().0;
    let other = scene.find(&selected).and_then(|at| scene.node(at));
    !target.is_empty() && selected != path && other.is_some_and(|other| other.target == target)
}

/// Whether others are sought.
fn is_dim(stage: Stage, path: &str) -> bool {
    match stage.found.get() {
        Found::Some(found) => {
            let at = stage.drawn.with(|drawn| drawn.0.find(path));
            at.is_none_or(|at| !found.contains(&at))
        }
        Found::All | Found::Unreadable(_) => false,
    }
}

/// One card is reached by Tab: the selected one, or the first.
fn is_first(stage: Stage, path: &str) -> bool {
    match stage.selected.get() {
        Some(selected) => selected == path,
        None => stage.drawn.with(|drawn| drawn.0.nodes.first().is_some_and(|node| node.path == path)),
    }
}

/// Gives the keyboard to the card that was walked to, when it is there.
fn focus_when_wanted(stage: Stage, face: NodeRef<leptos::html::Button>, path: String) {
    Effect::new(move |_| {
        let is_wanted = stage.wanted.with(|wanted| wanted.as_ref() == Some(&path));
        let Some(face) = face.get().filter(|_| is_wanted) else { return };
        stage.wanted.set(None);
        let quietly = FocusOptions::new();
        quietly.set_prevent_scroll(true);
        // An element that cannot be focused leaves the focus where it is.
        let _ = face.unchecked_ref::<HtmlElement>().focus_with_options(&quietly);
    });
}
