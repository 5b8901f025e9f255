//! When each node waited, was set up and ran, on the execution's own time.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use crate::address::address;
use crate::api;
use crate::components::clock::{Clock, Zone};
use crate::components::rows_in_sight::{rows_in_sight, space};
use crate::followed::Followed;
use crate::model::rows::Window;
use crate::model::sorted;
use crate::model::time;
use crate::model::timeline::{self, Axis, Spent, Stretch};
use crate::model::tree::Line;

/// Height of a row in pixels; the style sheet says the same.
const ROW: (f64, f64) = (30.0, 30.0);
/// Ticks on the axis, about.
const TICKS: usize = 8;

type Stretches = Arc<BTreeMap<String, Vec<Stretch>>>;

/// Bars of every node, those inside others below them.
#[component]
pub(crate) fn Timeline(
    followed: Followed,
    selected: Memo<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let address = address();
    let clock = expect_context::<Clock>();
    let run = followed.run();
    let measured = measured(followed);
    let is_folded = address.value("idle");
    let now = move || if run.with(|run| run.phase.is_terminal()) { 0.0 } else { clock.now() };
    let open = Memo::new(move |_| {
        let query = address.query();
        sorted::set(query.get("rows").unwrap_or_default().split(',').map(str::to_owned))
    });
    let lines = Memo::new(move |_| followed.tree.with(|tree| open.with(|open| tree.lines(open, |_| true))));
    let stretches = Memo::new(move |_| -> Stretches {
        let measured = measured.get();
        followed.tree.with(|tree| {
            let of = |line: &Line| {
                let node = tree.node(&line.id)?;
                // Of a node with others inside only the ends are measured.
                let is_whole = |known: &&Vec<Stretch>| known.iter().any(|one| one.spent == Spent::Run);
                let known = measured.get(&line.id).filter(is_whole).filter(|_| node.run.phase.is_terminal());
                let found = known.cloned().unwrap_or_else(|| timeline::of_row(node, now()));
                Some((line.id.clone(), found))
            };
            Arc::new(lines.with(|lines| sorted::map(lines.iter().filter_map(of))))
        })
    });
    let axis = Memo::new(move |_| {
        let created = followed
            .execution
            .with(|execution| execution.as_ref()?.closure.as_ref()?.created_at.as_ref().map(time::millis));
        let axis = run.with(|run| Axis::of(run, created, now()))?;
        let is_folded = is_folded.with(|idle| idle.as_deref() != Some("1"));
        Some(if is_folded { stretches.with(|all| axis.folded(all.values().flatten())) } else { axis })
    });
    let critical = critical(followed);
    view! {
        <Legend critical followed />
        <div class="timeline" role="group" aria-label="Timeline">
            <Scale axis />
            <Bars followed lines stretches axis critical selected select />
        </div>
    }
}

/// The measured spans, once the execution is over; they know the set-up that rows do not.
fn measured(followed: Followed) -> RwSignal<Stretches> {
    let found = RwSignal::new(Stretches::default());
    let run = followed.run();
    let is_over = Memo::new(move |_| run.with(|run| run.phase.is_terminal()));
    Effect::new(move |_| {
        if !is_over.get() {
            return;
        }
        let id = followed.id.get_value();
        spawn_local_scoped_with_cancellation(async move {
            match api::metrics(&id).await {
                Ok(root) => found.set(Arc::new(sorted::map(timeline::of_spans(&root)))),
                Err(error) => followed.error.set(Some(error)),
            }
        });
    });
    found
}

/// The nodes that decided how long it took.
fn critical(followed: Followed) -> Memo<Vec<String>> {
    Memo::new(move |_| {
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                let upstream =
                    |id: &str| outline.top(id).map(|named| named.upstream.clone()).unwrap_or_default();
                timeline::critical_path(|id| tree.node(id), tree.children(""), upstream)
            })
        })
    })
}

#[component]
fn Legend(critical: Memo<Vec<String>>, followed: Followed) -> impl IntoView {
    let address = address();
    let idle = address.value("idle");
    let is_whole = move || idle.with(|idle| idle.as_deref() == Some("1"));
    let toggle = move |event| address.set("idle", event_target_checked(&event).then(|| "1".to_owned()));
    let kind = |spent: Spent| view! { <span class="key"><span class="swatch" data-spent=spent.key()></span>{spent.label()}</span> };
    let path = move || {
        let path = critical.get();
        let share =
            followed.tree.with(|tree| path.iter().filter_map(|id| tree.node(id)?.run.took).sum::<f64>());
        (path.len() > 1)
            .then(|| format!("Critical path: {} nodes, {} of running", path.len(), time::human(share)))
    };
    view! {
        <div class="bar legend">
            {Spent::ALL.map(kind).collect_view()}
            <span class="key"><span class="swatch" data-critical="true"></span>"Critical path"</span>
            <span class="faint">{path}</span>
            <label class="check end"><input type="checkbox" prop:checked=is_whole on:change=toggle />"Idle time in full"</label>
        </div>
    }
}

