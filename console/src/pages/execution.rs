//! One execution: header, graph, nodes, and a panel with what is selected.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use aileron_idl::admin::{Execution, WorkflowExecutionGetDataResponse};
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, WorkflowExecutionIdentifier};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{query_signal_with_options, use_params_map};

use crate::api::{self, ApiError, Code};
use crate::components::clock::{Elapsed, Moment};
use crate::components::failure::FailureBlock;
use crate::components::graph::Graph;
use crate::components::node_panel::{NodePanel, Tab};
use crate::components::node_table::NodeTable;
use crate::components::notice::Trouble;
use crate::components::phase_badge::PhaseBadge;
use crate::components::top_bar::TopBar;
use crate::components::value_list::ValueList;
use crate::components::version::Version;
use crate::model::dag::Dag;
use crate::model::run::{self, Run};
use crate::model::value;
use crate::poll::{Poll, set_if_new};

/// How often a running execution is asked for.
const INTERVAL_MS: i32 = 1_000;

/// The page of the execution that the address names.
#[component]
pub(crate) fn ExecutionPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| {
        let part = |name| params.with(|params| params.get(name).unwrap_or_default());
        WorkflowExecutionIdentifier {
            project: part("project"),
            domain: part("domain"),
            name: part("name"),
            ..Default::default()
        }
    });
    move || view! { <Shown id=id.get() /> }
}

/// What the page's poll has found.
#[derive(Clone, Copy)]
struct Found {
    execution: RwSignal<Option<Execution>>,
    dag: RwSignal<Option<Arc<Dag>>>,
    /// The nodes' states, by node id.
    runs: RwSignal<BTreeMap<String, Run>>,
    data: RwSignal<Option<WorkflowExecutionGetDataResponse>>,
    error: RwSignal<Option<ApiError>>,
}

