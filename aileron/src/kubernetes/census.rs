//! The census: executions whose objects are gone from the cluster while nobody could hear of it, because no propeller
//! ran when they were removed by hand, or because the cluster was restored from an older copy. Nobody else would ever
//! end them.
//!
//! Only what the server gave this very cluster is asked for, so a server that was pointed at another one ends nothing.
//! What is missing counts as lost when it is missing once more, a period later: its last events may be on their way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aileron_crd::ExecutionId;
use anyhow::{Context, Result};
use kube::api::{Api, DynamicObject, ListParams};
use tokio_util::sync::CancellationToken;

use super::executor::{self, KubernetesExecutor};

/// Objects in one answer of the API server.
const PAGE: u32 = 500;

/// Looks once a period, until told to stop.
pub(crate) async fn run(cluster: KubernetesExecutor, period: Duration, stop: CancellationToken) {
    let mut missing = BTreeSet::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = stop.cancelled() => return,
        }
        match round(&cluster, period, &missing).await {
            Ok(found) => missing = found,
            Err(error) => tracing::warn!("lost executions are looked for later: {error:#}"),
        }
    }
}

/// Ends what was missing before and is missing still; answers what is missing.
async fn round(
    cluster: &KubernetesExecutor,
    period: Duration,
    before: &BTreeSet<ExecutionId>,
) -> Result<BTreeSet<ExecutionId>> {
    let given = cluster.under_way(period).await.context("the executions under way cannot be read")?;
    let mut missing = BTreeSet::new();
    for (namespace, ids) in by_namespace(given) {
        let there = names(&cluster.objects(&namespace)).await;
        let there = there.with_context(|| format!("the workflows of `{namespace}` cannot be listed"))?;
        missing.extend(ids.into_iter().filter(|id| !there.contains(&id.name)));
    }
    for id in missing.intersection(before) {
        let name = format!("{}/{}/{}", id.project, id.domain, id.name);
        tracing::warn!(exec.id = name, "the execution's object is gone from the cluster: it is aborted");
        cluster.report_lost(id).await?;
    }
    Ok(missing)
}

fn by_namespace(ids: Vec<ExecutionId>) -> BTreeMap<String, Vec<ExecutionId>> {
    let mut found: BTreeMap<String, Vec<ExecutionId>> = BTreeMap::new();
    for id in ids {
        found.entry(executor::namespace(&id)).or_default().push(id);
    }
    found
}

/// The names of all objects in a namespace; none when there is no such namespace.
async fn names(objects: &Api<DynamicObject>) -> Result<BTreeSet<String>, kube::Error> {
    let (mut found, mut list) = (BTreeSet::new(), ListParams::default().limit(PAGE));
    loop {
        let page = objects.list_metadata(&list).await?;
        found.extend(page.items.into_iter().filter_map(|object| object.metadata.name));
        match page.metadata.continue_.filter(|next| !next.is_empty()) {
            Some(next) => list = list.continue_token(&next),
            None => return Ok(found),
        }
    }
}
