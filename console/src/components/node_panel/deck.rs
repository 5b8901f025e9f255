//! The page that a task left, in a frame without an origin that can ask nobody for anything, and runs its scripts only when
//! the reader says so.

use aileron_idl::core::NodeExecutionIdentifier;
use leptos::prelude::*;

use crate::api::{self, ApiError};
use crate::browser;
use crate::components::notice::Notice;
use crate::model::preview::framed;

/// The tab.
#[component]
pub(super) fn Deck(node: NodeExecutionIdentifier) -> impl IntoView {
    let found = LocalResource::new(move || {
        let node = node.clone();
        async move { fetch(&node).await }
    });
    let with_scripts = RwSignal::new(false);
    move || {
        match found.get()? {
        Ok(Page::Here(path)) => Some(
            view! {
                <p class="line faint">
                    {move || if with_scripts.get() { "Its scripts run, walled off." } else { "Its scripts are off." }}
                    <button type="button" class="link" on:click=move |_| with_scripts.update(|on| *on = !*on)>{move || if with_scripts.get() { "Stop them" } else { "Run them" }}</button>
                    <a href=path.clone() target="_blank" rel="noopener" class="end">"Open it alone"</a>
                </p>
                <For each=move || [with_scripts.get()] key=|allowed| *allowed children=move |allowed| frame(&path, allowed) />
            }
            .into_any(),
        ),
        Ok(Page::Elsewhere(url)) => Some(view! { <p>"It lies on another host. "<a href=url target="_blank" rel="noopener noreferrer">"Open it there"</a></p> }.into_any()),
        Err(error) => Some(view! { <Notice error /> }.into_any()),
    }
    }
}

/// A frame of its own for each choice, which a key makes it: a sandbox holds for what is loaded after it, and one
/// that is widened in place may stay empty.
fn frame(path: &str, with_scripts: bool) -> AnyView {
    let page = framed(path, with_scripts);
    let allowed = if with_scripts { "allow-scripts" } else { "" };
    view! { <iframe class="deck" sandbox=allowed src=page title="The deck"></iframe> }.into_any()
}

/// Where the page is.
#[derive(Clone)]
enum Page {
    Here(String),
    Elsewhere(String),
}

async fn fetch(node: &NodeExecutionIdentifier) -> Result<Page, ApiError> {
    let url = api::deck(node).await?;
    Ok(match browser::path_of(&url) {
        Some(path) => Page::Here(path),
        None => Page::Elsewhere(url),
    })
}
