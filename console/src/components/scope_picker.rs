//! Choosing project and domain.

use aileron_idl::admin::Project;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::model::route;

/// Every project with its domains, and the one that is shown.
#[component]
pub(crate) fn ScopePicker(project: String, domain: String) -> impl IntoView {
    let projects = LocalResource::new(api::projects);
    let navigate = use_navigate();
    let current = format!("{project}/{domain}");
    let choose = move |event| {
        if let Some((project, domain)) = event_target_value(&event).split_once('/') {
            navigate(&route::executions(project, domain), Default::default());
        }
    };
    let chosen = current.clone();
    // The choice is offered before the projects are known, so that nothing moves when they arrive.
    let options = move || match projects.get() {
        Some(Ok(projects)) => groups(&projects, &chosen),
        _ => view! { <option selected=true>{chosen.replace('/', " / ")}</option> }.into_any(),
    };
    view! {
        <label class="picker">
            <span class="hidden">"Project and domain"</span>
            <select on:change=choose prop:value=current>{options}</select>
        </label>
    }
}

fn groups(projects: &[Project], chosen: &str) -> AnyView {
    let known = projects.iter().any(|project| {
        project.domains.iter().any(|domain| format!("{}/{}", project.id, domain.id) == chosen)
    });
    let stranger = (!known).then(
        || view! { <option value=chosen.to_owned() selected=true>{chosen.replace('/', " / ")}</option> },
    );
    let groups = projects.iter().map(|project| group(project, chosen)).collect_view();
    view! { {stranger} {groups} }.into_any()
}

fn group(project: &Project, chosen: &str) -> AnyView {
    let option = |domain: &aileron_idl::admin::Domain| {
        let value = format!("{}/{}", project.id, domain.id);
        let selected = value == chosen;
        view! { <option value=value selected=selected>{format!("{} / {}", project.id, domain.id)}</option> }
    };
    view! { <optgroup label=project.name.clone()>{project.domains.iter().map(option).collect_view()}</optgroup> }.into_any()
}
