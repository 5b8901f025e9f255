//! What is looked at: an entity's drawing, and beside it what is to be said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

use super::bench::Bench;
use super::compare::Compare;
use super::details::Details;
use super::launch::LaunchForm;
use super::problems::Problems;
use crate::components::graph::Graph;
use crate::components::key_in_address::key_in_address;
use crate::model::dag::Dag;
use crate::model::run::Run;
use crate::model::workbench::{Compilation, Entity, Finding, Group, Problem, Status};

/// Nodes that are drawn at most; more cards than this make a browser slow.
const DRAWN: usize = 3_000;

/// What stands beside the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Problems,
    Launch,
    Compare,
    Values,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Problems, Self::Launch, Self::Compare, Self::Values];

    fn label(self) -> &'static str {
        match self {
            Self::Problems => "Problems",
            Self::Launch => "Inputs",
            Self::Compare => "Compare",
            Self::Values => "Values",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Problems => "problems",
            Self::Launch => "inputs",
            Self::Compare => "compare",
            Self::Values => "values",
        }
    }

    fn suits(self, group: Group) -> bool {
        match self {
            Self::Problems | Self::Compare => group.is_compiled(),
            Self::Launch => matches!(group, Group::Workflows | Group::LaunchPlans | Group::Tasks),
            Self::Values => group.has_values(),
        }
    }
}

key_in_address!(Tab);

/// What the worker has said of the entity.
#[derive(Clone, Copy)]
struct Found {
    closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    runs: RwSignal<BTreeMap<String, Run>>,
    values: RwSignal<Option<String>>,
    problem: RwSignal<Option<Problem>>,
}

impl Found {
    async fn ask(self, bench: Bench, id: u32, group: Group) -> Result<(), Problem> {
        if group.is_compiled() {
            self.closure.set(Some(Arc::new(bench.message("closure", &[id.into()]).await?)));
        }
        if group == Group::Executions {
            self.runs.set(bench.ask::<Status>("status", &[id.into()]).await?.runs());
        }
        if group.has_values() {
            let values: serde_json::Value = bench.ask("values", &[id.into()]).await?;
            self.values.set(serde_json::to_string_pretty(&values).ok());
        }
        Ok(())
    }
}

/// One entity.
#[component]
pub(super) fn Sheet(bench: Bench, entity: Entity) -> impl IntoView {
    let (id, group) = (entity.id, Group::of(&entity.kind));
    let verdict =
        Memo::new(move |_| bench.shelf.with(|shelf| shelf.verdict(id).cloned()).unwrap_or_default());
    let found = Found {
        closure: RwSignal::new(None),
        runs: RwSignal::default(),
        values: RwSignal::new(None),
        problem: RwSignal::new(None),
    };
    Effect::new(move |_| {
        // A file that came later may have completed it.
        verdict.track();
        spawn_local_scoped_with_cancellation(async move {
            found.problem.set(found.ask(bench, id, group).await.err());
        });
    });
    let quietly = NavigateOptions { replace: true, scroll: false, ..Default::default() };
    let (part, set_part) = query_signal_with_options::<String>("part", quietly.clone());
    let (node, set_node) = query_signal_with_options::<String>("node", quietly.clone());
    let (tab, set_tab) = query_signal_with_options::<Tab>("tab", quietly);
    let workflow = Memo::new(move |_| {
        found.closure.with(|closure| named(closure.as_deref()?, part.get().as_deref()).cloned())
    });
    let select = Callback::new(move |chosen: String| {
        let is_same = node.with_untracked(|node| node.as_ref() == Some(&chosen));
        set_node.set((!is_same).then_some(chosen));
    });
    let go = Callback::new(move |finding: Finding| {
        set_part.set(finding.workflow);
        set_node.set(finding.node);
    });
    let heading = entity;
    let tabs: Vec<Tab> = Tab::ALL.into_iter().filter(|tab| tab.suits(group)).collect();
    let first = tabs.first().copied().unwrap_or_default();
    let current = Memo::new(move |_| tab.get().filter(|tab| tab.suits(group)).unwrap_or(first));
    let body = move || match current.get() {
        Tab::Problems => view! { <Problems verdict go /> }.into_any(),
        Tab::Launch => view! { <LaunchForm bench id /> }.into_any(),
        Tab::Compare => view! { <Compare bench id /> }.into_any(),
        Tab::Values => view! { <pre tabindex="0">{move || found.values.get()}</pre> }.into_any(),
    };
    let facts = Memo::new(move |_| Some((workflow.get()?, node.get()?)));
    let aside = move || match facts.get() {
        Some((workflow, node)) => view! { <Details closure=found.closure workflow node select /> }.into_any(),
        None => ().into_any(),
    };
    let turn = Callback::new(move |tab| set_tab.set(Some(tab)));
    view! {
        <Heading entity=heading verdict />
        <div class="split">
            <div class="drawing">
                <Crumbs closure=found.closure part set_part />
                <Drawing found workflow verdict part node select />
            </div>
            <aside class="panel" aria-label="Details">
                {aside}
                <Tabs tabs current turn verdict />
                <div class="body">
                    {move || found.problem.get().map(|problem| view! { <p class="wrong">{problem.to_string()}</p> })}
                    {body}
                </div>
            </aside>
        </div>
    }
}

