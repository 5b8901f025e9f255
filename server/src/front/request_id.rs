//! A name for each request, by which its caller, its errors and its log lines are brought together.
//!
//! A caller may give one in `x-request-id`; it comes back in the same header, and in each error as
//! `google.rpc.RequestInfo`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb::{RequestInfo, Status as FullStatus};
use tracing::Instrument;

use super::{Front, measure, trace_context};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_INFO: &str = "type.googleapis.com/google.rpc.RequestInfo";
/// Longest id that is taken from a caller, in bytes.
const LONGEST: usize = 128;

/// The name of a request: letters, digits and `._:-` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The caller's, when it gave a decent one.
    fn of(headers: &HeaderMap) -> RequestId {
        let given = headers.get(&HEADER).and_then(|value| value.to_str().ok());
        given.filter(|id| is_decent(id)).map_or_else(RequestId::new, |id| RequestId(id.to_owned()))
    }

    /// The name itself.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    fn new() -> RequestId {
        RequestId(format!("{:032x}", rand::random::<u128>()))
    }

    /// A refusal that says which request it refuses.
    pub(crate) fn attach(&self, status: &Status) -> Status {
        let mut full = FullStatus::decode(status.details()).unwrap_or_default();
        if full.details.iter().any(|detail| detail.type_url == REQUEST_INFO) {
            return status.clone();
        }
        let info = RequestInfo { request_id: self.0.clone(), serving_data: String::new() };
        full.details.push(Any { type_url: REQUEST_INFO.to_owned(), value: info.encode_to_vec() });
        full.code = status.code() as i32;
        full.message = status.message().to_owned();
        let details = full.encode_to_vec().into();
        Status::with_details_and_metadata(status.code(), status.message(), details, status.metadata().clone())
    }
}

fn is_decent(id: &str) -> bool {
    let decent = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(decent)
}

/// Names the request, for those behind and for the caller.
pub(super) async fn name(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let traced = trace_context::span(&request);
    let span = tracing::info_span!(parent: &traced, "request", id = id.0, path = request.uri().path());
    request.extensions_mut().insert(id.clone());
    let measured = measure::measure(&front, request, next);
    let mut response = measured.instrument(span).instrument(traced.clone()).await;
    trace_context::tell(&traced, &mut response);
    tell(response.headers_mut(), &id);
    response
}

/// Writes the name into an answer, and into its refusal when it is one of gRPC.
fn tell(headers: &mut HeaderMap, id: &RequestId) {
    if let Some(status) = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok) {
        let named = FullStatus::decode(id.attach(&status).details()).unwrap_or_default();
        let refusal = Status::with_details(status.code(), status.message(), named.encode_to_vec().into());
        if let Err(error) = refusal.add_header(headers) {
            tracing::error!(%error, "a refusal does not name its request");
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &str) -> RequestId {
        RequestId::of(&HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(id.as_bytes()).unwrap())]))
    }

    #[test]
    fn a_callers_id_is_taken_when_it_is_decent() {
        assert_eq!(given("build-7:a.b_c").0, "build-7:a.b_c");
        for odd in ["", "two words", "ünsafe", "x\ty", &"x".repeat(LONGEST + 1)] {
            let made = given(odd).0;
            assert!(made != odd && made.len() == 32, "{odd:?} became {made:?}");
        }
    }

    #[test]
    fn two_requests_have_two_ids() {
        assert_ne!(RequestId::new(), RequestId::new());
    }

    #[test]
    fn a_refusal_keeps_its_details_and_is_named_once() {
        let detail = Any { type_url: "type.googleapis.com/x.Y".to_owned(), value: vec![1] };
        let full = FullStatus { code: 5, message: "m".to_owned(), details: vec![detail.clone()] };
        let status = Status::with_details(Code::NotFound, "m", full.encode_to_vec().into());
        let named = given("r1").attach(&given("r1").attach(&status));
        let details = FullStatus::decode(named.details()).unwrap().details;
        assert_eq!(details.len(), 2);
        assert_eq!(details[0], detail);
        assert_eq!(RequestInfo::decode(&*details[1].value).unwrap().request_id, "r1");
    }
}
