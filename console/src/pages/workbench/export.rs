//! What is looked at, as a file or a link.

use std::sync::Arc;

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement, Url};

use super::bench::Bench;
use super::fetched::SHARED;
use crate::components::graph::Stage;
use crate::model::route;
use crate::model::scene::export::Form;

/// The longest address that browsers show whole.
const LONGEST: usize = 32_000;
/// The largest picture of pixels, in each direction.
const LARGEST: f32 = 12_000.0;

/// A menu of forms.
#[component]
pub(super) fn Export(bench: Bench, id: u32, title: String, stage: RwSignal<Option<Stage>>) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let name = Arc::<str>::from(title.rsplit('.').next().unwrap_or("workflow"));
    let title = Arc::<str>::from(title);
    let drawn = move |form: Form| {
        stage.get_untracked().map(|stage| form.write(&stage.scene(), &stage.phases_now(), &title))
    };
    let forms = Form::ALL.map(|form| {
        let (drawn, name) = (drawn.clone(), name.clone());
        let save = move |_| {
            let (ending, kind) = form.file();
            if let Some(text) = drawn(form) {
                download(&format!("{name}.{ending}"), kind, &text.into());
            }
        };
        view! { <button type="button" class="quiet" on:click=save>{form.label()}</button> }
    });
    let png = {
        let name = name.clone();
        move |_| {
            let Some(stage) = stage.get_untracked() else { return };
            let scene = stage.scene();
            if scene.width.max(scene.height) > LARGEST {
                return said.set("Too large for pixels: take the SVG".to_owned());
            }
            if let Some(svg) = drawn(Form::Svg) {
                pixels(&format!("{name}.png"), &svg, (scene.width, scene.height));
            }
        }
    };
    let of_worker = move |call: &'static str, ending: &'static str, kind: &'static str| {
        let name = name.clone();
        move |_| {
            let name = name.clone();
            leptos::task::spawn_local(async move {
                match bench.call(call, &[id.into()]).await {
                    Ok(content) if content.is_null() => said.set("It was no protobuf".to_owned()),
                    Ok(content) => download(&format!("{name}.{ending}"), kind, &content),
                    Err(problem) => said.set(problem.to_string()),
                }
            });
        }
    };
    let json = of_worker("json", "json", "application/json");
    let encoded = of_worker("closure", "pb", "application/octet-stream");
    let original = of_worker("original", "original.pb", "application/octet-stream");
    let share = move |_| {
        leptos::task::spawn_local(async move { said.set(link(bench, id).await) });
    };
    view! {
        <details class="menu">
            <summary class="quiet">"Export"</summary>
            <div class="line">
                {forms.into_iter().collect_view()}
                <button type="button" class="quiet" on:click=png>"PNG"</button>
                <button type="button" class="quiet" on:click=json>"JSON"</button>
                <button type="button" class="quiet" on:click=encoded>"Protobuf"</button>
                <button type="button" class="quiet" title="As it was dropped, byte for byte" on:click=original>"Original"</button>
                <button type="button" class="quiet" title="A link that holds all of it; no server sees what is in it" on:click=share>"Copy a link"</button>
            </div>
            <p class="faint" role="status">{move || said.get()}</p>
        </details>
    }
}

/// A link with the closure in its fragment, which browsers keep to themselves. Answers what to tell.
async fn link(bench: Bench, id: u32) -> String {
    let packed = async { bench.call("pack", &[bench.call("closure", &[id.into()]).await?]).await };
    let packed = match packed.await {
        Ok(packed) => packed.as_string().unwrap_or_default(),
        Err(problem) => return problem.to_string(),
    };
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}{}{SHARED}{packed}", route::WORKBENCH);
    if link.len() > LONGEST {
        return "Too large for a link: send the HTML file".to_owned();
    }
    let written =
        wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(&link)).await;
    if written.is_ok() { "The link is copied".to_owned() } else { link }
}

fn blob(kind: &str, content: &JsValue) -> Option<Blob> {
    let parts = Array::of1(content);
    let of = BlobPropertyBag::new();
    of.set_type(kind);
    let made = match content.dyn_ref::<Uint8Array>() {
        Some(_) => Blob::new_with_u8_array_sequence_and_options(&parts, &of),
        None => Blob::new_with_str_sequence_and_options(&parts, &of),
    };
    made.ok()
}

fn download(name: &str, kind: &str, content: &JsValue) {
    let Some(url) = blob(kind, content).and_then(|blob| Url::create_object_url_with_blob(&blob).ok()) else {
        return;
    };
    save(name, &url);
    // The browser has taken it by then.
    set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(10));
}

fn save(name: &str, url: &str) {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(url);
        link.set_download(name);
        link.click();
    }
}

/// The picture drawn by the browser, twice as fine as it is on the screen.
fn pixels(name: &str, svg: &str, (width, height): (f32, f32)) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let (name, shown) = (name.to_owned(), image.clone());
    let drawn = wasm_bindgen::closure::Closure::once_into_js(move || {
        let canvas = document()
            .create_element("canvas")
            .ok()
            .and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok());
        let Some(canvas) = canvas else { return };
        let (width, height) = (f64::from(width + 48.0) * 2.0, f64::from(height + 48.0) * 2.0);
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let context = canvas.get_context("2d").ok().flatten();
        let context =
            context.and_then(|context| context.dyn_into::<web_sys::CanvasRenderingContext2d>().ok());
        if let Some(context) = context {
            let _ = context.draw_image_with_html_image_element_and_dw_and_dh(&shown, 0.0, 0.0, width, height);
        }
        if let Ok(url) = canvas.to_data_url() {
            save(&name, &url);
        }
    });
    image.set_onload(Some(drawn.unchecked_ref()));
    // As data: a picture of a blob would make the canvas unreadable in some browsers.
    image.set_src(&format!(
        "data:image/svg+xml;charset=utf-8,{}",
        String::from(js_sys::encode_uri_component(svg))
    ));
}
