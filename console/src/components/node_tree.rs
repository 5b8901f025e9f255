//! The nodes as a table in the form of a tree: what the graph shows and more, for reading and for screen readers.

use std::collections::BTreeSet;

use leptos::html;
use leptos::prelude::*;

use crate::address::{Address, address};
use crate::components::clock::{Clock, Elapsed, Moment, Zone};
use crate::components::phase_badge::PhaseBadge;
use crate::components::rows_in_sight::{rows_in_sight, space};
use crate::followed::Followed;
use crate::model::node::NodeRow;
use crate::model::phase::Phase;
use crate::model::rows::Window;
use crate::model::sorted;
use crate::model::time;
use crate::model::tree::Line;

/// Height of a row in pixels, wide and narrow; the style sheet says the same.
const ROW: (f64, f64) = (35.0, 35.0);

/// What is shown of the nodes; all of it is in the address.
#[derive(Clone, Debug, PartialEq)]
struct View {
    /// Letters that a node's name or id has.
    search: String,
    /// Only nodes of this phase.
    phase: Option<Phase>,
    open: BTreeSet<String>,
}

impl View {
    fn of(address: Address) -> Self {
        let query = address.query();
        let phase =
            query.get("phase").and_then(|key| Phase::ALL.into_iter().find(|phase| phase.key() == key));
        let open = query.get("rows").unwrap_or_default().split(',').filter(|id| !id.is_empty());
        Self {
            search: query.get("find").unwrap_or_default().to_lowercase(),
            phase,
            open: sorted::set(open.map(str::to_owned)),
        }
    }
}

/// A row a node, those inside others below them.
#[component]
pub(crate) fn NodeTree(
    followed: Followed,
    selected: Memo<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let address = address();
    let view = Memo::new(move |_| View::of(address));
    let lines = Memo::new(move |_| {
        let View { search, phase, open } = view.get();
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                let wanted = |node: &NodeRow| {
                    let named = || outline.named(tree, &node.id).title.to_lowercase();
                    phase.is_none_or(|phase| node.run.phase == phase)
                        && (search.is_empty() || node.id.contains(&search) || named().contains(&search))
                };
                tree.lines(&open, wanted)
            })
        })
    });
    let toggle = Callback::new(move |id: String| {
        let mut open = view.get_untracked().open;
        if !open.remove(&id) {
            let is_dynamic =
                followed.tree.with_untracked(|tree| tree.node(&id).is_some_and(|node| node.is_dynamic));
            if is_dynamic {
                followed.learn(&id);
            }
            open.insert(id);
        }
        let open: Vec<_> = open.into_iter().collect();
        address.set("rows", (!open.is_empty()).then(|| open.join(",")));
    });
    view! {
        <Counts followed view />
        <Rows followed lines selected select toggle />
    }
}

/// Counts by phase, each a filter; and the search.
#[component]
fn Counts(followed: Followed, view: Memo<View>) -> impl IntoView {
    let address = address();
    let counts = Memo::new(move |_| {
        followed.tree.with(|tree| {
            let of = |phase: Phase| {
                tree.nodes().values().filter(|node| !node.is_boundary() && node.run.phase == phase).count()
            };
            Phase::ALL
                .map(|phase| (phase, of(phase)))
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect::<Vec<_>>()
        })
    });
    let chip = move |(phase, count): (Phase, usize)| {
        let is_here = move || view.with(|view| view.phase == Some(phase)).to_string();
        let press = move |_| {
            let is_off = view.with_untracked(|view| view.phase != Some(phase));
            address.set("phase", is_off.then(|| phase.key().to_owned()));
        };
        view! {
            <button type="button" class="badge chip-button" data-phase=phase.key() aria-pressed=is_here on:click=press>
                <span class="mark" aria-hidden="true">{phase.glyph()}</span>
                {format!("{count} {}", phase.label())}
            </button>
        }
    };
    let search = move |event| {
        let text = event_target_value(&event);
        address.set("find", (!text.is_empty()).then_some(text));
    };
    view! {
        <div class="bar">
            <input type="search" class="search" data-search="" placeholder="Find a node" aria-label="Find a node" prop:value=move || view.with(|view| view.search.clone()) on:input=search />
            <div class="line">{move || counts.get().into_iter().map(chip).collect_view()}</div>
        </div>
    }
}

