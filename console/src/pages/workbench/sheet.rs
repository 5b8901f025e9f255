//! What is looked at: an entity's drawing, and beside it what is to be said of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::core::{CompiledWorkflowClosure, LiteralMap};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use super::bench::Bench;
use super::compare::Compare;
use super::details::{Details, TaskByItself};
use super::drawing::Drawing;
use super::heading::Heading;
use super::launch::LaunchForm;
use super::problems::Problems;
use super::timeline::Timeline;
use crate::address::address;
use crate::components::graph::Stage;
use crate::components::key_in_address::key_in_address;
use crate::components::value_list::ValueList;
use crate::model::run::Run;
use crate::model::value;
use crate::model::workbench::{Compilation, Diff, Entity, Finding, Group, Problem, Status};

/// What stands beside the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Problems,
    Task,
    Launch,
    Compare,
    Values,
    Timeline,
}

impl Tab {
    const ALL: [Self; 6] =
        [Self::Problems, Self::Task, Self::Launch, Self::Compare, Self::Values, Self::Timeline];

    fn label(self) -> &'static str {
        match self {
            Self::Problems => "Problems",
            Self::Task => "Task",
            Self::Launch => "Inputs",
            Self::Compare => "Compare",
            Self::Values => "Values",
            Self::Timeline => "Timeline",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Problems => "problems",
            Self::Task => "task",
            Self::Launch => "inputs",
            Self::Compare => "compare",
            Self::Values => "values",
            Self::Timeline => "timeline",
        }
    }

    /// `has_outputs` and `has_runs` tell what was dropped on the entity.
    fn suits(self, group: Group, has_outputs: bool, has_runs: bool) -> bool {
        match self {
            Self::Problems | Self::Compare => group.is_compiled(),
            Self::Task => group == Group::Tasks,
            Self::Launch => matches!(group, Group::Workflows | Group::LaunchPlans | Group::Tasks),
            Self::Values => group.has_values() || has_outputs,
            Self::Timeline => has_runs,
        }
    }
}

key_in_address!(Tab);

/// What the compiler says of the entity, once it has.
pub(super) type Verdict = Memo<Option<Arc<Compilation>>>;

/// What the worker has said of the entity.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) id: u32,
    pub(super) group: Group,
    pub(super) closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    pub(super) status: RwSignal<Status>,
    pub(super) runs: Memo<BTreeMap<String, Run>>,
    pub(super) values: RwSignal<Option<LiteralMap>>,
    /// An error document, as text.
    pub(super) error: RwSignal<Option<String>>,
    pub(super) problem: RwSignal<Option<Problem>>,
    /// Both versions as one, while they are compared.
    pub(super) union: RwSignal<Option<(Arc<CompiledWorkflowClosure>, Diff)>>,
}

impl Found {
    fn nothing(id: u32, group: Group) -> Self {
        let status = RwSignal::<Status>::default();
        Self {
            id,
            group,
            closure: RwSignal::new(None),
            status,
            runs: Memo::new(move |_| status.with(Status::runs)),
            values: RwSignal::new(None),
            error: RwSignal::new(None),
            problem: RwSignal::new(None),
            union: RwSignal::new(None),
        }
    }

    /// Asks for it, and again when a file that came later has completed it or belongs to it.
    fn of(bench: Bench, id: u32, group: Group) -> Self {
        let found = Self::nothing(id, group);
        let revision = Memo::new(move |_| bench.shelf.with(|shelf| shelf.revision(id)));
        Effect::new(move |_| {
            revision.track();
            bench.overlay.track();
            spawn_local_scoped_with_cancellation(async move {
                found.problem.set(found.ask(bench).await.err());
            });
        });
        found
    }

    async fn ask(self, bench: Bench) -> Result<(), Problem> {
        let Self { id, group, .. } = self;
        if group.is_compiled() {
            let closure = bench.closure(id).await?;
            // An equal one would only draw everything again.
            if self.closure.with_untracked(|known| known.as_deref() != Some(&closure)) {
                self.closure.set(Some(Arc::new(closure)));
            }
        }
        let overlay = bench.overlay.get_untracked();
        if let Some(from) = overlay.nodes.or(group.has_status().then_some(id)) {
            self.status.set(bench.ask("status", &[from.into()]).await?);
        }
        if let Some(from) = overlay.outputs.or(group.has_literals().then_some(id)) {
            self.values.set(Some(bench.message("literals", &[from.into()]).await?));
        }
        if group == Group::Errors {
            let error: serde_json::Value = bench.ask("values", &[id.into()]).await?;
            self.error.set(serde_json::to_string_pretty(&error).ok());
        }
        Ok(())
    }
}

