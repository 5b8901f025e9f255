//! `GET /api/v1/logs/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT?offset=N`, of a pod: read from its node.

use aileron_propeller::plugins::pod;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;
use kube::{Api, Client, ResourceExt};

use crate::logs::{self, From};

/// Most bytes that are read of a log.
const MOST: i64 = 64 << 20;
/// The annotation that names the container of the task.
const PRIMARY: &str = "primary_container_name";

/// The route of logs.
pub(crate) fn router(client: Client) -> Router {
    Router::new()
        .route("/api/v1/logs/{project}/{domain}/{execution}/{node}/{attempt}", get(read))
        .with_state(client)
}

async fn read(
    State(client): State<Client>,
    Path((project, domain, execution, node, attempt)): Path<(String, String, String, String, u32)>,
    Query(from): Query<From>,
) -> Response {
    let pods: Api<Pod> = Api::namespaced(client, &format!("{project}-{domain}"));
    let asked = format!("{execution}/{node}/{attempt}");
    match pods.get_opt(&pod::name(&execution, &node, attempt)).await {
        Ok(Some(pod)) => match whole(&pods, &pod).await {
            Ok(text) => answer(&pod, text.as_bytes(), from.offset),
            Err(error) => failed(&asked, &error),
        },
        Ok(None) => (StatusCode::NOT_FOUND, format!("there is no pod of {asked} any more, or not yet\n"))
            .into_response(),
        Err(error) => failed(&asked, &error),
    }
}

async fn whole(pods: &Api<Pod>, pod: &Pod) -> kube::Result<String> {
    let container = container(pod).map(str::to_owned);
    let params = LogParams { container, limit_bytes: Some(MOST), ..LogParams::default() };
    match pods.logs(&pod.name_any(), &params).await {
        // It has not begun.
        Err(kube::Error::Api(answer)) if answer.code == 400 => Ok(String::new()),
        answer => answer,
    }
}

/// The container of the task.
fn container(pod: &Pod) -> Option<&str> {
    let first = || Some(pod.spec.as_ref()?.containers.first()?.name.as_str());
    pod.annotations().get(PRIMARY).map(String::as_str).or_else(first)
}

/// Whether the task's container writes no more. Its attempt ends with it, a moment before its pod.
fn has_ended(pod: &Pod) -> bool {
    let Some(status) = &pod.status else { return false };
    let is_its = |name: &str| container(pod) == Some(name);
    let mut its = status.container_statuses.iter().flatten().filter(|status| is_its(&status.name));
    let is_over = its.any(|status| status.state.as_ref().is_some_and(|state| state.terminated.is_some()));
    is_over || matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"))
}

fn answer(pod: &Pod, bytes: &[u8], offset: u64) -> Response {
    let complete = has_ended(pod);
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    logs::text(bytes[start..].to_vec(), bytes.len() as u64, complete)
}

fn failed(asked: &str, error: &kube::Error) -> Response {
    tracing::warn!(%error, asked, "failed to read a pod's log");
    (StatusCode::BAD_GATEWAY, format!("the cluster does not give the log of {asked}: {error}\n"))
        .into_response()
}
