//! Ctrl-K: anything by a few letters.

use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use leptos::{ev, html};

use aileron_idl::admin::ResourceListRequest;

use crate::address::address;
use crate::api;
use crate::components::dialog::Dialog;
use crate::model::listing::View;
use crate::model::palette::{Entry, found};
use crate::model::route::{Entity, Page, Place, WORKBENCH};

/// Results shown at most.
const SHOWN: usize = 12;

/// The button, and the window that it opens.
#[component]
pub(crate) fn Palette(place: Option<Place>) -> impl IntoView {
    let open = RwSignal::new(false);
    let entries = RwSignal::new(Vec::<Entry>::new());
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.key() == "k" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || keys.remove());
    Effect::new(move |_| {
        if open.get() {
            entries.set(pages(place.as_ref()));
            let place = place.clone();
            spawn_local_scoped_with_cancellation(async move { gather(place, entries).await });
        }
    });
    view! {
        <button type="button" class="quiet finder" on:click=move |_| open.set(true)>
            <span aria-hidden="true">"⌕ "</span>
            <span class="words">"Find anything "</span>
            <kbd>"Ctrl K"</kbd>
        </button>
        <Dialog open title="Find anything" class="palette"><Finder open entries /></Dialog>
    }
}

#[component]
fn Finder(open: RwSignal<bool>, entries: RwSignal<Vec<Entry>>) -> impl IntoView {
    let address = address();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    input.on_load(|input| drop(input.focus()));
    let results = Memo::new(move |_| {
        entries.with(|entries| found(entries, &typed.get(), SHOWN).into_iter().cloned().collect::<Vec<_>>())
    });
    let go = move |at: usize| {
        if let Some(entry) = results.with(|results| results.get(at).cloned()) {
            open.set(false);
            address.go(&entry.href);
        }
    };
    let press = move |event: ev::KeyboardEvent| {
        let last = results.with(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => chosen.update(|at| *at = at.saturating_sub(1)),
            "Enter" => go(chosen.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let change = move |event| {
        typed.set(event_target_value(&event));
        chosen.set(0);
    };
    let line = move |(at, entry): (usize, Entry)| {
        view! {
            <li role="option" id=format!("found-{at}") aria-selected=move || (chosen.get() == at).to_string() on:click=move |_| go(at)>
                <span class="title">{entry.title}</span>
                <span class="faint">{entry.kind}</span>
            </li>
        }
    };
    view! {
        <input type="text" node_ref=input placeholder="A page, a workflow, a task, a launch plan, an execution…" autocomplete="off" spellcheck="false"
            role="combobox" aria-label="Find anything" aria-expanded="true" aria-controls="found" aria-activedescendant=move || format!("found-{}", chosen.get())
            on:input=change on:keydown=press />
        <ul id="found" role="listbox" aria-label="Found">{move || results.get().into_iter().enumerate().map(line).collect_view()}</ul>
        <p class="faint keys"><kbd>"↑"</kbd>" "<kbd>"↓"</kbd>" choose · "<kbd>"Enter"</kbd>" go · "<kbd>"Esc"</kbd>" close"</p>
    }
}

fn entry(title: impl Into<String>, kind: &'static str, page: &Page) -> Entry {
    Entry { title: title.into(), kind, href: page.path() }
}

fn pages(place: Option<&Place>) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Some(place) = place {
        entries.push(entry("Executions", "page", &Page::Executions(place.clone())));
        for kind in Entity::ALL {
            entries.push(entry(kind.heading(), "page", &Page::Names(place.clone(), kind)));
        }
        entries.push(entry("Waiting for people", "page", &Page::Gates(place.clone())));
        entries.push(entry("Launch", "page", &Page::Launch(place.clone())));
    }
    entries.push(entry("Projects", "page", &Page::Projects));
    entries.push(Entry { title: "Workbench".into(), kind: "page", href: WORKBENCH.to_owned() });
    entries
}

/// Names, projects and the newest executions, as they are answered. What is not answered is not found.
async fn gather(place: Option<Place>, entries: RwSignal<Vec<Entry>>) {
    let add = |more: Vec<Entry>| entries.try_update(|entries| entries.extend(more));
    if let Some(place) = &place {
        let request =
            ResourceListRequest { limit: 1_000, ..View::default().request(place, "", String::new()) };
        if let Ok(list) = api::executions(&request).await {
            let names = list.executions.into_iter().filter_map(|execution| execution.id);
            add(names
                .map(|id| entry(id.name.clone(), "execution", &Page::Execution(place.clone(), id.name)))
                .collect());
        }
        for kind in Entity::ALL {
            if let Ok(names) = api::all_names(place, kind).await {
                let names = names.into_iter().filter_map(|entity| entity.id);
                add(names
                    .map(|id| {
                        entry(id.name.clone(), kind.word(), &Page::Versions(place.clone(), kind, id.name))
                    })
                    .collect());
            }
        }
    }
    if let Ok(projects) = api::projects().await {
        let places = projects.iter().flat_map(|project| {
            let place = |domain: &aileron_idl::admin::Domain| Place::new(&project.id, &domain.id);
            project.domains.iter().map(place).collect::<Vec<_>>()
        });
        add(places
            .map(|place| {
                let title = format!("{} / {}", place.project, place.domain);
                entry(title, "project", &Page::Executions(place))
            })
            .collect());
    }
}
