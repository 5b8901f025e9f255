//! Sending questions with the browser's `fetch`: the one file that knows how gRPC-web travels.

use std::marker::PhantomData;

use js_sys::{Reflect, Uint8Array};
use prost::Message;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, ReadableStreamDefaultReader, Request, RequestInit, Response};

use super::frame::{self, Frame, Pieces, Status};
use super::status::{ApiError, Code};

const CONTENT_TYPE: &str = "application/grpc-web+proto";

/// A service and its method.
#[derive(Clone, Copy)]
pub(super) struct Method {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
}

impl Method {
    fn fail(self, code: Code, message: impl Into<String>) -> ApiError {
        ApiError { question: self.name, code, message: message.into() }
    }

    fn status(self, status: Status) -> ApiError {
        self.fail(Code::of_grpc(status.code), status.message)
    }
}

/// Asks one unary question.
pub(super) async fn unary<Q: Message, A: Message + Default>(
    method: Method,
    question: &Q,
) -> Result<A, ApiError> {
    let response = post(method, question, None).await?;
    let early = early_status(&response);
    let bytes = body(&response).await.map_err(|error| method.fail(Code::Unreachable, describe(&error)))?;
    let answer = frame::decode(&bytes).map_err(|error| method.fail(Code::NotTheApi, error.to_string()))?;
    match (early.or(answer.status), answer.message) {
        (Some(Status { code: 0, .. }), Some(message)) => {
            A::decode(message).map_err(|error| method.fail(Code::NotTheApi, error.to_string()))
        }
        (Some(Status { code: 0, .. }), None) => {
            Err(method.fail(Code::NotTheApi, "the answer has no message"))
        }
        (Some(status), _) => Err(method.status(status)),
        (None, _) => Err(method.fail(Code::Unreachable, "the answer broke off before its status")),
    }
}

/// A stream of answers. Dropping it ends it on the server too.
pub struct Stream<A> {
    method: Method,
    reader: ReadableStreamDefaultReader,
    abort: AbortController,
    pieces: Pieces,
    answers: PhantomData<A>,
}

/// Asks a question that is answered by a stream.
pub(super) async fn stream<Q: Message, A: Message + Default>(
    method: Method,
    question: &Q,
) -> Result<Stream<A>, ApiError> {
    let unreachable = |error: JsValue| method.fail(Code::Unreachable, describe(&error));
    let abort = Abort(AbortController::new().map_err(unreachable)?);
    let response = post(method, question, Some(&abort.0)).await?;
    if let Some(status) = early_status(&response).filter(|status| status.code != 0) {
        return Err(method.status(status));
    }
    let body = response.body().ok_or_else(|| method.fail(Code::NotTheApi, "the answer has no body"))?;
    let reader = body.get_reader().unchecked_into();
    Ok(Stream { method, reader, abort: abort.keep(), pieces: Pieces::default(), answers: PhantomData })
}

/// Ends a request that nobody waits for any more.
struct Abort(AbortController);

impl Abort {
    fn keep(self) -> AbortController {
        let controller = self.0.clone();
        std::mem::forget(self);
        controller
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<A: Message + Default> Stream<A> {
    /// The next answer.
    ///
    /// # Errors
    /// How the stream ended; a stream of changes has no good end.
    pub async fn next(&mut self) -> Result<A, ApiError> {
        loop {
            let frame = self.pieces.take();
            match frame.map_err(|error| self.method.fail(Code::NotTheApi, error.to_string()))? {
                Some(Frame::Message(bytes)) => {
                    return A::decode(bytes.as_slice())
                        .map_err(|error| self.method.fail(Code::NotTheApi, error.to_string()));
                }
                Some(Frame::End(Status { code: 0, .. })) => {
                    return Err(self.method.fail(Code::Unavailable, "the server ended the stream"));
                }
                Some(Frame::End(status)) => return Err(self.method.status(status)),
                None => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<(), ApiError> {
        let unreachable = |error: JsValue| self.method.fail(Code::Unreachable, describe(&error));
        let piece = JsFuture::from(self.reader.read()).await.map_err(unreachable)?;
        let value = Reflect::get(&piece, &"value".into()).map_err(unreachable)?;
        if value.is_undefined() {
            return Err(self.method.fail(Code::Unreachable, "the connection to the server was lost"));
        }
        self.pieces.push(&Uint8Array::from(value).to_vec());
        Ok(())
    }
}

impl<A> Drop for Stream<A> {
    fn drop(&mut self) {
        self.abort.abort();
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

async fn post(
    method: Method,
    question: &impl Message,
    abort: Option<&AbortController>,
) -> Result<Response, ApiError> {
    let request = request(method, &frame::encode(question), abort);
    let unreachable = |error: JsValue| method.fail(Code::Unreachable, describe(&error));
    let response = send(&request.map_err(unreachable)?).await.map_err(unreachable)?;
    if !response.ok() || !is_grpc_web(&response) {
        let said = format!("HTTP {} {}", response.status(), response.status_text());
        return Err(method.fail(Code::NotTheApi, said));
    }
    Ok(response)
}

fn request(method: Method, bytes: &[u8], abort: Option<&AbortController>) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", CONTENT_TYPE)?;
    headers.set("accept", CONTENT_TYPE)?;
    headers.set("x-grpc-web", "1")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&Uint8Array::from(bytes));
    init.set_signal(abort.map(AbortController::signal).as_ref());
    Request::new_with_str_and_init(&format!("/{}/{}", method.service, method.name), &init)
}

/// The status of an answer that is all headers.
fn early_status(response: &Response) -> Option<Status> {
    let code = header(response, "grpc-status")?;
    Some(Status::new(&code, &header(response, "grpc-message").unwrap_or_default()))
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
