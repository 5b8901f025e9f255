//! Who reads, where the server tells callers apart: their name and roles in the bar, and the way out.
//!
//! What a reader may do in the place that a page is of stands on the document's root (`data-may`), and elements say what they
//! take (`data-needs`): the styles leave out what would be refused. The server judges; this only saves a useless press.

use leptos::prelude::*;

use crate::api;
use crate::model::reader::Reader;
use crate::model::route::Place;

/// The reader; `None` while it is not known, and where everybody is trusted.
#[derive(Clone, Copy)]
pub(crate) struct Reading(RwSignal<Option<Reader>>);

impl Reading {
    /// Asks who reads. The server leads who must log in there before it gives a page.
    pub(crate) fn start() -> Self {
        let reader = RwSignal::new(None);
        leptos::task::spawn_local(async move {
            // Without an answer everybody is one here, or the page itself tells what is wrong.
            if let Ok(found) = api::reader().await {
                reader.set(Some(found));
            }
        });
        Self(reader)
    }

    /// Keeps the root told of what the reader may do in the place of the page.
    pub(crate) fn follow(self, place: Memo<Option<Place>>) {
        Effect::new(move |_| {
            let root = document().document_element();
            let may = self.0.with(|reader| Some(reader.as_ref()?.may(&place.get()?)));
            let _ = match (root, may) {
                (Some(root), Some(may)) => root.set_attribute("data-may", may.key()),
                (Some(root), None) => root.remove_attribute("data-may"),
                (None, _) => Ok(()),
            };
        });
    }
}

/// Where one logs in, to come back to this page: for who finds that a session has ended.
pub(crate) fn login() -> String {
    let location = window().location();
    let here =
        format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    format!("/login?redirect_url={}", String::from(js_sys::encode_uri_component(&here)))
}

/// The name, with roles and the way out below it; nothing where everybody is trusted.
#[component]
pub(crate) fn ReaderMenu() -> impl IntoView {
    let Reading(reader) = expect_context::<Reading>();
    move || {
        reader.get().map(|Reader { name, roles }| {
            let has_none = roles.is_empty();
            view! {
                <details class="menu reader">
                    <summary class="quiet" title="Who you are here">{name}</summary>
                    <div class="sheet">
                        <ul class="names">{roles.into_iter().map(|role| view! { <li>{role}</li> }).collect_view()}</ul>
                        {has_none.then(|| view! { <p class="faint">"You have no role yet: ask an admin for one."</p> })}
                        <form method="post" action="/logout"><button type="submit" class="button">"Log out"</button></form>
                    </div>
                </details>
            }
        })
    }
}
