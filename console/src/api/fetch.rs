//! Sending questions with the browser's `fetch`.

use js_sys::Uint8Array;
use prost::Message;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestInit, Response};

use super::frame::{self, Status};
use super::status::{ApiError, Code};

const CONTENT_TYPE: &str = "application/grpc-web+proto";

/// Asks the admin service one unary question.
pub(super) async fn unary<Q: Message, A: Message + Default>(
    method: &'static str,
    question: &Q,
) -> Result<A, ApiError> {
    let fail = |code, message| ApiError { question: method, code, message };
    let response = post(method, &frame::encode(question))
        .await
        .map_err(|error| fail(Code::Unreachable, describe(&error)))?;
    if !response.ok() || !is_grpc_web(&response) {
        return Err(fail(Code::NotTheApi, format!("HTTP {} {}", response.status(), response.status_text())));
    }
    let early = header(&response, "grpc-status")
        .map(|code| Status::new(&code, &header(&response, "grpc-message").unwrap_or_default()));
    let bytes = body(&response).await.map_err(|error| fail(Code::Unreachable, describe(&error)))?;
    let answer = frame::decode(&bytes).map_err(|error| fail(Code::NotTheApi, error.to_string()))?;
    match (early.or(answer.status), answer.message) {
        (Some(Status { code: 0, .. }), Some(message)) => {
            A::decode(message).map_err(|error| fail(Code::NotTheApi, error.to_string()))
        }
        (Some(Status { code: 0, .. }), None) => {
            Err(fail(Code::NotTheApi, "the answer has no message".to_owned()))
        }
        (Some(status), _) => Err(fail(Code::of_grpc(status.code), status.message)),
        (None, _) => Err(fail(Code::Unreachable, "the answer broke off before its status".to_owned())),
    }
}

/// A plain GET: the body and the headers, whatever the status.
pub(super) async fn get(path: &str) -> Result<(Response, Vec<u8>), JsValue> {
    let response = send(&Request::new_with_str(path)?).await?;
    let bytes = body(&response).await?;
    Ok((response, bytes))
}

/// A response header's value.
pub(super) fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

/// The browser's own words for what it threw.
pub(super) fn describe(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => "the request failed".to_owned(),
    }
}

async fn post(method: &str, bytes: &[u8]) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", CONTENT_TYPE)?;
    headers.set("accept", CONTENT_TYPE)?;
    headers.set("x-grpc-web", "1")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&Uint8Array::from(bytes));
    let path = format!("/flyteidl.service.AdminService/{method}");
    send(&Request::new_with_str_and_init(&path, &init)?).await
}

async fn send(request: &Request) -> Result<Response, JsValue> {
    let window = web_sys::window().ok_or_else(|| JsValue::from_str("no window"))?;
    JsFuture::from(window.fetch_with_request(request)).await?.dyn_into()
}

async fn body(response: &Response) -> Result<Vec<u8>, JsValue> {
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn is_grpc_web(response: &Response) -> bool {
    header(response, "content-type").is_some_and(|kind| kind.starts_with("application/grpc-web"))
}
