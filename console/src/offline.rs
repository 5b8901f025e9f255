//! Keeps what the workbench is made of in the browser, so that it opens without its server.

use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{PerformanceResourceTiming, RegistrationOptions, ServiceWorker, ServiceWorkerRegistration};

use crate::model::route;
use crate::worker;

/// The program that answers when nobody else does.
const PROGRAM: &str = "/console/workbench/offline.js";

/// Keeps the page with everything that it has loaded. Where the browser has no such cache, the workbench
/// needs its server to open, and nothing else changes.
pub(crate) fn keep() {
    leptos::task::spawn_local(async {
        let _ = kept().await;
        // For who waits for it: a test that cuts the network.
        if let Some(body) = document().body() {
            let _ = body.set_attribute("data-offline", "ready");
        }
    });
}

async fn kept() -> Result<(), JsValue> {
    let container = window().navigator().service_worker();
    if container.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    let options = RegistrationOptions::new();
    options.set_scope(route::WORKBENCH);
    JsFuture::from(container.register_with_options(PROGRAM, &options)).await?;
    let registration: ServiceWorkerRegistration = JsFuture::from(container.ready()?).await?.dyn_into()?;
    let worker: ServiceWorker = registration.active().ok_or(JsValue::NULL)?;
    let answered = js_sys::Promise::new(&mut |done, _| {
        container.set_onmessage(Some(&done));
    });
    let message = Object::new();
    Reflect::set(&message, &"keep".into(), &paths())?;
    worker.post_message(&message)?;
    JsFuture::from(answered).await.map(drop)
}

/// The page, what it has loaded, and what its worker loads.
fn paths() -> Array {
    let of_page = window().performance().map(|performance| performance.get_entries_by_type("resource"));
    let loaded = of_page.iter().flat_map(|entries| entries.iter());
    let loaded = loaded.filter_map(|entry| entry.dyn_into::<PerformanceResourceTiming>().ok());
    let mut all: Vec<String> = loaded
        .filter_map(|entry| web_sys::Url::new(&entry.name()).ok())
        .map(|url| url.pathname())
        .filter(|path| path.starts_with("/console/"))
        .collect();
    all.extend(worker::files());
    all.push(route::WORKBENCH.to_owned());
    all.sort();
    all.dedup();
    all.into_iter().map(JsValue::from).collect()
}
