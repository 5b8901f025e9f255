//! One version of a workflow: its graph before any run, its interface, and its launch plans.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::core::{CompiledWorkflowClosure, Identifier};
use leptos::prelude::*;

use crate::address::address;
use crate::api;
use crate::components::crumbs::Crumbs;
use crate::components::graph::{Graph, lay_out};
use crate::components::notice::Notice;
use crate::components::variables::Variables;
use crate::model::dag::Dag;
use crate::model::entity::variables;
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place, in_workbench};
use crate::model::run::Run;
use crate::model::scene::Source;

/// The page of a version.
#[component]
pub(crate) fn WorkflowPage(place: Place, name: String, version: String) -> impl IntoView {
    let id = Identifier {
        resource_type: Entity::Workflow.resource_type(),
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.clone(),
        version: version.clone(),
        ..Default::default()
    };
    let found = LocalResource::new(move || {
        let id = id.clone();
        async move { api::workflow(&id).await }
    });
    let page = Page::Version(place.clone(), Entity::Workflow, name.clone(), version.clone());
    let query = Query::default()
        .with("kind", Entity::Workflow.key())
        .with("name", name.clone())
        .with("version", version);
    let launch = Page::Launch(place.clone()).with(&query);
    let bench = in_workbench(&place, &name, &[query.get("version").unwrap_or_default()]);
    let runs = Page::Executions(place).with(&Query::default().with("q", format!("workflow:{name}")));
    let body = move || match found.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok(closure)) => shown(&closure),
    };
    view! {
        <main id="main" class="wide">
            <Crumbs page />
            <div class="page-head">
                <h1>{name}</h1>
                <a class="button" href=runs>"Its executions"</a>
                <a class="button" href=bench>"In the workbench"</a>
                <a class="button primary" data-needs="launch" href=launch>"Launch…"</a>
            </div>
            {body}
        </main>
    }
}

fn shown(closure: &CompiledWorkflowClosure) -> AnyView {
    let address = address();
    let selected = address.value("node");
    let select = Callback::new(move |node: String| {
        let is_same = selected.with_untracked(|selected| selected.as_ref() == Some(&node));
        address.set("node", (!is_same).then_some(node));
    });
    let dag = Arc::new(Dag::of(Source { closure: Arc::new(closure.clone()), ..Source::default() }));
    let template = closure.primary.as_ref().and_then(|primary| primary.template.clone()).unwrap_or_default();
    let interface = template.interface.unwrap_or_default();
    let runs = RwSignal::new(BTreeMap::<String, Run>::new());
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let nodes = template.nodes.iter().filter(|node| node.id != "start-node" && node.id != "end-node").count();
    let counts = format!(
        "{}, {}, {} inside",
        many(nodes, "node"),
        many(closure.tasks.len(), "task"),
        many(closure.sub_workflows.len(), "workflow")
    );
    view! {
        <p class="faint">{counts}</p>
        <div class="drawing alone"><Graph dag runs selected select lay_out=lay_out() /></div>
        <div class="columns">
            <Variables title="Inputs" variables=variables(interface.inputs.as_ref()) />
            <Variables title="Outputs" variables=variables(interface.outputs.as_ref()) />
        </div>
    }
    .into_any()
}
