//! The list of executions.

use std::ops::ControlFlow;

use aileron_idl::admin::Execution;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::{self, ApiError};
use crate::app::LAST_SCOPE;
use crate::browser;
use crate::components::clock::{Clock, Elapsed, Moment, Zone};
use crate::components::first_run::FirstRun;
use crate::components::notice::Trouble;
use crate::components::phase_badge::PhaseBadge;
use crate::components::top_bar::TopBar;
use crate::components::version::Version;
use crate::model::listing::{self, Filter, Listing, Scope};
use crate::model::route;
use crate::model::run::Run;
use crate::model::time;
use crate::poll::{Poll, set_if_new};

/// How often the list is asked for.
const INTERVAL_MS: i32 = 2_000;

/// The page: a list for each project, domain and filter that the address names.
#[component]
pub(crate) fn ExecutionsPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let scope = Memo::new(move |_| Scope {
        project: params.with(|params| params.get("project").unwrap_or_default()),
        domain: params.with(|params| params.get("domain").unwrap_or_default()),
        filter: query.with(|query| Filter::from_query(query.get_str("show"))),
    });
    let place = Memo::new(move |_| scope.with(|scope| (scope.project.clone(), scope.domain.clone())));
    Effect::new(move |_| {
        place.with(|(project, domain)| browser::keep_preference(LAST_SCOPE, &format!("{project}/{domain}")));
    });
    view! {
        {move || {
            let (project, domain) = place.get();
            view! { <TopBar project domain /> }
        }}
        <main>{move || view! { <List scope=scope.get() /> }}</main>
    }
}

/// What the list's poll has found.
#[derive(Clone, Copy)]
struct Found {
    listing: RwSignal<Listing>,
    /// When the listing was last answered.
    at: RwSignal<Option<f64>>,
    error: RwSignal<Option<ApiError>>,
    /// True from a press of "load more" until its answer.
    wants_more: RwSignal<bool>,
}

impl Found {
    fn nothing() -> Self {
        Self {
            listing: RwSignal::default(),
            at: RwSignal::new(None),
            error: RwSignal::new(None),
            wants_more: RwSignal::new(false),
        }
    }

    async fn ask(self, scope: &Scope) -> Result<(), ApiError> {
        let listing = self.listing.get_untracked();
        if self.wants_more.get_untracked() {
            let page = api::executions(&listing.more(scope)).await;
            self.wants_more.set(false);
            let page = page?;
            self.listing.update(|listing| listing.extended(page));
        } else {
            let page = api::executions(&listing.refresh(scope)).await?;
            self.listing.update(|listing| listing.refreshed(page));
        }
        self.at.set(Some(browser::now()));
        Ok(())
    }
}

#[component]
fn List(scope: Scope) -> impl IntoView {
    let found = Found::nothing();
    let asked = scope.clone();
    let poll = Poll::start(INTERVAL_MS, async move || {
        let answer = found.ask(&asked).await;
        set_if_new(found.error, answer.err());
        ControlFlow::Continue(())
    });
    let load_more = move |_| {
        found.wants_more.set(true);
        poll.nudge();
    };
    let Scope { project, domain, filter } = scope;
    let is_empty =
        Memo::new(move |_| found.at.get().is_some() && found.listing.with(|listing| listing.rows.is_empty()));
    let has_more = Memo::new(move |_| found.listing.with(|listing| !listing.token.is_empty()));
    let (of_project, of_domain) = (project.clone(), domain.clone());
    view! {
        <div class="bar">
            <h1>"Executions"</h1>
            <Filters project=project.clone() domain=domain.clone() current=filter />
            <Freshness at=found.at />
        </div>
        <Trouble error=found.error />
        <Show when=move || !is_empty.get() fallback=move || empty(filter, project.clone(), domain.clone())>
            <Table found project=of_project.clone() domain=of_domain.clone() />
        </Show>
        <Show when=move || has_more.get()>
            <button type="button" class="more" disabled=move || found.wants_more.get() on:click=load_more>
                {move || if found.wants_more.get() { "Loading…" } else { "Load more" }}
            </button>
        </Show>
    }
}

fn empty(filter: Filter, project: String, domain: String) -> AnyView {
    match filter {
        Filter::All => view! { <FirstRun project domain /> }.into_any(),
        _ => view! { <p class="empty">{format!("No execution in {project}/{domain} is {} now.", filter.label().to_lowercase())}</p> }.into_any(),
    }
}

#[component]
fn Filters(project: String, domain: String, current: Filter) -> impl IntoView {
    let link = |filter: Filter| {
        let href = format!("{}{}", route::executions(&project, &domain), filter.query());
        let here = (filter == current).then_some("true");
        view! { <a href=href aria-current=here>{filter.label()}</a> }
    };
    view! { <nav class="filters" aria-label="Phase">{Filter::ALL.map(link).collect_view()}</nav> }
}

/// How old the list is: the reader sees when it stops being live.
#[component]
fn Freshness(at: RwSignal<Option<f64>>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let text = move || match at.get() {
        Some(at) => format!("Updated {}", time::ago(at, clock.now())),
        None => "Loading…".to_owned(),
    };
    view! { <span class="fresh">{text}</span> }
}

#[component]
fn Table(found: Found, project: String, domain: String) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let names = move || {
        found
            .listing
            .with(|listing| listing.rows.iter().map(|row| listing::name(row).to_owned()).collect::<Vec<_>>())
    };
    let row = move |name: String| {
        let href = route::execution(&project, &domain, &name);
        view! { <Row found name href /> }
    };
    view! {
        <table class="list">
            <thead>
                <tr>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Workflow"</th>
                    <th scope="col">"Started ("{move || zone.name()}")"</th>
                    <th scope="col" class="number">"Duration"</th>
                </tr>
            </thead>
            <tbody>
                <For each=names key=String::clone children=row />
            </tbody>
        </table>
    }
}

#[component]
fn Row(found: Found, name: String, href: String) -> impl IntoView {
    let key = name.clone();
    // A row is looked up by name, so that a refresh changes only the cells that differ.
    let execution = Memo::new(move |_| {
        found
            .listing
            .with(|listing| listing.rows.iter().find(|row| listing::name(row) == key).cloned())
            .unwrap_or_default()
    });
    let run = Memo::new(move |_| execution.with(Run::of_execution));
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let started = Memo::new(move |_| run.with(|run| run.started));
    let id = name.clone();
    view! {
        <tr data-execution=id>
            <td><PhaseBadge phase /></td>
            <td data-label="Name"><A href=href attr:class="mono">{name}</A></td>
            <td data-label="Workflow">{move || execution.with(workflow)}</td>
            <td data-label="Started">{move || started.get().map(|at| view! { <Moment at /> })}</td>
            <td data-label="Duration" class="number"><Elapsed run /></td>
        </tr>
    }
}

fn workflow(execution: &Execution) -> AnyView {
    let id = execution.closure.as_ref().and_then(|closure| closure.workflow_id.clone()).unwrap_or_default();
    view! { <span>{id.name}</span>" "<Version text=id.version /> }.into_any()
}
