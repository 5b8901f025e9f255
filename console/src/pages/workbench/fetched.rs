//! What the address asks for: a file in it, which nobody else sees, or one elsewhere, if the reader agrees.

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::bench::{Bench, Dropped, Trouble};
use super::gather::take;
use crate::address::address;
use crate::model::route::{files, is_link};
use crate::model::workbench::Problem;

/// What the fragment of a shared link starts with.
pub(super) const SHARED: &str = "#shared=";

/// Opens what a shared link holds, and offers to fetch what `?url=` names.
#[component]
pub(super) fn Fetched(bench: Bench, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) -> impl IntoView {
    let hash = window().location().hash().unwrap_or_default();
    if let Some(packed) = hash.strip_prefix(SHARED) {
        let packed = packed.to_owned();
        leptos::task::spawn_local(async move {
            match bench.call("unpack", &[packed.as_str().into()]).await {
                Ok(bytes) => {
                    let file = Dropped { name: "shared link".to_owned(), bytes: Uint8Array::new(&bytes) };
                    bench.add(file, None, Some(choose)).await;
                }
                Err(_) => {
                    complain(bench, "shared link", "the link is damaged or was cut off", "ask for it again");
                }
            }
        });
    }
    let address = address();
    let files = files(&address.query_now());
    if !files.is_empty() {
        leptos::task::spawn_local(async move {
            for path in &files {
                match bytes(path).await {
                    Ok(bytes) => {
                        let name = format!("{} of this server", path.rsplit('/').next().unwrap_or(path));
                        bench.add(Dropped { name, bytes }, None, Some(choose)).await;
                    }
                    Err(why) => complain(bench, path, &why, "see whether it is still registered"),
                }
            }
            if files.len() > 1 {
                address.set("tab", Some("compare".to_owned()));
            }
        });
    }
    let uri = address.value("url").get_untracked();
    let uri = RwSignal::new(uri.filter(|uri| is_link(uri)));
    let fetch = move |_| {
        let Some(from) = uri.get_untracked() else { return };
        uri.set(None);
        leptos::task::spawn_local(async move {
            match bytes(&from).await {
                Ok(bytes) => {
                    let name = from.rsplit('/').next().unwrap_or(&from).to_owned();
                    take(bench, Dropped { name, bytes }, open, choose).await;
                }
                Err(why) => complain(bench, &from, &why, "download it yourself and drop it here"),
            }
        });
    };
    move || {
        uri.get().map(|from| {
            view! {
                <div class="notice consent" role="alert">
                    <p class="message">"The link asks to fetch "<strong>{from}</strong></p>
                    <p class="advice">"Its server will see that you ask. What comes stays in this browser."</p>
                    <p class="line">
                        <button type="button" class="quiet" on:click=fetch>"Fetch it"</button>
                        <button type="button" class="quiet" on:click=move |_| uri.set(None)>"No"</button>
                    </p>
                </div>
            }
        })
    }
}

fn complain(bench: Bench, place: &str, message: &str, hint: &str) {
    let problem = Problem {
        code: "NotFetched".to_owned(),
        place: place.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
    };
    bench.troubles.update(|all| all.push(Trouble { problem, file: None }));
}

async fn bytes(uri: &str) -> Result<Uint8Array, String> {
    let told = |error: wasm_bindgen::JsValue| {
        error
            .dyn_ref::<js_sys::Error>()
            .map_or_else(|| "it cannot be fetched".to_owned(), |error| error.message().into())
    };
    let response = JsFuture::from(window().fetch_with_str(uri)).await.map_err(told)?;
    let response: Response = response.dyn_into().map_err(told)?;
    if !response.ok() {
        return Err(format!("its server answers {}", response.status()));
    }
    let buffer = JsFuture::from(response.array_buffer().map_err(told)?).await.map_err(told)?;
    Ok(Uint8Array::new(&buffer))
}
