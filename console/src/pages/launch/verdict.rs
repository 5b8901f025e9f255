//! Whether it can be launched, as the server would say; and the button that does.

use aileron_idl::admin::ExecutionCreateRequest;
use leptos::prelude::*;

use super::editor::Model;
use crate::address::address;
use crate::api;
use crate::browser;
use crate::components::toasts::toasts;
use crate::model::launch::options::Problem;
use crate::model::launch::request as built;
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place};

/// The request that would be sent now; or how many things are wrong.
pub(super) fn request(model: Model) -> Result<ExecutionCreateRequest, Vec<Problem>> {
    let inputs = model.form.with(|form| form.clone().judge());
    let inputs = inputs.map_err(|_| Vec::new())?;
    model.options.with(|options| {
        let (place, target) = (model.place.get_value(), model.target.get_value());
        model.base.with_value(|base| built::request(&place, target, base, options, inputs))
    })
}

/// The bar at the page's foot.
#[component]
pub(super) fn Verdict(model: Model) -> impl IntoView {
    let (toasts, address) = (toasts(), address());
    let is_busy = RwSignal::new(false);
    let wrong = Memo::new(move |_| {
        let options = model
            .options
            .with(|options| options.apply(&mut model.base.get_value()).err().unwrap_or_default());
        model.said.with(Vec::len) + options.len()
    });
    let words = move || match wrong.get() {
        0 => "The server's checks accept it.".to_owned(),
        1 => "One thing is wrong.".to_owned(),
        count => format!("{count} things are wrong."),
    };
    let launch = move |_| {
        let Ok(request) = untrack(|| request(model)) else { return };
        is_busy.set(true);
        leptos::task::spawn_local(async move {
            match api::launch(&request).await {
                Ok(id) => address.go(&Page::Execution(Place::new(&id.project, &id.domain), id.name).path()),
                Err(error) => toasts.bad(&error),
            }
            is_busy.try_set(false);
        });
    };
    let link = move |_| {
        let text = link(model);
        leptos::task::spawn_local(async move {
            let written =
                wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(&text))
                    .await;
            toasts.good(if written.is_ok() {
                "The link to this form is copied."
            } else {
                "The browser does not allow copying."
            });
        });
    };
    view! {
        <div class="verdict-bar" data-launchable=move || (wrong.get() == 0).to_string()>
            <span class="badge" role="status" data-phase=move || if wrong.get() == 0 { "SUCCEEDED" } else { "FAILED" }>
                <span class="mark" aria-hidden="true">{move || if wrong.get() == 0 { "✓" } else { "!" }}</span>
                {words}
            </span>
            <button type="button" class="quiet end" on:click=link>"Copy a link to this form"</button>
            <span data-lacks="launch">"To launch takes the role launcher here."</span>
            <button type="button" class="button primary" data-needs="launch" disabled=move || 0 < wrong.get() || is_busy.get() on:click=launch>{move || if is_busy.get() { "Launching…" } else { "Launch" }}</button>
        </div>
    }
}

fn link(model: Model) -> String {
    let target = model.target.get_value();
    let kind = Entity::of_resource_type(target.resource_type).unwrap_or(Entity::LaunchPlan);
    let inputs =
        model.form.with_untracked(|form| form.json()).map(|json| json.to_string()).unwrap_or_default();
    let query = Query::default()
        .with("kind", kind.key())
        .with("name", target.name)
        .with("version", target.version)
        .with("inputs", inputs);
    let server = browser::server();
    let scheme = if server.is_insecure { "http" } else { "https" };
    format!("{scheme}://{}{}", server.host, Page::Launch(model.place.get_value()).with(&query))
}
