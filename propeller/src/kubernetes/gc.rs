//! Removing the objects of runs that have ended, once they are old enough. Their pods go with them.

use std::time::Duration;

use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams};
use tokio_util::sync::CancellationToken;

use super::workflows::{self, COMPLETED, TERMINATED};
use crate::{clock, told};

/// How often old objects are looked for.
const INTERVAL: Duration = Duration::from_secs(30 * 60);
const HOUR: i64 = 3600;

/// Removes old objects until the driver stops.
pub(super) async fn collect(
    client: Client,
    namespace: Option<String>,
    shard: Option<String>,
    keep: Duration,
    stop: CancellationToken,
) {
    let resource = workflows::resource();
    let api: Api<DynamicObject> = match &namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
        None => Api::all_with(client, &resource),
    };
    loop {
        let now = clock::now();
        let list = ListParams::default().labels(&selector(shard.as_deref(), keep, |back| {
            clock::hour(now.plus_nanos(back.saturating_mul(-1_000_000_000)))
        }));
        match api.list_metadata(&list).await {
            Ok(found) => {
                for object in found.items {
                    remove(&api, &resource, object.metadata).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = told(&error), "old workflows are not listed; it is tried again later");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

async fn remove(
    api: &Api<DynamicObject>,
    resource: &kube::api::ApiResource,
    metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) {
    let (Some(name), Some(namespace)) = (metadata.name, metadata.namespace) else { return };
    let api: Api<DynamicObject> = Api::namespaced_with(api.clone().into_client(), &namespace, resource);
    if let Err(error) = api.delete(&name, &DeleteParams::background()).await
        && !super::answer::is_gone(&error)
    {
        tracing::warn!(
            name,
            namespace,
            error = told(&error),
            "an old workflow is not removed; it is tried again later"
        );
    }
}

/// The selector of what has ended in none of the hours that are kept.
fn selector(shard: Option<&str>, keep: Duration, hour: impl Fn(i64) -> String) -> String {
    let hours = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX) / HOUR;
    let kept: Vec<_> = (0..=hours.min(10_000)).map(|back| hour(back * HOUR)).collect();
    let (label, value) = TERMINATED;
    let shard = shard.map(|shard| format!(",{shard}")).unwrap_or_default();
    format!("{label}={value},{COMPLETED} notin ({}){shard}", kept.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_in_the_last_hours_stays() {
        let text = selector(Some("shard-key in (1)"), Duration::from_secs(2 * 3600), |back| {
            format!("h{}", back / HOUR)
        });
        assert_eq!(text, "termination-status=terminated,completed-time notin (h0,h1,h2),shard-key in (1)");
    }
}
