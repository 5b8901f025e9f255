//! gRPC and gRPC-web: each service in a file of its own, which only passes on.

mod access;
mod admin;
mod auth_metadata;
mod data_catalog;
mod data_proxy;
mod events;
mod identity;
mod live;
mod schedule;
mod signal;
mod waiting;

use std::sync::Arc;

use aileron_idl::aileron::v1::access_service_server::{self, AccessServiceServer};
use aileron_idl::aileron::v1::event_service_server::{self, EventServiceServer};
use aileron_idl::aileron::v1::live_service_server::{self, LiveServiceServer};
use aileron_idl::aileron::v1::schedule_service_server::{self, ScheduleServiceServer};
use aileron_idl::aileron::v1::waiting_service_server::{self, WaitingServiceServer};
use aileron_idl::datacatalog::data_catalog_server::{self, DataCatalogServer};
use aileron_idl::service::admin_service_server::{self, AdminServiceServer};
use aileron_idl::service::auth_metadata_service_server::{self, AuthMetadataServiceServer};
use aileron_idl::service::data_proxy_service_server::{self, DataProxyServiceServer};
use aileron_idl::service::identity_service_server::{self, IdentityServiceServer};
use aileron_idl::service::signal_service_server::{self, SignalServiceServer};
use aileron_idl::{DESCRIPTOR_SET, reflect};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use http::HeaderValue;
use tonic::service::Routes;
use tonic::{Code, Status};

use crate::front::{RpcMetrics, count_rpc, rpc};
use crate::server::App;

/// The services that are here, the last three of them when callers are told apart.
pub(crate) const SERVED: [&str; 11] = [
    admin_service_server::SERVICE_NAME,
    data_proxy_service_server::SERVICE_NAME,
    data_catalog_server::SERVICE_NAME,
    signal_service_server::SERVICE_NAME,
    live_service_server::SERVICE_NAME,
    waiting_service_server::SERVICE_NAME,
    schedule_service_server::SERVICE_NAME,
    event_service_server::SERVICE_NAME,
    auth_metadata_service_server::SERVICE_NAME,
    identity_service_server::SERVICE_NAME,
    access_service_server::SERVICE_NAME,
];
/// Says in gRPC which code an answer without a body has.
const GRPC_STATUS: &str = "grpc-status";

/// The services alone, for HTTP/2 and for calls in process.
pub(super) fn services(app: &Arc<App>) -> Routes {
    let limit = app.settings.max_message_size;
    let admin = AdminServiceServer::new(admin::Admin(app.clone())).max_decoding_message_size(limit);
    let data_proxy =
        DataProxyServiceServer::new(data_proxy::DataProxy(app.clone())).max_decoding_message_size(limit);
    let catalog = data_catalog::Catalog(app.clone());
    let catalog = DataCatalogServer::new(catalog).max_decoding_message_size(limit);
    let signal = SignalServiceServer::new(signal::Signals(app.clone())).max_decoding_message_size(limit);
    let live = LiveServiceServer::new(live::Live(app.clone())).max_decoding_message_size(limit);
    let waiting = WaitingServiceServer::new(waiting::Waiting(app.clone())).max_decoding_message_size(limit);
    let schedule =
        ScheduleServiceServer::new(schedule::Schedules(app.clone())).max_decoding_message_size(limit);
    let events = EventServiceServer::new(events::Events(app.clone())).max_decoding_message_size(limit);
    let flytes = Routes::new(admin).add_service(data_proxy).add_service(catalog).add_service(signal);
    let all = flytes.add_service(live).add_service(waiting).add_service(schedule).add_service(events);
    if !app.access.is_on() {
        return all;
    }
    let metadata = AuthMetadataServiceServer::new(auth_metadata::AuthMetadata(app.clone()));
    let identity = IdentityServiceServer::new(identity::Identity(app.clone()));
    let access = AccessServiceServer::new(access::Access(app.clone()));
    all.add_service(metadata).add_service(identity).add_service(access)
}

/// The services with health, reflection and gRPC-web around them.
pub(super) fn router(app: &App, services: Routes) -> axum::Router {
    let (reporter, health) = tonic_health::server::health_reporter();
    let services = with_reflection(services.add_service(health));
    tokio::spawn(async move {
        reporter.set_service_status("flyteadmin", tonic_health::ServingStatus::Serving).await;
    });
    let router = counted(app, services).reset_fallback();
    let others = reflect::pool().services().map(|service| service.full_name().to_owned());
    let others = others.filter(|name| !is_served(app, name));
    others
        .fold(router, |router, name| router.route(&format!("/{name}/{{method}}"), post(unimplemented)))
        .route_layer(tonic_web::GrpcWebLayer::new())
}

/// Whether a service is here.
fn is_served(app: &App, service: &str) -> bool {
    let open = &SERVED[SERVED.len() - 3..];
    SERVED.contains(&service) && (app.access.is_on() || !open.contains(&service))
}

/// The services behind the limit on messages, as it is told to clients; each call is counted.
pub(super) fn counted(app: &App, services: Routes) -> axum::Router {
    services.into_axum_router().route_layer(from_fn_with_state(app.metrics.rpcs.clone(), count))
}

/// What tools like grpcurl ask, in both versions of it; without it they need our proto files.
fn with_reflection(services: Routes) -> Routes {
    let describe = || {
        tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTOR_SET)
    };
    match (describe().build_v1(), describe().build_v1alpha()) {
        (Ok(new), Ok(old)) => services.add_service(new).add_service(old),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "the services cannot describe themselves");
            services
        }
    }
}

/// A call to one of Flyte's services that is not here.
async fn unimplemented(request: Request) -> Response {
    Status::unimplemented(format!("{} is not served here", request.uri().path())).into_http()
}

/// Refusals of messages that no service has seen, as the library words them, and which code they deserve:
/// a message above the limit is a matter of resources, one that cannot be read is the caller's fault.
const MISJUDGED: [(Code, &str, Code); 2] = [
    (Code::OutOfRange, "message%20length%20too%20large", Code::ResourceExhausted),
    (Code::Internal, "failed%20to%20decode%20Protobuf%20message", Code::InvalidArgument),
];

/// Counts a call by the code that it deserves.
async fn count(State(metrics): State<RpcMetrics>, request: Request, next: Next) -> Response {
    let rpc = rpc(request.uri().path());
    count_rpc(&metrics, rpc, judge_unread_messages(request, next)).await
}

/// Gives each refusal the code that it deserves.
async fn judge_unread_messages(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let misjudged = MISJUDGED.into_iter().find(|(code, words, _)| {
        text(GRPC_STATUS) == (*code as i32).to_string() && text("grpc-message").contains(words)
    });
    if let Some((_, _, deserved)) = misjudged {
        headers.insert(GRPC_STATUS, HeaderValue::from(deserved as i32));
    }
    response
}