/// One entity.
#[component]
pub(super) fn Sheet(bench: Bench, entity: Entity) -> impl IntoView {
    let (id, group) = (entity.id, Group::of(&entity.kind));
    let verdict: Verdict = Memo::new(move |_| bench.shelf.with(|shelf| shelf.verdict(id).cloned()));
    let found = Found::of(bench, id, group);
    let asked = StoredValue::new(entity.clone());
    let address = address();
    let (part, set_part) = address.kept("part");
    let (node, set_node) = address.kept("node");
    let tab = address.value("tab");
    let select = Callback::new(move |chosen: String| {
        let is_same = node.with_untracked(|node| node.as_ref() == Some(&chosen));
        set_node.set((!is_same).then_some(chosen));
    });
    let stage = RwSignal::new(None::<Stage>);
    let go = Callback::new(move |finding: Finding| {
        set_part.set(finding.workflow);
        set_node.set(finding.node.clone());
        // The drawing may have to be made first.
        request_animation_frame(move || {
            if let Some((stage, node)) = stage.try_get_untracked().flatten().zip(finding.node) {
                stage.reveal(&node);
            }
        });
    });
    let turn = Callback::new(move |tab: Tab| address.set("tab", Some(tab.key().to_owned())));
    follow(bench, turn);
    let suits = move |tab: Tab| {
        let has_outputs = found.values.with(Option::is_some);
        tab.suits(group, has_outputs, found.runs.with(|runs| !runs.is_empty()))
    };
    let tabs = Memo::new(move |_| Tab::ALL.into_iter().filter(|tab| suits(*tab)).collect::<Vec<_>>());
    let current = Memo::new(move |_| {
        let first = tabs.with(|tabs| tabs.first().copied()).unwrap_or_default();
        tab.get().and_then(|tab| tab.parse().ok()).filter(|tab| suits(*tab)).unwrap_or(first)
    });
    let body = move || match current.get() {
        Tab::Problems => view! { <Problems verdict go /> }.into_any(),
        Tab::Task => view! { <TaskByItself found /> }.into_any(),
        Tab::Launch => view! { <LaunchForm bench entity=asked.get_value() /> }.into_any(),
        Tab::Compare => view! { <Compare bench id found /> }.into_any(),
        Tab::Values => view! { <Values found /> }.into_any(),
        Tab::Timeline => view! { <Timeline found select /> }.into_any(),
    };
    let aside = move || match (node.get(), stage.get()) {
        (Some(node), Some(stage)) => view! { <Details found stage node select /> }.into_any(),
        _ => ().into_any(),
    };
    let compared = Signal::derive(move || current.get() == Tab::Compare);
    view! {
        <Heading bench entity verdict found stage />
        <div class="split">
            <div class="drawing">
                <Drawing bench found verdict compared part set_part node select stage />
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

/// Inputs that are dropped are shown where they are judged.
fn follow(bench: Bench, turn: Callback<Tab>) {
    Effect::new(move |before: Option<()>| {
        let is_given = bench.given.with(|given| !given.is_empty());
        if is_given && before.is_some() {
            turn.run(Tab::Launch);
        }
    });
}

#[component]
fn Values(found: Found) -> impl IntoView {
    move || {
        let values = found.values.get().map(|map| value::of_map(&map));
        let values = values.map(|values| view! { <ValueList title="Values" empty="None." values /> });
        let error = found.error.get().map(|error| view! { <pre tabindex="0">{error}</pre> });
        view! { {values} {error} }
    }
}

#[component]
fn Tabs(tabs: Memo<Vec<Tab>>, current: Memo<Tab>, turn: Callback<Tab>, verdict: Verdict) -> impl IntoView {
    let count =
        move || verdict.with(|verdict| verdict.as_ref().map(|all| all.diagnostics.len() + all.missing.len()));
    let buttons = move || {
        let button = |tab: Tab| {
            let label = move || match (tab, count()) {
                (Tab::Problems, Some(count)) => format!("Problems ({count})"),
                (other, _) => other.label().to_owned(),
            };
            view! {
                <button type="button" role="tab" aria-selected=move || (current.get() == tab).to_string() on:click=move |_| turn.run(tab)>{label}</button>
            }
        };
        tabs.get().into_iter().map(button).collect_view()
    };
    view! { <div class="tabs" role="tablist">{buttons}</div> }
}
