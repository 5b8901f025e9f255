//! The chart: what the API server says of all that it makes, and whether its rights are enough.

use std::path::Path;
use std::process::Command;

use aileron_idl::core::secret::MountType;
use aileron_idl::core::{Secret, SecurityContext, TaskTemplate};
use aileron_test_cluster::{Cluster, Nodes};
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{NAMESPACE, Options, World, chart, helm};
use aileron_tests::programs::{command, fan};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use crate::{PATIENCE, until};

/// Values for the kinds of installations that there are.
const INSTALLATIONS: [&[&str]; 3] = [
    &[],
    &[
        "server.ingress.enabled=true",
        "server.ingress.host=aileron.example.org",
        "propeller.replicas=3",
        "propeller.shards=4",
    ],
    &[
        "database.existingSecret=database",
        "objects.uri=s3://bucket/prefix",
        "objects.endpoint=https://minio.example.org",
        "objects.existingSecret=objects",
        "server.replicas=2",
        "settings.max_parallelism=50",
        "webhook.enabled=false",
    ],
];

#[test]
fn the_linter_has_nothing_against_the_chart() -> Result<()> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/helm/aileron");
    let output = Command::new(helm()?).args(["lint", "--strict"]).arg(chart).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

#[test]
fn the_api_server_takes_every_installation() -> Result<()> {
    let cluster = Cluster::start(Nodes::None)?;
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: aileron}\n")?;
    for values in INSTALLATIONS {
        // As helm does, which puts what says nothing into the release's namespace.
        let rendered = chart(values)?.replace("\nmetadata:\n", "\nmetadata:\n  namespace: aileron\n");
        cluster.dry_run(&rendered).with_context(|| format!("{values:?}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_chart_are_enough() -> Result<()> {
    let settings = &["--lease-namespace", "aileron", "--shards", "2", "--identity", "one"];
    let world = World::start(Options { least_rights: true, settings, ..Options::new(Nodes::Instant) })?;
    let mut client = Client::connect(&world.address()).await?;
    let task = client.create_task(command("nothing", &["true"])).await?;
    let plan = client.create_workflow(fan("rights", &task, 5)).await?;
    for _ in 0..4 {
        let id = client.launch(&plan).await?;
        client.succeed(&id, PATIENCE).await.with_context(|| world.logs())?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_keeps_its_pods_to_themselves() -> Result<()> {
    let world = World::start(Options { least_rights: true, ..Options::new(Nodes::Instant) })?;
    let mut client = Client::connect(&world.address()).await?;
    let task = client.create_task(command("nothing", &["true"])).await?;
    let plan = client.create_workflow(fan("kept", &task, 1)).await?;
    let id = client.launch(&plan).await?;
    client.succeed(&id, PATIENCE).await.with_context(|| world.logs())?;

    let kube = world.kube().await?;
    let pods: Api<Pod> = Api::namespaced(kube.clone(), NAMESPACE);
    let powerful: Pod = serde_json::from_value(json!({
        "metadata": {"name": "powerful"},
        "spec": {
            "hostPID": true,
            "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}],
        },
    }))?;
    let told = pods.create(&PostParams::default(), &powerful).await.err().map(|error| error.to_string());
    assert!(told.as_ref().is_some_and(|told| told.contains("violates PodSecurity")), "{told:?}");
    let accounts: Api<ServiceAccount> = Api::namespaced(kube.clone(), NAMESPACE);
    assert_eq!(accounts.get("default").await?.automount_service_account_token, Some(false));
    let policies: Api<NetworkPolicy> = Api::namespaced(kube, NAMESPACE);
    let policy = policies.get("project").await?.spec.context("a policy says something")?;
    assert_eq!(policy.ingress.map(|rules| rules.len()), Some(1));
    assert_eq!(policy.policy_types, Some(vec!["Ingress".to_owned(), "Egress".to_owned()]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_webhook_are_enough_and_pods_get_their_secrets() -> Result<()> {
    let plugins = "{secrets-by-webhook: true}";
    let world = World::start(Options { least_rights: true, plugins, ..Options::new(Nodes::Instant) })?;
    let webhook = world.start_webhook().with_context(|| world.logs())?;
    let mut client = Client::connect(&world.address()).await?;
    let secret = Secret {
        group: "database".into(),
        key: "password".into(),
        mount_requirement: MountType::EnvVar.into(),
        ..Default::default()
    };
    let context = SecurityContext { secrets: vec![secret], ..Default::default() };
    let asking = TaskTemplate { security_context: Some(context), ..command("asking", &["true"]) };
    let task = client.create_task(asking).await?;
    let plan = client.create_workflow(fan("secrets", &task, 1)).await?;
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    // Until the API server has heard of the webhook, pods are made as they are.
    until(async || {
        let id = client.launch(&plan).await?;
        client.succeed(&id, PATIENCE).await?;
        let pod = pods.get(&format!("{}-n0-0", id.name)).await?;
        let containers = pod.spec.context("a pod has a specification")?.containers;
        let given = containers.iter().flat_map(|container| container.env.iter().flatten());
        Ok(given.into_iter().any(|variable| variable.name == "_FSEC_DATABASE_PASSWORD"))
    })
    .await
    .with_context(|| world.logs())?;
    drop(webhook);
    Ok(())
}