#[component]
fn Rows(
    followed: Followed,
    lines: Memo<Vec<Line>>,
    selected: Memo<Option<String>>,
    select: Callback<String>,
    toggle: Callback<String>,
) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let body = NodeRef::<html::Tbody>::new();
    let count = Memo::new(move |_| lines.with(Vec::len));
    let shown = rows_in_sight(body, count, ROW);
    let ids = move || {
        let Window { first, end, .. } = shown.get();
        lines.with(|lines| {
            lines
                .get(first..end.min(lines.len()))
                .unwrap_or_default()
                .iter()
                .map(|line| line.id.clone())
                .collect::<Vec<_>>()
        })
    };
    let row = move |id: String| view! { <NodeLine followed lines id selected select toggle /> };
    view! {
        <table class="list fixed nodes" role="treegrid" aria-label="Nodes of the execution">
            <thead>
                <tr>
                    <th scope="col" class="phase">"Status"</th>
                    <th scope="col">"Node"</th>
                    <th scope="col" class="runs">"Runs"</th>
                    <th scope="col" class="cache">"Cache"</th>
                    <th scope="col" class="moment">"Started "<span class="zone">{move || zone.name()}</span></th>
                    <th scope="col" class="number">"Waited"</th>
                    <th scope="col" class="number">"Ran"</th>
                </tr>
            </thead>
            <tbody node_ref=body>
                {space(move || shown.get().above())}
                <For each=ids key=String::clone children=row />
                {space(move || shown.get().below())}
            </tbody>
        </table>
        <Show when=move || count.get() == 0><p class="empty small">"No node is shown: none has started, or none matches."</p></Show>
    }
}

#[component]
fn NodeLine(
    followed: Followed,
    lines: Memo<Vec<Line>>,
    id: String,
    selected: Memo<Option<String>>,
    select: Callback<String>,
    toggle: Callback<String>,
) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let row = id.clone();
    let key = StoredValue::new(id.clone());
    let line = Memo::new(move |_| {
        key.with_value(|id| lines.with(|lines| lines.iter().find(|line| line.id == *id).cloned()))
    });
    let node = Memo::new(move |_| {
        key.with_value(|id| followed.tree.with(|tree| tree.node(id).cloned())).unwrap_or_default()
    });
    let named = Memo::new(move |_| {
        key.with_value(|id| {
            followed.tree.with(|tree| followed.outline.with(|outline| outline.named(tree, id)))
        })
    });
    let run = Memo::new(move |_| node.with(|node| node.run.clone()));
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let started = Memo::new(move |_| run.with(|run| run.started));
    let is_selected =
        Memo::new(move |_| key.with_value(|id| selected.with(|selected| selected.as_ref() == Some(id))));
    let waited = move || {
        let now = if phase.get().is_terminal() { 0.0 } else { clock.now() };
        node.with(|node| node.waited(now)).map_or_else(|| "–".to_owned(), time::human)
    };
    let depth = move || line.with(|line| line.as_ref().map_or(0, |line| line.depth));
    let fold = move || {
        line.get().filter(|line| line.inside > 0).map(|line| {
            let label = format!("{} inside", line.inside);
            let mark = if line.is_open { "▾" } else { "▸" };
            view! { <button type="button" class="plain fold-button" aria-expanded=line.is_open.to_string() aria-label=label.clone() title=label on:click=move |_| toggle.run(key.get_value())>{mark}</button> }
        })
    };
    let runs =
        move || {
            named.with(|named| {
                if named.target.is_empty() { named.kind.label().to_owned() } else { named.target.clone() }
            })
        };
    view! {
        <tr data-row=row class:selected=is_selected data-level=move || (depth() + 1).to_string()>
            <td class="phase"><PhaseBadge phase /></td>
            <td>
                <span class="indent" style=move || format!("width:{}px", depth() * 18)></span>
                <span class="hidden">{move || (depth() > 0).then(|| format!("level {}: ", depth() + 1))}</span>
                {fold}
                <button type="button" class="link" data-rowlink="" on:click=move |_| select.run(key.get_value())>{move || named.with(|named| named.title.clone())}</button>
                " "
                <span class="faint mono">{id}</span>
            </td>
            <td class="runs" title=runs>{runs}</td>
            <td class="cache">{move || node.with(|node| node.cache.label())}</td>
            <td class="moment">{move || started.get().map(|at| view! { <Moment at /> })}</td>
            <td class="number">{waited}</td>
            <td class="number"><Elapsed run /></td>
        </tr>
    }
}
