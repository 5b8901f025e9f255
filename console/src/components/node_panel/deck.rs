//! The page that a task left, in a frame that can neither run its scripts nor ask anybody for anything.

use aileron_idl::core::NodeExecutionIdentifier;
use leptos::prelude::*;

use crate::api::{self, ApiError};
use crate::browser;
use crate::components::notice::Notice;
use crate::model::preview::tamed;

/// The tab.
#[component]
pub(super) fn Deck(node: NodeExecutionIdentifier) -> impl IntoView {
    let found = LocalResource::new(move || {
        let node = node.clone();
        async move { fetch(&node).await }
    });
    move || {
        match found.get()? {
        Ok(Page::Here { html, path }) => Some(
            view! {
                <p class="line faint">"Scripts are off, and nothing is loaded from elsewhere." <a href=path target="_blank" rel="noopener" class="end">"Open it alone"</a></p>
                <iframe class="deck" sandbox="" srcdoc=tamed(&html) title="The deck"></iframe>
            }
            .into_any(),
        ),
        Ok(Page::Elsewhere(url)) => Some(view! { <p>"It lies on another host. "<a href=url target="_blank" rel="noopener noreferrer">"Open it there"</a></p> }.into_any()),
        Err(error) => Some(view! { <Notice error /> }.into_any()),
    }
    }
}

/// Where the page is.
#[derive(Clone)]
enum Page {
    Here { html: String, path: String },
    Elsewhere(String),
}

async fn fetch(node: &NodeExecutionIdentifier) -> Result<Page, ApiError> {
    let url = api::deck(node).await?;
    Ok(match browser::path_of(&url) {
        Some(path) => Page::Here { html: api::text(&path).await?, path },
        None => Page::Elsewhere(url),
    })
}
