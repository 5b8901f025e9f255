//! `GET /api/v1/logs/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT?offset=N`, of a pod: read from its node.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, LogParams};
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
    match found(&pods, &execution, &node, attempt).await {
        Ok(Some(pod)) => match whole(&pods, &pod).await {
            Ok(text) => answer(&pod, text.as_bytes(), from.offset),
            Err(error) => failed(&asked, &error),
        },
        Ok(None) => (StatusCode::NOT_FOUND, format!("there is no pod of {asked} any more, or not yet\n"))
            .into_response(),
        Err(error) => failed(&asked, &error),
    }
}

/// The pod of an attempt: its labels say of which node, the end of its name of which attempt.
async fn found(pods: &Api<Pod>, execution: &str, node: &str, attempt: u32) -> kube::Result<Option<Pod>> {
    let labels = ListParams::default().labels(&format!("execution-id={execution},node-id={node}"));
    let end = format!("-{attempt}");
    Ok(pods.list(&labels).await?.items.into_iter().find(|pod| pod.name_any().ends_with(&end)))
}

async fn whole(pods: &Api<Pod>, pod: &Pod) -> kube::Result<String> {
    let container = pod
        .annotations()
        .get(PRIMARY)
        .cloned()
        .or_else(|| Some(pod.spec.as_ref()?.containers.first()?.name.clone()));
    let params = LogParams { container, limit_bytes: Some(MOST), ..LogParams::default() };
    match pods.logs(&pod.name_any(), &params).await {
        // It has not begun.
        Err(kube::Error::Api(answer)) if answer.code == 400 => Ok(String::new()),
        answer => answer,
    }
}

fn answer(pod: &Pod, bytes: &[u8], offset: u64) -> Response {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let complete = matches!(phase, Some("Succeeded" | "Failed"));
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    logs::text(bytes[start..].to_vec(), bytes.len() as u64, complete)
}

fn failed(asked: &str, error: &kube::Error) -> Response {
    tracing::warn!(%error, asked, "failed to read a pod's log");
    (StatusCode::BAD_GATEWAY, format!("the cluster does not give the log of {asked}: {error}\n"))
        .into_response()
}
