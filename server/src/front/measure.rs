//! Counting: connections and requests of every kind, and RPCs by method and code.

use std::sync::LazyLock;
use std::time::Instant;

use aileron_idl::reflect;
use aileron_telemetry::span;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tonic::{Code, Status};
use tracing::{Instrument, field};

use super::Front;
use super::connection::{Load, Share};

/// Upper bounds of latencies, in seconds.
const LATENCIES: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// What the front counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrontMetrics {
    pub(super) in_flight: InFlight,
    pub(super) connections: Gauge,
    requests: Family<HttpLabels, Counter>,
    refusals: Family<Reason, Counter>,
}

/// Requests at work: the number that is shown is the number that is limited.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight {
    load: Load,
    shown: Gauge,
}

/// One of them, until it is dropped.
pub(super) struct Working {
    _share: Share,
    shown: Gauge,
}

impl InFlight {
    pub(super) fn enter(&self, most: usize) -> Option<Working> {
        let share = self.load.enter(most)?;
        self.shown.inc();
        Some(Working { _share: share, shown: self.shown.clone() })
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.shown.dec();
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HttpLabels {
    protocol: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    limit: &'static str,
}

impl FrontMetrics {
    /// Notes a refusal, by the limit that was reached.
    pub(super) fn refused(&self, limit: &'static str) {
        self.refusals.get_or_create(&Reason { limit }).inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let FrontMetrics { in_flight, connections, requests, refusals } = self;
        registry.register("connections", "Connections that are open", connections.clone());
        registry.register("requests_in_flight", "Requests at work", in_flight.shown.clone());
        registry.register("http_requests", "Requests answered, by protocol and status", requests.clone());
        registry.register("refusals", "What was refused, by the limit that it is over", refusals.clone());
    }
}

/// Counts requests by what they speak and how they are answered.
pub(super) async fn measure(front: &Front, request: Request, next: Next) -> Response {
    let protocol = protocol(&request);
    let response = next.run(request).await;
    let labels = HttpLabels { protocol, status: response.status().as_u16() };
    front.metrics.requests.get_or_create(&labels).inc();
    response
}

fn protocol(request: &Request) -> &'static str {
    match request.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()) {
        Some(kind) if kind.starts_with(b"application/grpc-web") => "grpc-web",
        Some(kind) if kind.starts_with(b"application/grpc") => "grpc",
        _ => "http",
    }
}

/// RPCs by service and method, over all protocols.
#[derive(Clone, Debug)]
pub(crate) struct RpcMetrics {
    handled: Family<RpcOutcome, Counter>,
    seconds: Family<Rpc, Histogram>,
}

/// The names are those of the descriptors, so nobody can make more of them.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Rpc {
    service: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RpcOutcome {
    service: &'static str,
    method: &'static str,
    code: &'static str,
}

impl Default for RpcMetrics {
    fn default() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCIES);
        RpcMetrics { handled: Family::default(), seconds: Family::new_with_constructor(latency) }
    }
}

impl RpcMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("rpcs", "RPCs answered, by method and code", self.handled.clone());
        let help = "Time until the head of the answer";
        registry.register("rpc_duration_seconds", help, self.seconds.clone());
    }
}

/// Counts an RPC by its answer.
pub(crate) async fn count_rpc(
    metrics: &RpcMetrics,
    (service, method): (&'static str, &'static str),
    answer: impl Future<Output = Response>,
) -> Response {
    let begun = Instant::now();
    let span = span!(
        "rpc",
        otel.name = format_args!("{service}/{method}"),
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = field::Empty,
    );
    let response = answer.instrument(span.clone()).await;
    metrics.seconds.get_or_create(&Rpc { service, method }).observe(begun.elapsed().as_secs_f64());
    // A call that went well says so in its trailers.
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    span.record("rpc.grpc.status_code", code as i32);
    metrics.handled.get_or_create(&RpcOutcome { service, method, code: name(code) }).inc();
    response
}

/// The service and the method of a path; those that are not here count together.
pub(crate) fn rpc(path: &str) -> (&'static str, &'static str) {
    static KNOWN: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let methods = reflect::pool().services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let names = |method: prost_reflect::MethodDescriptor| {
            (method.parent_service().full_name().to_owned(), method.name().to_owned())
        };
        let mut known: Vec<_> = methods.map(names).collect();
        known.sort();
        known
    });
    let Some((service, method)) = path.trim_start_matches('/').split_once('/') else {
        return ("other", "other");
    };
    let by_name = |known: &(String, String)| (known.0.as_str(), known.1.as_str()).cmp(&(service, method));
    match KNOWN.binary_search_by(by_name) {
        Ok(at) => (&KNOWN[at].0, &KNOWN[at].1),
        Err(_) => ("other", "other"),
    }
}

/// The code as the protocol's documents write it.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_methods_that_exist_have_a_name() {
        let known = rpc("/flyteidl.service.AdminService/GetTask");
        assert_eq!(known, ("flyteidl.service.AdminService", "GetTask"));
        for path in ["/", "/a", "/a/b", "/flyteidl.service.AdminService/GetTask/x"] {
            assert_eq!(rpc(path), ("other", "other"), "{path}");
        }
    }
}
