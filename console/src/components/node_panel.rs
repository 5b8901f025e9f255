//! The selected node: its data, attempts and logs.

use std::ops::ControlFlow;

use aileron_idl::admin::{NodeExecutionGetDataResponse, TaskExecution};
use aileron_idl::core::NodeExecutionIdentifier;
use leptos::prelude::*;

use crate::api::{self, ApiError, Code};
use crate::components::attempts::Attempts;
use crate::components::clock::Elapsed;
use crate::components::failure::FailureBlock;
use crate::components::key_in_address::key_in_address;
use crate::components::log_view::LogView;
use crate::components::notice::Trouble;
use crate::components::phase_badge::PhaseBadge;
use crate::components::value_list::ValueList;
use crate::model::dag::Card;
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::value;
use crate::poll::{Poll, set_if_new};

/// How often the node is asked for.
const INTERVAL_MS: i32 = 1_000;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Inputs and outputs.
    #[default]
    Data,
    /// Every attempt.
    Attempts,
    /// One attempt's log.
    Logs,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Data, Self::Attempts, Self::Logs];

    fn label(self) -> &'static str {
        match self {
            Self::Data => "Inputs & outputs",
            Self::Attempts => "Attempts",
            Self::Logs => "Logs",
        }
    }

    /// The tab's name in the page's address.
    fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Attempts => "attempts",
            Self::Logs => "logs",
        }
    }
}

key_in_address!(Tab);

/// What the panel's poll has found.
#[derive(Clone, Copy)]
struct Found {
    run: RwSignal<Run>,
    data: RwSignal<Option<NodeExecutionGetDataResponse>>,
    attempts: RwSignal<Vec<TaskExecution>>,
    error: RwSignal<Option<ApiError>>,
}

impl Found {
    /// Asks for the node first: what is asked after its end is final.
    async fn ask(self, id: &NodeExecutionIdentifier) -> Result<Phase, ApiError> {
        let run = Run::of_node(&api::node(id).await?);
        let phase = run.phase;
        set_if_new(self.run, run);
        set_if_new(self.data, Some(api::node_data(id).await?));
        set_if_new(self.attempts, api::attempts(id).await?);
        Ok(phase)
    }
}

/// The panel of one node.
#[component]
pub(crate) fn NodePanel(
    id: NodeExecutionIdentifier,
    card: Card,
    /// True once the execution has ended: then a node that is not there never will be.
    #[prop(into)]
    is_over: Signal<bool>,
    #[prop(into)] tab: Signal<Tab>,
    #[prop(into)] choose: Callback<Tab>,
) -> impl IntoView {
    let found = Found {
        run: RwSignal::default(),
        data: RwSignal::new(None),
        attempts: RwSignal::default(),
        error: RwSignal::new(None),
    };
    let asked = id.clone();
    Poll::start(INTERVAL_MS, async move || {
        let was_over = is_over.get_untracked();
        let answer = found.ask(&asked).await;
        let has_ended = answer.as_ref().is_ok_and(|phase| phase.is_terminal());
        // A node that has not started is unknown to the server, which is no trouble.
        let trouble = answer.err().filter(|error| error.code != Code::NotFound);
        let is_final = has_ended || (was_over && trouble.is_none());
        set_if_new(found.error, trouble);
        if is_final { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let phase = Memo::new(move |_| found.run.with(|run| run.phase));
    let body = move || match tab.get() {
        Tab::Data => view! { <Data found /> }.into_any(),
        Tab::Attempts => view! { <Attempts attempts=found.attempts /> }.into_any(),
        Tab::Logs => view! { <Logs node=id.clone() attempts=found.attempts /> }.into_any(),
    };
    view! {
        <header>
            <h2>{card.title.clone()}</h2>
            <p class="line">
                <PhaseBadge phase />
                <Elapsed run=found.run />
                <span class="faint mono">{card.id.clone()}</span>
                <span class="faint">{card.kind.label().to_owned()}</span>
            </p>
            {(!card.target.is_empty()).then(|| view! { <p class="faint mono target">{card.target.clone()}</p> })}
        </header>
        <Tabs tab choose attempts=found.attempts />
        <div class="body" role="tabpanel">
            <Trouble error=found.error />
            {body}
        </div>
    }
}

#[component]
fn Tabs(tab: Signal<Tab>, choose: Callback<Tab>, attempts: RwSignal<Vec<TaskExecution>>) -> impl IntoView {
    let button = move |this: Tab| {
        let count = move || match (this, attempts.with(Vec::len)) {
            (Tab::Attempts, count @ 1..) => format!(" {count}"),
            _ => String::new(),
        };
        view! {
            <button type="button" role="tab" data-tab=this.key() aria-selected=move || (tab.get() == this).to_string() on:click=move |_| choose.run(this)>
                {this.label()}
                <span class="faint">{count}</span>
            </button>
        }
    };
    view! { <div class="tabs" role="tablist" aria-label="About this node">{Tab::ALL.map(button).collect_view()}</div> }
}

#[component]
fn Data(found: Found) -> impl IntoView {
    let failure = Memo::new(move |_| found.run.with(|run| run.failure.clone()));
    let values = move || {
        let data = found.data.get();
        let is_waiting = data.is_none();
        let data = data.unwrap_or_default();
        let of =
            |map: Option<aileron_idl::core::LiteralMap>| map.as_ref().map_or_else(Vec::new, value::of_map);
        let no_inputs = if is_waiting { "This node has not started." } else { "None." };
        let no_outputs = if found.run.with(|run| run.phase.is_terminal()) { "None." } else { "Not yet." };
        view! {
            <ValueList title="Inputs" empty=no_inputs values=of(data.full_inputs) />
            <ValueList title="Outputs" empty=no_outputs values=of(data.full_outputs) />
        }
    };
    view! {
        {move || failure.get().map(|failure| view! { <FailureBlock failure /> })}
        {values}
    }
}

#[component]
fn Logs(node: NodeExecutionIdentifier, attempts: RwSignal<Vec<TaskExecution>>) -> impl IntoView {
    let count = Memo::new(move |_| attempts.with(|attempts| attempts.len() as u32));
    let chosen = RwSignal::new(None::<u32>);
    // The latest attempt, unless the reader chose another one.
    let shown = Memo::new(move |_| chosen.get().or_else(|| count.get().checked_sub(1)));
    let ended = move |attempt: u32| {
        Signal::derive(move || {
            attempts.with(|attempts| {
                attempts
                    .get(attempt as usize)
                    .is_some_and(|attempt| Run::of_attempt(attempt).phase.is_terminal())
            })
        })
    };
    let button = move |attempt: u32| {
        view! {
            <button type="button" class="quiet" aria-pressed=move || (shown.get() == Some(attempt)).to_string() on:click=move |_| chosen.set(Some(attempt))>
                {format!("Attempt {}", attempt + 1)}
            </button>
        }
    };
    let log = move || match shown.get() {
        Some(attempt) => view! { <LogView node=node.clone() attempt has_ended=ended(attempt) /> }.into_any(),
        None => view! { <p class="faint">"No attempt has started."</p> }.into_any(),
    };
    view! {
        <Show when=move || 1 < count.get()>
            <div class="line">{move || (0..count.get()).map(button).collect_view()}</div>
        </Show>
        {log}
    }
}
