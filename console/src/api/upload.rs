//! Putting a file where the server says, with news of how far it is: `fetch` has none, hence the older request.

use aileron_idl::service::CreateUploadLocationResponse;
use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ProgressEvent, XmlHttpRequest};

use crate::browser;

/// Sends the bytes; `told` is given the share that has arrived.
///
/// # Errors
/// What went wrong, in words.
pub async fn upload(
    location: &CreateUploadLocationResponse,
    bytes: &[u8],
    told: impl Fn(f64) + 'static,
) -> Result<(), String> {
    let path = browser::path_of(&location.signed_url).ok_or_else(|| {
        "the objects lie on another host, which this page does not ask: upload by pyflyte, and give the URI".to_owned()
    })?;
    let failed = |_: JsValue| "the upload could not be started".to_owned();
    let request = XmlHttpRequest::new().map_err(failed)?;
    request.open_with_async("PUT", &path, true).map_err(failed)?;
    for (name, value) in &location.headers {
        request.set_request_header(name, value).map_err(failed)?;
    }
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.total() > 0.0 {
            told(event.loaded() / event.total());
        }
    });
    request.upload().map_err(failed)?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let ended = Promise::new(&mut |resolve, _reject| request.set_onloadend(Some(&resolve)));
    request.send_with_opt_u8_array(Some(bytes)).map_err(failed)?;
    // The end comes whatever happened.
    let _ = JsFuture::from(ended).await;
    match request.status() {
        Ok(200..=299) => Ok(()),
        Ok(0) | Err(_) => Err("the connection was lost during the upload".to_owned()),
        Ok(status) => Err(format!("the server refused the upload: HTTP {status}")),
    }
}
