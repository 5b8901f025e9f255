//! What a launch makes in the cluster.

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_test_cluster::Nodes;
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{NAMESPACE, Options, World};
use aileron_tests::programs::{chain, command, fan};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Namespace, ResourceQuota};
use kube::api::Patch;
use kube::{Api, ResourceExt};

use crate::{PATIENCE, until};

const QUOTA: &str = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota, namespace: '{{ namespace }}'}\n\
    spec: {hard: {limits.cpu: '{{ projectQuotaCpu }}'}}\n";
/// Most bytes that an object may have in the cluster.
const LARGEST: usize = 256 << 10;

/// Removes the object of an execution by force, whatever it waits for.
pub(crate) async fn remove(world: &World, name: &str) -> Result<()> {
    let objects = world.workflows().await?;
    let free = serde_json::json!({ "metadata": { "finalizers": null } });
    objects.patch(name, &Default::default(), &Patch::Merge(free)).await?;
    objects.delete(name, &Default::default()).await?;
    until(async || Ok(objects.get_opt(name).await?.is_none())).await
}

async fn launched(client: &mut Client, name: &str, nodes: usize) -> Result<WorkflowExecutionIdentifier> {
    let task = client.create_task(command(name, &["true"])).await?;
    let template = if nodes > 100 { fan(name, &task, nodes) } else { chain(name, &task, nodes) };
    let plan = client.create_workflow(template).await?;
    Ok(client.launch(&plan).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_is_an_object_in_a_namespace_of_its_own() -> Result<()> {
    let settings = &["--namespace-values", "projectQuotaCpu=7"];
    let world = World::start(Options { template: QUOTA, settings, ..Options::new(Nodes::Instant) })?;
    let mut client = Client::connect(&world.address()).await?;
    let id = launched(&mut client, "small", 3).await?;
    client.succeed(&id, PATIENCE).await.with_context(|| world.logs())?;

    let object = world.workflows().await?.get(&id.name).await?;
    let label = |name: &str| object.labels().get(name).map(String::as_str);
    assert_eq!(label("execution-id"), Some(id.name.as_str()));
    assert_eq!(label("project"), Some("flytesnacks"));
    assert_eq!(label("domain"), Some("development"));
    assert_eq!(label("workflow-name"), Some("small"));
    assert!(label("shard-key").is_some_and(|key| key.parse::<u32>().is_ok_and(|key| key < 32)));
    assert_eq!(object.data["executionId"]["name"], id.name.as_str());
    assert_eq!(object.data["spec"]["nodes"]["n1"]["kind"], "task", "a small graph is in the object");
    assert_eq!(object.data["status"]["phase"], 3, "{}", object.data["status"]);
    assert!(!object.data["status"]["message"].as_str().unwrap_or_default().is_empty());

    let kube = world.kube().await?;
    let namespace = Api::<Namespace>::all(kube.clone()).get(NAMESPACE).await?;
    assert_eq!(namespace.labels().get("project").map(String::as_str), Some("flytesnacks"));
    let quota = Api::<ResourceQuota>::namespaced(kube, NAMESPACE).get("quota").await?;
    let hard = quota.spec.and_then(|spec| spec.hard).context("a quota has limits")?;
    assert_eq!(hard["limits.cpu"].0, "7");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_graph_lies_beside_its_object() -> Result<()> {
    let world = World::start(Options::new(Nodes::Instant))?;
    let mut client = Client::connect(&world.address()).await?;
    let id = launched(&mut client, "large", 1000).await?;
    client.succeed(&id, PATIENCE).await.with_context(|| world.logs())?;
    let object = world.workflows().await?.get(&id.name).await?;
    assert!(object.data["workflowClosureReference"].as_str().is_some_and(|uri| uri.starts_with("s3://")));
    assert!(object.data["spec"].is_null());
    let size = serde_json::to_vec(&object)?.len();
    assert!(size < LARGEST, "{size} bytes");
    Ok(())
}
