//! One version of a task or of a launch plan.

mod schedule_section;

use aileron_idl::admin::LaunchPlan;
use aileron_idl::core::Identifier;
use leptos::prelude::*;

use crate::api::{self, ApiError};
use crate::components::crumbs::Crumbs;
use crate::components::fact_list::FactList;
use crate::components::notice::Notice;
use crate::components::toasts::toasts;
use crate::components::variables::Variables;
use crate::model::entity::{Variable, parameters, variables};
use crate::model::facts::{self, Fact};
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place};
use crate::model::schedule;
use schedule_section::ScheduleSection;

/// The page of a version.
#[component]
pub(crate) fn EntityVersionPage(place: Place, kind: Entity, name: String, version: String) -> impl IntoView {
    let id = Identifier {
        resource_type: kind.resource_type(),
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.clone(),
        version: version.clone(),
        ..Default::default()
    };
    let again = RwSignal::new(0_u32);
    let found = LocalResource::new(move || {
        again.track();
        let id = id.clone();
        async move { ask(&id, kind).await }
    });
    let page = Page::Version(place.clone(), kind, name.clone(), version.clone());
    let query = Query::default().with("kind", kind.key()).with("name", name.clone()).with("version", version);
    let launch = Page::Launch(place).with(&query);
    let body = move || match found.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok(found)) => shown(found, again),
    };
    view! {
        <main id="main">
            <Crumbs page />
            <div class="page-head">
                <h1>{name}</h1>
                <a class="button primary" data-needs="launch" href=launch>"Launch…"</a>
            </div>
            {body}
        </main>
    }
}

/// What a version is.
#[derive(Clone)]
struct Shown {
    facts: Vec<Fact>,
    inputs: Vec<Variable>,
    outputs: Vec<Variable>,
    plan: Option<LaunchPlan>,
}

async fn ask(id: &Identifier, kind: Entity) -> Result<Shown, ApiError> {
    if kind == Entity::Task {
        let task = api::task(id).await?;
        let compiled = task.closure.and_then(|closure| closure.compiled_task).unwrap_or_default();
        let template = compiled.template.unwrap_or_default();
        let interface = template.interface.clone().unwrap_or_default();
        return Ok(Shown {
            facts: facts::of_task(&template),
            inputs: variables(interface.inputs.as_ref()),
            outputs: variables(interface.outputs.as_ref()),
            plan: None,
        });
    }
    let plan = api::launch_plan(id).await?;
    let closure = plan.closure.clone().unwrap_or_default();
    let fixed = plan.spec.clone().and_then(|spec| spec.fixed_inputs).unwrap_or_default();
    Ok(Shown {
        facts: facts::of_launch_plan(&plan),
        inputs: parameters(&closure.expected_inputs.unwrap_or_default(), &fixed),
        outputs: variables(closure.expected_outputs.as_ref()),
        plan: Some(plan),
    })
}

fn shown(found: Shown, again: RwSignal<u32>) -> AnyView {
    let Shown { facts, inputs, outputs, plan } = found;
    let is_plan = plan.is_some();
    view! {
        {plan.map(|plan| view! { <State plan=plan.clone() again /><ScheduleSection plan /> })}
        <section class="card-like"><FactList facts /></section>
        <Variables title="Inputs" variables=inputs with_behavior=is_plan />
        <Variables title="Outputs" variables=outputs />
    }
    .into_any()
}

/// Whether a launch plan's version is active, and the button that changes it.
#[component]
fn State(plan: LaunchPlan, again: RwSignal<u32>) -> impl IntoView {
    let toasts = toasts();
    let is_active = plan.closure.as_ref().is_some_and(|closure| closure.state == 1);
    let has_schedule = schedule::of(&plan).is_some();
    let id = plan.id.unwrap_or_default();
    let press = move |_| {
        let id = id.clone();
        let said = if is_active { "It is inactive now." } else { "It is active now." };
        toasts.act(async move { api::activate(&id, !is_active).await }, move |()| {
            toasts.good(said);
            again.update(|count| *count += 1);
        });
    };
    let (phase, mark, word) =
        if is_active { ("SUCCEEDED", "✓", "Active") } else { ("WAITING", "·", "Inactive") };
    let words = match (is_active, has_schedule) {
        (true, true) => "It is launched by its schedule.",
        (false, true) => "Its schedule begins when it is activated.",
        (true, false) => "It has no schedule; it is what a launch by name takes.",
        (false, false) => "It has no schedule.",
    };
    view! {
        <div class="line state-line">
            <span class="badge" data-phase=phase><span class="mark" aria-hidden="true">{mark}</span>{word}</span>
            <span class="faint">{words}</span>
            <button type="button" class="button" data-needs="change" on:click=press>{if is_active { "Deactivate" } else { "Activate" }}</button>
        </div>
    }
}
