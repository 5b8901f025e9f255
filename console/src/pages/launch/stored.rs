//! A file, folder or dataset: its URI, or a file of the reader's own that is uploaded.

use aileron_idl::service::CreateUploadLocationRequest;
use js_sys::Uint8Array;
use leptos::prelude::*;
use md5::{Digest as _, Md5};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use super::fields::Place;
use crate::api;
use crate::model::launch::Draft;

/// How far an upload is.
#[derive(Clone, Default, PartialEq)]
enum Upload {
    #[default]
    None,
    Running(f64),
    Done(String),
    Failed(String),
}

/// The field. A file may be chosen, or dropped on it.
#[component]
pub(super) fn StoredField(place: Place, what: String) -> impl IntoView {
    let state = RwSignal::new(Upload::None);
    let text = RwSignal::new(place.text());
    let (typed_place, sent) = (place.clone(), place);
    let typed = move |event| {
        let value = event_target_value(&event);
        text.set(value.clone());
        typed_place.put(if value.is_empty() { Draft::Absent } else { Draft::Text(value) });
    };
    let is_file = what.starts_with("file");
    let upload = StoredValue::new(move |file: File| {
        let place = sent.clone();
        state.set(Upload::Running(0.0));
        leptos::task::spawn_local(async move {
            match send(&file, &place, state).await {
                Ok(uri) => {
                    text.try_set(uri.clone());
                    place.put(Draft::Text(uri));
                    state.try_set(Upload::Done(file.name()));
                }
                Err(problem) => drop(state.try_set(Upload::Failed(problem))),
            }
        });
    });
    let chosen = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) {
            upload.with_value(|upload| upload(file));
        }
    };
    let dropped = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)).filter(|_| is_file) {
            upload.with_value(|upload| upload(file));
        }
    };
    let words = move || match state.get() {
        Upload::None => String::new(),
        Upload::Running(share) => format!("Uploading: {:.0} %", share * 100.0),
        Upload::Done(name) => format!("{name} is uploaded."),
        Upload::Failed(problem) => problem,
    };
    view! {
        <div class="stored-field" on:dragover=|event| event.prevent_default() on:drop=dropped>
            <input type="text" placeholder="a URI" aria-label=what autocomplete="off" spellcheck="false" prop:value=text on:input=typed />
            {is_file.then(|| view! { <label class="quiet">"Upload…"<input type="file" class="hidden" on:change=chosen /></label> })}
            <span role="status" class:wrong=move || matches!(state.get(), Upload::Failed(_))>{words}</span>
        </div>
    }
}

/// Puts a file where the server says, bound to its checksum; gives its URI.
async fn send(file: &File, place: &Place, state: RwSignal<Upload>) -> Result<String, String> {
    let unread = |_| "the browser cannot read this file".to_owned();
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(unread)?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    let of = place.model.place.get_value();
    let request = CreateUploadLocationRequest {
        project: of.project,
        domain: of.domain,
        filename: file.name(),
        content_md5: Md5::digest(&bytes).to_vec(),
        ..Default::default()
    };
    let location = api::upload_location(&request).await.map_err(|error| error.to_string())?;
    api::upload(&location, &bytes, move |share| drop(state.try_set(Upload::Running(share)))).await?;
    Ok(location.native_url)
}