/// The axis: distances from the start, and the zone in which its beginning is told.
#[component]
fn Scale(axis: Memo<Option<Axis>>) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let ticks = move || {
        let axis = axis.get()?;
        let tick = |(at, ms): (f64, f64)| view! { <span class="tick" style=format!("left:{at:.3}%")>{time::human(ms)}</span> };
        let fold = |(bar, ms): (timeline::Bar, f64)| {
            let title = format!("{} in which nothing ran", time::human(ms));
            view! { <span class="gap" style=format!("left:{:.3}%;width:{:.3}%", bar.left, bar.width) title=title></span> }
        };
        let marks = (
            axis.ticks(TICKS).into_iter().map(tick).collect_view(),
            axis.folds().into_iter().map(fold).collect_view(),
        );
        Some(marks)
    };
    view! {
        <div class="scale" aria-hidden="true">
            <span class="faint">"from its start · "{move || zone.name()}</span>
            <div class="ruler">{ticks}</div>
        </div>
    }
}

#[component]
fn Bars(
    followed: Followed,
    lines: Memo<Vec<Line>>,
    stretches: Memo<Stretches>,
    axis: Memo<Option<Axis>>,
    critical: Memo<Vec<String>>,
    selected: Memo<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let body = NodeRef::<html::Tbody>::new();
    let count = Memo::new(move |_| lines.with(Vec::len));
    let shown = rows_in_sight(body, count, ROW);
    let ids = move || {
        let Window { first, end, .. } = shown.get();
        lines.with(|lines| lines.get(first..end.min(lines.len())).unwrap_or_default().to_vec())
    };
    let row = move |line: Line| {
        let key = StoredValue::new(line.id.clone());
        let (chosen, marked) = (line.id.clone(), line.id.clone());
        let title = move || {
            key.with_value(|id| {
                followed.tree.with(|tree| followed.outline.with(|outline| outline.named(tree, id).title))
            })
        };
        let phase = move || {
            key.with_value(|id| {
                followed.tree.with(|tree| tree.node(id).map_or("WAITING", |node| node.run.phase.key()))
            })
        };
        let is_critical = move || critical.with(|path| path.contains(&marked)).to_string();
        let is_selected =
            move || key.with_value(|id| selected.with(|selected| selected.as_ref() == Some(id)));
        let bars = move || {
            let axis = axis.get()?;
            let found = key.with_value(|id| stretches.with(|all| all.get(id).cloned())).unwrap_or_default();
            Some(found.into_iter().map(|stretch| bar(&axis, stretch)).collect_view())
        };
        let spent = move || {
            let found = key.with_value(|id| stretches.with(|all| all.get(id).cloned())).unwrap_or_default();
            in_words(&found)
        };
        view! {
            <tr class:selected=is_selected data-critical=is_critical data-phase=phase>
                <td class="label"><span class="indent" style=format!("width:{}px", line.depth * 14)></span>
                    <button type="button" class="link" data-rowlink="" on:click=move |_| select.run(chosen.clone())>{title}</button>" "<span class="faint mono">{line.id}</span></td>
                <td class="lane" title=spent><span class="track">{bars}</span><span class="hidden">{spent}</span></td>
            </tr>
        }
    };
    view! {
        <table class="bars">
            <colgroup><col /><col /></colgroup>
            <tbody node_ref=body>
                {space(move || shown.get().above())}
                <For each=ids key=|line| (line.id.clone(), line.depth) children=row />
                {space(move || shown.get().below())}
            </tbody>
        </table>
    }
}

fn bar(axis: &Axis, stretch: Stretch) -> AnyView {
    let bar = axis.bar(stretch.from, stretch.to);
    let took = time::human(stretch.to - stretch.from);
    // A label that does not fit is in the title.
    let label = (stretch.spent == Spent::Run && bar.width > 7.0).then(|| took.clone());
    let title = format!("{} {took}", stretch.spent.label());
    view! { <span data-spent=stretch.spent.key() title=title style=format!("left:{:.3}%;width:{:.3}%", bar.left, bar.width)>{label}</span> }.into_any()
}

fn in_words(stretches: &[Stretch]) -> String {
    let of = |spent: Spent| {
        let sum: f64 = stretches.iter().filter(|one| one.spent == spent).map(|one| one.to - one.from).sum();
        (sum > 0.0).then(|| format!("{} {}", spent.label().to_lowercase(), time::human(sum)))
    };
    Spent::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join(", ")
}
