//! The drawing of an entity: one of its workflows, a part of it, or two versions as one.

use std::collections::BTreeSet;
use std::sync::Arc;

use aileron_compiler::layout::Layout;
use aileron_idl::core::CompiledWorkflowClosure;
use leptos::prelude::*;

use super::bench::Bench;
use super::sheet::{Found, Verdict};
use crate::address::address;
use crate::browser;
use crate::components::graph::{Graph, Stage};
use crate::model::dag::Dag;
use crate::model::scene::layouts::Wanted;
use crate::model::scene::marks::Marks;
use crate::model::scene::{Source, arrange};
use crate::model::workbench::union;

/// Where moved nodes are kept, before the hash of the workflow's structure.
const PLACES: &str = "aileron.places.";

/// A drawing that is compared by whether it is the same one.
#[derive(Clone)]
struct Same(Arc<Dag>);

impl PartialEq for Same {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The drawing, and the workflows that there are to draw.
#[component]
pub(super) fn Drawing(
    bench: Bench,
    found: Found,
    verdict: Verdict,
    /// Whether two versions are compared.
    compared: Signal<bool>,
    #[prop(into)] part: Signal<Option<String>>,
    #[prop(into)] set_part: SignalSetter<Option<String>>,
    #[prop(into)] node: Signal<Option<String>>,
    select: Callback<String>,
    stage: RwSignal<Option<Stage>>,
) -> impl IntoView {
    let (only, set_only) = address().kept("only");
    let shown = Memo::new(move |_| match found.union.get().filter(|_| compared.get()) {
        Some((closure, _)) => Some(closure),
        None => found.closure.get(),
    });
    let dag = Memo::new(move |_| {
        let closure = shown.get()?;
        closure.primary.as_ref()?;
        let only = only.get().map(|only| only.split(',').map(str::to_owned).collect()).unwrap_or_default();
        let source = Source { closure, part: part.get(), only, ..Source::default() };
        Some(Same(Arc::new(Dag::of(source))))
    });
    let marks = Signal::derive(move || {
        let Some(stage) = stage.get() else { return Marks::default() };
        let Some(drawn) = stage.drawn.try_get() else { return Marks::default() };
        match found.union.get().filter(|_| compared.get()) {
            Some((closure, diff)) => {
                let within = closure.primary.as_ref().map(union::name).unwrap_or_default();
                Marks::of_diff(&diff, &within)
            }
            None => verdict.with(|verdict| {
                let marks = |verdict: &Arc<_>| Marks::of_verdict(&drawn.0, verdict, part.get().as_deref());
                verdict.as_ref().map(marks).unwrap_or_default()
            }),
        }
    });
    let staged = Callback::new(move |new: Stage| {
        remember(new);
        stage.set(Some(new));
    });
    let lay_out = Callback::new(move |(wanted, hand_over): (Wanted, Callback<Option<Layout>>)| {
        let is_own = found.closure.with_untracked(|own| own.as_ref().is_some_and(|own| wanted.is_of(own)));
        let of = is_own.then_some(found.id);
        leptos::task::spawn_local(async move { hand_over.run(bench.lay_out(of, &wanted).await) });
    });
    let is_waiting = move || found.group.is_compiled() && found.problem.with(Option::is_none);
    view! {
        <Crumbs closure=found.closure part set_part only set_only stage node />
        {move || match dag.get() {
            Some(dag) => view! { <Graph dag=dag.0 runs=found.runs selected=node select marks staged lay_out /> }.into_any(),
            None if found.closure.with(Option::is_none) && is_waiting() => {
                view! { <div class="graph skeleton" aria-busy="true"></div> }.into_any()
            }
            None => ().into_any(),
        }}
    }
}

/// Nodes that were moved in an equal workflow are where they were put.
fn remember(stage: Stage) {
    let structure = stage.scene().scopes.first().and_then(|scope| scope.workflow()).map(arrange::structure);
    let Some(structure) = structure else { return };
    let key = format!("{PLACES}{structure}");
    if let Some(kept) = browser::preference(&key).and_then(|text| serde_json::from_str(&text).ok()) {
        stage.arrangement.set(kept);
    }
    Effect::new(move |before: Option<()>| {
        let text = stage.arrangement.with(|places| serde_json::to_string(places).unwrap_or_default());
        if before.is_some() {
            browser::keep_preference(&key, &text);
        }
    });
}

/// The workflow, its sub-workflows and what was pulled out of it, one to be looked at.
#[component]
fn Crumbs(
    closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    part: Signal<Option<String>>,
    set_part: SignalSetter<Option<String>>,
    #[prop(into)] only: Signal<Option<String>>,
    #[prop(into)] set_only: SignalSetter<Option<String>>,
    stage: RwSignal<Option<Stage>>,
    node: Signal<Option<String>>,
) -> impl IntoView {
    let pulled = RwSignal::new(only.get_untracked().into_iter().collect::<BTreeSet<String>>());
    let look = move |part: Option<String>, only: Option<String>| {
        set_part.set(part);
        set_only.set(only);
    };
    let pull = move |_| {
        let Some(ids) = stage.get_untracked().map(Stage::meant).filter(|ids| !ids.is_empty()) else { return };
        pulled.update(|all| {
            all.insert(ids.clone());
        });
        set_only.set(Some(ids));
    };
    let workflows = move || {
        let closure = closure.get()?;
        let main = closure.primary.as_ref().map(union::name)?;
        let subs = closure.sub_workflows.iter().map(union::name).map(Some);
        Some((main, [None].into_iter().chain(subs).collect::<Vec<_>>()))
    };
    let tab = move |label: String, to: Option<String>, of: Option<String>| {
        let (part_of, only_of) = (to.clone(), of.clone());
        let is_here = move || part.get() == part_of && only.get() == only_of;
        view! { <button type="button" class="quiet" aria-pressed=move || is_here().to_string() on:click=move |_| look(to.clone(), of.clone())>{label}</button> }
    };
    let way = move || {
        let stage = stage.get()?;
        let scene = stage.drawn.try_get()?.0;
        let above = scene.above(scene.find(&node.get()?)?);
        let names: Vec<_> =
            above.iter().filter_map(|at| scene.node(*at)).map(|node| node.title.clone()).collect();
        (!names.is_empty())
            .then(|| view! { <span class="way faint">{format!("in {}", names.join(" › "))}</span> })
    };
    move || {
        workflows().map(|(main, names)| {
            let tabs = names.into_iter().map(|name| tab(short(name.as_deref().unwrap_or(&main)), name, None));
            let parts = pulled.get().into_iter().map(|ids| tab(format!("▣ {}", few(&ids)), part.get_untracked(), Some(ids)));
            view! {
                <nav class="line parts" aria-label="Workflows">
                    {tabs.collect_view()}
                    {parts.collect_view()}
                    <button type="button" class="link" title="What is sought, or else the selected node with its neighbours, as a drawing of its own" on:click=pull>"Pull out"</button>
                    {way}
                </nav>
            }
        })
    }
}

fn few(ids: &str) -> String {
    let all: Vec<_> = ids.split(',').collect();
    if all.len() <= 3 { all.join(", ") } else { format!("{}, {} and {} more", all[0], all[1], all.len() - 2) }
}

fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}
