//! The chart: what the API server says of all that it makes, and whether its rights are enough.

use std::path::Path;
use std::process::Command;

use aileron_test_cluster::{Cluster, Nodes};
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{Options, World, chart, helm};
use aileron_tests::programs::{command, fan};
use anyhow::{Context, Result};

use crate::PATIENCE;

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
