//! Data kept elsewhere: what and where it is, a copy of its address, a download, and a look at it where that is possible.

use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use crate::api::{self, ApiError};
use crate::browser;
use crate::components::copy_button::CopyButton;
use crate::components::notice::Trouble;
use crate::components::toasts::toasts;
use crate::model::preview::{self, Preview};

/// Rows and letters shown at most.
const ROWS: usize = 200;
const LETTERS: usize = 200_000;

/// What a look shows.
#[derive(Clone)]
enum Look {
    Picture(String),
    Text(String),
    Table(Vec<Vec<String>>),
    Page(String),
    Elsewhere(String),
}

/// A file, folder or dataset.
#[component]
pub(crate) fn StoredValue(what: String, uri: String) -> impl IntoView {
    let look = RwSignal::new(None::<Look>);
    let error = RwSignal::new(None::<ApiError>);
    let how = preview::of(&what, &uri);
    let toasts = toasts();
    let (copied, looked, fetched, told) = (uri.clone(), uri.clone(), uri.clone(), uri.clone());
    let press = move |_| {
        if look.with_untracked(Option::is_some) {
            return look.set(None);
        }
        let (Some(how), uri) = (how, looked.clone()) else { return };
        spawn_local_scoped_with_cancellation(async move {
            match fetch(how, &uri).await {
                Ok(found) => look.set(Some(found)),
                Err(failed) => error.set(Some(failed)),
            }
        });
    };
    let download = move |_| {
        let uri = fetched.clone();
        toasts.act(async move { api::download_url(&uri).await }, |url| {
            // A browser that refuses to open what was pressed for says so itself.
            let _ = window().open_with_url_and_target_and_features(&url, "_blank", "noopener");
        });
    };
    // Where it lies says less than what it is called.
    let name = uri.trim_end_matches('/').rsplit_once('/').map(|(_, name)| name.to_owned());
    let is_file = what.starts_with("file");
    let words = move || if look.with(Option::is_some) { "Hide" } else { "Show" };
    view! {
        <span class="chip">{what}</span>
        {name.map(|name| view! { <span class="file">{name}</span>" " })}
        <span class="stored-actions">
            <CopyButton text=Signal::derive(move || copied.clone()) />
            {is_file.then(|| view! { <button type="button" class="quiet" on:click=download>"Download"</button> })}
            {how.map(|_| view! { <button type="button" class="quiet" on:click=press>{words}</button> })}
        </span>
        <code class="uri" title=told>{uri}</code>
        <Trouble error />
        {move || look.get().map(shown)}
    }
}

async fn fetch(how: Preview, uri: &str) -> Result<Look, ApiError> {
    let url = api::download_url(uri).await?;
    let Some(path) = browser::path_of(&url) else { return Ok(Look::Elsewhere(url)) };
    Ok(match how {
        Preview::Picture => Look::Picture(path),
        Preview::Page => Look::Page(preview::framed(&path, false)),
        Preview::Table => Look::Table(preview::rows(&api::text(&path).await?, ROWS)),
        Preview::Text => Look::Text(api::text(&path).await?.chars().take(LETTERS).collect()),
    })
}

fn shown(look: Look) -> AnyView {
    match look {
        Look::Picture(path) => view! { <img class="look" src=path alt="The stored picture" /> }.into_any(),
        Look::Text(text) => view! { <pre class="look" tabindex="0">{text}</pre> }.into_any(),
        Look::Page(path) => view! { <iframe class="look page" sandbox="" src=path title="The stored page, without its scripts"></iframe> }.into_any(),
        Look::Elsewhere(url) => view! { <p class="faint">"It lies on another host. "<a href=url target="_blank" rel="noopener noreferrer">"Open it there"</a></p> }.into_any(),
        Look::Table(rows) => {
            let row = |row: Vec<String>| view! { <tr>{row.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view()}</tr> };
            view! { <div class="look" tabindex="0"><table class="cells">{rows.into_iter().map(row).collect_view()}</table></div> }.into_any()
        }
    }
}