impl Found {
    fn nothing() -> Self {
        Self {
            execution: RwSignal::new(None),
            dag: RwSignal::new(None),
            runs: RwSignal::default(),
            data: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }

    /// Asks for everything once; the execution first, so that what is asked after its end is final.
    async fn ask(self, id: &WorkflowExecutionIdentifier) -> Result<bool, ApiError> {
        let execution = api::execution(id).await?;
        let is_over = Run::of_execution(&execution).phase.is_terminal();
        let workflow = execution.closure.as_ref().and_then(|closure| closure.workflow_id.clone());
        set_if_new(self.execution, Some(execution));
        if let Some(workflow) = workflow.filter(|_| self.dag.with_untracked(Option::is_none)) {
            self.dag.set(Some(Arc::new(Dag::of(&api::workflow(&workflow).await?))));
        }
        let nodes = api::nodes(id).await?;
        let ids = |dag: &Option<Arc<Dag>>| {
            dag.iter().flat_map(|dag| &dag.cards).map(|card| card.id.clone()).collect()
        };
        let ids: Vec<String> = self.dag.with_untracked(ids);
        set_if_new(self.runs, run::of_nodes(&nodes, ids.iter().map(String::as_str), is_over));
        // Inputs never change, and outputs come with the end.
        if is_over || self.data.with_untracked(Option::is_none) {
            set_if_new(self.data, Some(api::execution_data(id).await?));
        }
        Ok(is_over)
    }
}

#[component]
fn Shown(id: WorkflowExecutionIdentifier) -> impl IntoView {
    let found = Found::nothing();
    let asked = id.clone();
    Poll::start(INTERVAL_MS, async move || {
        let answer = found.ask(&asked).await;
        let is_final = match &answer {
            Ok(is_over) => *is_over,
            Err(error) => matches!(error.code, Code::NotFound | Code::InvalidArgument),
        };
        set_if_new(found.error, answer.err());
        if is_final { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let run = Memo::new(move |_| {
        found.execution.with(|execution| execution.as_ref().map(Run::of_execution)).unwrap_or_default()
    });
    let failure = Memo::new(move |_| run.with(|run| run.failure.clone()));
    let WorkflowExecutionIdentifier { project, domain, name, .. } = id.clone();
    view! {
        <TopBar project domain execution=name />
        <main class="execution">
            <Trouble error=found.error />
            <Header found run />
            {move || failure.get().map(|failure| view! { <FailureBlock failure /> })}
            <Body id found run />
        </main>
    }
}

#[component]
fn Header(found: Found, run: Memo<Run>) -> impl IntoView {
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let started = Memo::new(move |_| run.with(|run| run.started));
    let facts = move || found.execution.get().map(|execution| facts(&execution));
    view! {
        <div class="head">
            <PhaseBadge phase />
            {facts}
            <dl>
                <div><dt>"Started"</dt><dd>{move || started.get().map(|at| view! { <Moment at /> })}</dd></div>
                <div><dt>"Duration"</dt><dd><Elapsed run /></dd></div>
            </dl>
        </div>
    }
}

fn facts(execution: &Execution) -> AnyView {
    let spec = execution.spec.clone().unwrap_or_default();
    let workflow =
        execution.closure.as_ref().and_then(|closure| closure.workflow_id.clone()).unwrap_or_default();
    let plan = spec.launch_plan.unwrap_or_default();
    let principal =
        spec.metadata.map(|metadata| metadata.principal).filter(|principal| !principal.is_empty());
    let by = principal.map(|principal| view! { <div><dt>"Started by"</dt><dd>{principal}</dd></div> });
    view! {
        <h1>{workflow.name}</h1>
        <dl>
            <div><dt>"Launch plan"</dt><dd>{plan.name}</dd></div>
            <div><dt>"Version"</dt><dd><Version text=plan.version /></dd></div>
            {by}
        </dl>
    }
    .into_any()
}

#[component]
fn Body(id: WorkflowExecutionIdentifier, found: Found, run: Memo<Run>) -> impl IntoView {
    let in_place = NavigateOptions { replace: true, scroll: false, ..Default::default() };
    let (selected, set_selected) = query_signal_with_options::<String>("node", in_place.clone());
    let (tab, set_tab) = query_signal_with_options::<Tab>("tab", in_place);
    let select = Callback::new(move |node: String| {
        let is_same = selected.with_untracked(|selected| selected.as_ref() == Some(&node));
        set_selected.set((!is_same).then_some(node));
    });
    let choose = Callback::new(move |tab| set_tab.set(Some(tab)));
    let is_over = Signal::derive(move || run.with(|run| run.phase.is_terminal()));
    let tab = Signal::derive(move || tab.get().unwrap_or_default());
    let drawn = move || {
        found.dag.get().map(|dag| {
            view! {
                <Graph dag=dag.clone() runs=found.runs selected select />
                <NodeTable dag execution=run runs=found.runs selected select />
            }
        })
    };
    let card = Memo::new(move |_| {
        let node = selected.get()?;
        found.dag.with(|dag| dag.as_ref()?.card(&node).filter(|card| !card.kind.is_boundary()).cloned())
    });
    let panel = move || match card.get() {
        Some(card) => {
            let id = NodeExecutionIdentifier { node_id: card.id.clone(), execution_id: Some(id.clone()) };
            view! { <NodePanel id card is_over tab choose /> }.into_any()
        }
        None => view! { <ExecutionData found is_over /> }.into_any(),
    };
    view! {
        <div class="split">
            <div class="drawing">{drawn}</div>
            <aside class="panel" aria-label="Details">{panel}</aside>
        </div>
    }
}

/// What the whole execution was given and gave.
#[component]
fn ExecutionData(found: Found, is_over: Signal<bool>) -> impl IntoView {
    let of = |map: Option<LiteralMap>| map.as_ref().map_or_else(Vec::new, value::of_map);
    let values = move || {
        let data = found.data.get()?;
        let no_outputs = if is_over.get() { "None." } else { "Not yet: the execution is still running." };
        Some(view! {
            <ValueList title="Inputs" empty="None." values=of(data.full_inputs) />
            <ValueList title="Outputs" empty=no_outputs values=of(data.full_outputs) />
        })
    };
    view! {
        <header>
            <h2>"Execution"</h2>
            <p class="faint">"Select a node for its data, attempts and logs."</p>
        </header>
        <div class="body">{values}</div>
    }
}
