//! How many requests are at work at once: what is beyond the limits is refused at once, so that the
//! rest is answered in time.
//!
//! A request counts until the head of its answer is there. So a stream that lasts does not keep others
//! out once it has begun; connections have a limit of their own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::connection::Connection;
use super::{Front, deadline, is_probe, refusal};

/// Lets a request through, or says that there are too many.
pub(super) async fn limit(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    if is_probe(request.uri().path()) {
        return deadline::hold(&front, request, next).await;
    }
    let limits = &front.limits;
    let own = request.extensions().get::<Connection>().cloned().unwrap_or_default();
    let Some(_of_connection) = own.open.enter(limits.max_requests_per_connection) else {
        return too_many(&front, &request, "this connection", limits.max_requests_per_connection);
    };
    let Some(_of_server) = front.metrics.in_flight.enter(limits.max_requests) else {
        return too_many(&front, &request, "the server", limits.max_requests);
    };
    deadline::hold(&front, request, next).await
}

fn too_many(front: &Front, request: &Request, who: &'static str, most: usize) -> Response {
    front.metrics.refused(who);
    let message = format!("{who} has {most} requests in flight already, the most it may; try again later");
    refusal::answer(request.headers(), &refusal::busy(message))
}
