//! Every project, and its domains.

use aileron_idl::admin::{Domain, Project};
use leptos::prelude::*;

use crate::address::address;
use crate::api;
use crate::components::crumbs::set_title;
use crate::components::notice::Notice;
use crate::model::route::{Page, Place};

/// The page. Its address keeps the search: words find names, `key=value` finds labels.
#[component]
pub(crate) fn ProjectsPage() -> impl IntoView {
    set_title(&Page::Projects);
    let projects = LocalResource::new(api::projects);
    let address = address();
    let search = address.value("q");
    let typed = move |event| {
        let text = event_target_value(&event);
        address.set("q", (!text.is_empty()).then_some(text));
    };
    let rows = move || {
        let wanted = search.get().unwrap_or_default().to_lowercase();
        match projects.get() {
            None => view! { <p class="faint">"Loading…"</p> }.into_any(),
            Some(Err(error)) => view! { <Notice error /> }.into_any(),
            Some(Ok(projects)) => {
                list(projects.into_iter().filter(|project| matches(project, &wanted)).collect())
            }
        }
    };
    view! {
        <main id="main">
            <div class="page-head"><h1>"Projects"</h1></div>
            <div class="bar">
                <input type="search" class="search" data-search="" placeholder="Search: name or label=value" aria-label="Search projects" prop:value=move || search.get().unwrap_or_default() on:input=typed />
            </div>
            {rows}
        </main>
    }
}

fn matches(project: &Project, wanted: &str) -> bool {
    let labels = project.labels.iter().flat_map(|labels| &labels.values);
    let labels = labels.map(|(key, value)| format!("{key}={value}").to_lowercase());
    let texts = [project.id.to_lowercase(), project.name.to_lowercase(), project.description.to_lowercase()];
    wanted.split_whitespace().all(|word| {
        texts.iter().any(|text| text.contains(word)) || labels.clone().any(|label| label.contains(word))
    })
}

fn list(projects: Vec<Project>) -> AnyView {
    if projects.is_empty() {
        return view! {
            <div class="empty"><h2>"No project matches"</h2><p>"A project is made with "<code>"flytectl create project --id ID --name NAME --description TEXT"</code></p></div>
        }
        .into_any();
    }
    let row = |project: Project| {
        let id = project.id.clone();
        let domain = move |domain: Domain| {
            let page = Page::Executions(Place::new(&id, &domain.id));
            view! { <a class="button" href=page.path() data-rowlink="">{domain.name}</a> }
        };
        let is_named = project.name != project.id;
        let labels = project.labels.unwrap_or_default().values;
        let labels = labels
            .into_iter()
            .map(|(key, value)| view! { <span class="pair"><span>{key}</span>{value}</span> });
        let id = is_named.then(|| view! { <br /><span class="faint mono">{project.id}</span> });
        view! {
            <tr>
                <td><strong>{project.name}</strong>{id}</td>
                <td>{project.description}</td>
                <td>{labels.collect_view()}</td>
                <td><div class="line">{project.domains.into_iter().map(domain).collect_view()}</div></td>
            </tr>
        }
    };
    view! {
        <table class="list">
            <thead><tr><th scope="col">"Project"</th><th scope="col">"Description"</th><th scope="col">"Labels"</th><th scope="col">"Domains"</th></tr></thead>
            <tbody>{projects.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
