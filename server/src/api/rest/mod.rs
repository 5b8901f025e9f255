//! REST: every RPC that the proto files map to a path, called in process and answered as the client
//! asked. There is no list of routes here; a new RPC in the proto files is a new route.

mod answer;
mod bind;
mod openapi;
mod route;

use std::sync::{Arc, LazyLock};

use aileron_idl::json::Style;
use aileron_idl::reflect;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use bytes::{BufMut, Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Version, header};
use http_body_util::BodyExt;
use prost::Message;
use prost_reflect::DynamicMessage;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::ServiceExt;

use self::answer::Format;
use self::route::{Found, Missing, Table};
use super::grpc;
use super::public_url::PublicUrl;
use crate::front::RequestId;
use crate::identity::Known;
use crate::server::App;

/// Bytes before a message in a gRPC body: a flag and the length.
const FRAME_HEADER: usize = 5;

/// Where the routes describe themselves: where Flyte's do, and where tools look.
const DOCUMENTS: [&str; 2] = ["/api/v1/openapi", "/api/v1/openapi.json"];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(reflect::pool()));
static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| openapi::document(&TABLE, |service| grpc::SERVED.contains(&service)).to_string().into());

/// What the routes call.
struct Gateway {
    services: Router,
    /// Largest body, in bytes.
    limit: usize,
}

/// The routes, over the services.
pub(super) fn router(app: &App, services: Routes) -> Router {
    let services = grpc::counted(app, services.prepare());
    let gateway = Arc::new(Gateway { services, limit: app.settings.max_message_size });
    let paths =
        ["/api/v1/{*rest}", "/me", "/config/v1/flyte_client", "/.well-known/oauth-authorization-server"];
    let router = paths.into_iter().fold(Router::new(), |router, path| router.route(path, any(handle)));
    DOCUMENTS.into_iter().fold(router, |router, path| router.route(path, get(describe))).with_state(gateway)
}

async fn describe() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, answer::JSON)], DOCUMENT.clone())
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    // Its names are those of RFC 8414, whatever is accepted.
    let is_standard = request.uri().path().starts_with("/.well-known/");
    let format = if is_standard { Format::Json(Style::Snake) } else { Format::of(request.headers()) };
    let id = request.extensions().get::<RequestId>().cloned();
    let path = request.uri().path().to_owned();
    match call(&gateway, request).await {
        Ok((found, message)) => answer::success(format, &found.method.output(), message),
        Err(Refusal::NoRoute(missing)) => answer::missing(format, &path, &missing),
        Err(Refusal::Status(status)) => {
            answer::failure(format, &id.map_or(status.clone(), |id| id.attach(&status)))
        }
    }
}

/// A refusal in the form that the headers ask for.
pub(super) fn refusal(asked: &HeaderMap, status: &Status) -> Response {
    answer::failure(Format::of(asked), status)
}

/// Why there is no answer.
enum Refusal {
    /// No RPC has this path, or not with this verb.
    NoRoute(Missing),
    /// The RPC refused, or the request could not be made into one.
    Status(Status),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Refusal::Status(status)
    }
}

/// The request that a verb, a path, a query and a body make; nothing where no RPC has the path.
pub(crate) fn message(parts: &Parts, body: &Bytes) -> Option<Result<DynamicMessage, Status>> {
    let found = TABLE.find(&parts.method, parts.uri.path()).ok()?;
    Some(bind::message(&found, parts, body))
}

async fn call(gateway: &Gateway, request: Request) -> Result<(Found<'static>, Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    let found = TABLE.find(&parts.method, parts.uri.path()).map_err(Refusal::NoRoute)?;
    let body = axum::body::to_bytes(body, gateway.limit).await.map_err(|error| {
        Status::new(
            Code::ResourceExhausted,
            format!("failed to read a body of {} bytes at most: {error}", gateway.limit),
        )
    })?;
    let message = bind::message(&found, &parts, &body)?;
    let path = format!("/{}/{}", found.method.parent_service().full_name(), found.method.name());
    let mut inner = Request::new(framed(&message.encode_to_vec()));
    *inner.method_mut() = http::Method::POST;
    *inner.version_mut() = Version::HTTP_2;
    *inner.uri_mut() = path.parse().map_err(|_| Status::internal("the path of an RPC is no URI"))?;
    inner.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    inner.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
    pass::<PublicUrl>(&parts, &mut inner);
    pass::<Known>(&parts, &mut inner);
    pass::<RequestId>(&parts, &mut inner);
    let response = match gateway.services.clone().oneshot(inner).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    Ok((found, unframed(response).await?))
}

/// Gives the call what is known of the request beside what it says.
fn pass<T: Clone + Send + Sync + 'static>(parts: &Parts, inner: &mut Request) {
    if let Some(known) = parts.extensions.get::<T>() {
        inner.extensions_mut().insert(known.clone());
    }
}

fn framed(message: &[u8]) -> Body {
    let mut frame = BytesMut::with_capacity(FRAME_HEADER + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.extend_from_slice(message);
    Body::from(frame.freeze())
}

/// The one message of a unary answer, or its status.
async fn unframed(response: Response) -> Result<Bytes, Status> {
    let (parts, body) = response.into_parts();
    if let Some(status) = Status::from_header_map(&parts.headers).filter(|status| status.code() != Code::Ok) {
        return Err(status);
    }
    let body = body.collect().await.map_err(|error| Status::internal(error.to_string()))?;
    let status = body.trailers().and_then(Status::from_header_map);
    if let Some(status) = status.filter(|status| status.code() != Code::Ok) {
        return Err(status);
    }
    let bytes = body.to_bytes();
    Ok(bytes.slice(FRAME_HEADER.min(bytes.len())..))
}
