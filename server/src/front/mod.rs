//! What every request passes before it is understood: connections, a name of its own, limits, counting.
//!
//! ```text
//! serve (connections, tls) -> request_id -> measure -> cors -> in_flight -> deadline -> routes
//! ```
//!
//! A router copies each of its layers for each request, with all layers that lie in it: so these lie around the router and
//! not in it, and what follows each other directly is one layer, in which one function calls the next.
//!
//! Nothing here knows an RPC. What is refused here is refused in the form that the caller reads: as a
//! gRPC status, or as the JSON that REST has for it.

mod connection;
mod cors;
mod deadline;
mod in_flight;
mod measure;
mod preface;
mod refusal;
mod request_id;
mod serve;
mod tls;
mod trace_context;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use tower::{Layer as _, Service};

pub(crate) use connection::Connection;
pub(crate) use measure::{FrontMetrics, RpcMetrics, count_rpc, name as code_name, rpc};
pub(crate) use refusal::{answer as refuse, busy};
pub(crate) use request_id::RequestId;
pub(crate) use serve::serve;
pub(crate) use tls::Tls;
pub use tls::{TlsError, TlsFiles};

use crate::settings::Limits;

/// The state of the front; all its connections share one.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) limits: Limits,
    /// Pages of other origins that may call; none given is none, or all where callers are not told apart.
    pub(crate) cors_origins: Vec<String>,
    /// Whether callers are told apart.
    pub(crate) has_callers: bool,
    pub(crate) metrics: FrontMetrics,
    /// TLS, if it is spoken.
    pub(crate) tls: Option<Tls>,
}

/// What answers requests: a router, or one with layers around it.
pub(crate) trait Routes:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Routes for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Routes behind everything that a request passes.
fn around(front: &Arc<Front>, routes: impl Routes) -> impl Routes {
    let limited = from_fn_with_state(front.clone(), in_flight::limit).layer(routes);
    let shared = cors::layer(&front.cors_origins, front.has_callers).layer(limited);
    from_fn_with_state(front.clone(), request_id::name).layer(shared)
}

/// Whether a path is asked to learn if the server is well: that must be told under any load.
fn is_probe(path: &str) -> bool {
    path == "/healthcheck" || path == "/metrics" || path.starts_with("/grpc.health.v1.Health/")
}