#[component]
fn Tabs(
    tabs: Vec<Tab>,
    current: Memo<Tab>,
    turn: Callback<Tab>,
    verdict: Memo<Compilation>,
) -> impl IntoView {
    let count = move || verdict.with(|verdict| verdict.diagnostics.len() + verdict.missing.len());
    let buttons = tabs.into_iter().map(|tab| {
        let label = move || match tab {
            Tab::Problems => format!("Problems ({})", count()),
            other => other.label().to_owned(),
        };
        view! {
            <button type="button" role="tab" aria-selected=move || (current.get() == tab).to_string() on:click=move |_| turn.run(tab)>{label}</button>
        }
    });
    view! { <div class="tabs" role="tablist">{buttons.collect_view()}</div> }
}

/// The workflow of a name, or the one that is asked about.
fn named<'a>(closure: &'a CompiledWorkflowClosure, part: Option<&str>) -> Option<&'a CompiledWorkflow> {
    let named = |workflow: &&CompiledWorkflow| part.is_some_and(|part| name(workflow) == part);
    closure.sub_workflows.iter().find(named).or(closure.primary.as_ref())
}

fn name(workflow: &CompiledWorkflow) -> &str {
    let id = workflow.template.as_ref().and_then(|template| template.id.as_ref());
    id.map_or("", |id| id.name.as_str())
}

#[component]
fn Heading(entity: Entity, verdict: Memo<Compilation>) -> impl IntoView {
    let is_compiled = Group::of(&entity.kind).is_compiled();
    let words =
        move || verdict.with(|verdict| if verdict.accepted { "Compiles" } else { "Does not compile" });
    let key = move || verdict.with(|verdict| if verdict.accepted { "SUCCEEDED" } else { "FAILED" });
    let badge = is_compiled.then(|| view! { <span class="badge verdict" data-phase=key><span class="mark" aria-hidden="true">{move || if key() == "FAILED" { "✕" } else { "✓" }}</span>{words}</span> });
    let notes = entity.notes.iter().cloned().map(|note| view! { <p class="faint">{note}</p> }).collect_view();
    let title = if entity.name.is_empty() { entity.place.clone() } else { entity.name.clone() };
    view! {
        <div class="head">
            {badge}
            <h1>{title}</h1>
            <dl>
                <div><dt>"Kind"</dt><dd>{entity.kind}</dd></div>
                <div><dt>"Version"</dt><dd>{entity.version}</dd></div>
                <div><dt>"File"</dt><dd>{entity.place}</dd></div>
            </dl>
        </div>
        {notes}
    }
}

/// The workflow and its sub-workflows, one to be looked at.
#[component]
fn Crumbs(
    closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    #[prop(into)] part: Signal<Option<String>>,
    #[prop(into)] set_part: SignalSetter<Option<String>>,
) -> impl IntoView {
    let names = move || {
        let closure = closure.get()?;
        let subs: Vec<String> =
            closure.sub_workflows.iter().map(|workflow| name(workflow).to_owned()).collect();
        let main = name(closure.primary.as_ref()?).to_owned();
        (!subs.is_empty()).then_some((main, subs))
    };
    move || {
        names().map(|(main, subs)| {
            let is_main = move || part.get().is_none();
            let links = subs.into_iter().map(|name| {
                let (mine, to) = (name.clone(), name.clone());
                let is_shown = move || part.get().as_ref() == Some(&mine);
                view! { <button type="button" class="quiet" aria-pressed=move || is_shown().to_string() on:click=move |_| set_part.set(Some(to.clone()))>{short(&name)}</button> }
            });
            view! {
                <nav class="line" aria-label="Workflows">
                    <button type="button" class="quiet" aria-pressed=move || is_main().to_string() on:click=move |_| set_part.set(None)>{short(&main)}</button>
                    {links.collect_view()}
                </nav>
            }
        })
    }
}

fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

#[component]
fn Drawing(
    found: Found,
    workflow: Memo<Option<CompiledWorkflow>>,
    verdict: Memo<Compilation>,
    #[prop(into)] part: Signal<Option<String>>,
    #[prop(into)] node: Signal<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let dag = Memo::new(move |_| {
        let (closure, workflow) = (found.closure.get()?, workflow.get()?);
        let nodes = workflow.template.as_ref().map_or(0, |template| template.nodes.len());
        Some((nodes <= DRAWN).then(|| Arc::new(Dag::of_workflow(&workflow, &closure))).ok_or(nodes))
    });
    let troubled = Memo::new(move |_| {
        let part = part.get();
        let here = |finding: &&Finding| finding.error && finding.workflow == part;
        verdict.with(|verdict| {
            verdict
                .diagnostics
                .iter()
                .filter(here)
                .filter_map(|finding| finding.node.clone())
                .collect::<BTreeSet<_>>()
        })
    });
    move || {
        dag.get().map(|drawn| match drawn {
            Ok(dag) => view! { <Graph dag runs=found.runs selected=node select troubled /> }.into_any(),
            Err(nodes) => view! { <p class="notice">{format!("This workflow has {nodes} nodes; the page draws up to {DRAWN}. Its problems, inputs and differences are here all the same.")}</p> }.into_any(),
        })
    }
}
