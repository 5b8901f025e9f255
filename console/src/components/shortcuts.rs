//! The keyboard: keys that lead somewhere, and the sheet that lists them.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::address::{Address, address};
use crate::components::dialog::Dialog;
use crate::components::phase_badge::PhaseBadge;
use crate::model::phase::Phase;
use crate::model::route::{Entity, Page};

const KEYS: [(&str, &str); 14] = [
    ("Ctrl K", "Find anything"),
    ("/", "Go to the search of this page"),
    ("g e", "Executions"),
    ("g w", "Workflows"),
    ("g t", "Tasks"),
    ("g l", "Launch plans"),
    ("g i", "What waits for people"),
    ("g p", "Projects"),
    ("j  k", "Next and previous row"),
    ("Enter", "Open the row or card with the focus"),
    ("← → ↑ ↓", "In a graph: walk along its lines; in tabs and trees: move"),
    ("f  +  -", "In a graph: fit, nearer, farther"),
    ("Esc", "Close"),
    ("?", "This sheet"),
];

/// Listens to the keys of every page.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let open = RwSignal::new(false);
    let address = address();
    let after_g = StoredValue::new(false);
    let pressed = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented()
            || is_typing(&event)
            || event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
        {
            return;
        }
        let key = event.key();
        let was_g = after_g.get_value();
        after_g.set_value(key == "g" && !was_g);
        let is_used = match key.as_str() {
            "?" => {
                open.update(|open| *open = !*open);
                true
            }
            "/" => focus_search(),
            "j" => move_row(1),
            "k" => move_row(-1),
            key if was_g => go(address, key),
            _ => false,
        };
        if is_used {
            event.prevent_default();
        }
    });
    on_cleanup(move || pressed.remove());
    let rows = || {
        KEYS.map(|(keys, does)| {
            let keys = keys
                .split(' ')
                .filter(|key| !key.is_empty())
                .map(|key| view! { <kbd>{key}</kbd>" " })
                .collect_view();
            view! { <div><dt>{keys}</dt><dd>{does}</dd></div> }
        })
    };
    view! { <Dialog open title="Keyboard" class="keys-sheet"><dl class="keys-list">{rows().collect_view()}</dl>{marks()}</Dialog> }
}

/// What the marks of nodes and executions say.
fn marks() -> AnyView {
    let mark = |phase: Phase| view! { <PhaseBadge phase=Signal::stored(phase) />" " };
    view! { <h3>"Marks"</h3><p class="marks">{Phase::ALL.map(mark).collect_view()}</p> }.into_any()
}

fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        matches!(target.closest("input:not([type=checkbox]),textarea,select,[contenteditable]"), Ok(Some(_)))
    })
}

fn go(address: Address, key: &str) -> bool {
    let page = untrack(|| address.page());
    let Some(place) = page.as_ref().and_then(Page::place).cloned() else {
        return key == "p" && to(address, &Page::Projects);
    };
    match key {
        "e" => to(address, &Page::Executions(place)),
        "w" => to(address, &Page::Names(place, Entity::Workflow)),
        "t" => to(address, &Page::Names(place, Entity::Task)),
        "l" => to(address, &Page::Names(place, Entity::LaunchPlan)),
        "i" => to(address, &Page::Gates(place)),
        "p" => to(address, &Page::Projects),
        _ => false,
    }
}

fn to(address: Address, page: &Page) -> bool {
    address.go(&page.path());
    true
}

fn focus_search() -> bool {
    let found = document().query_selector("[data-search]").ok().flatten();
    found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|input| input.focus().is_ok())
}

/// Moves the focus among the rows' links.
fn move_row(step: i32) -> bool {
    let Ok(rows) = document().query_selector_all("[data-rowlink]") else { return false };
    let count = rows.length() as i32;
    let focused = document().active_element();
    let at = (0..count)
        .find(|at| rows.item(*at as u32).as_ref() == focused.as_ref().map(|element| element.as_ref()));
    let next = at.map_or(if step > 0 { 0 } else { count - 1 }, |at| (at + step).clamp(0, count - 1));
    let row = rows.item(next as u32).and_then(|row| row.dyn_into::<HtmlElement>().ok());
    row.is_some_and(|row| row.focus().is_ok())
}
