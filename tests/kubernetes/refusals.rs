//! What the cluster refuses ends with a clear phase, code and message.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{ExecutionClosure, ExecutionCreateRequest, ExecutionSpec};
use aileron_idl::core::workflow_execution::Phase;
use aileron_test_cluster::Nodes;
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{Options, World};
use aileron_tests::programs::{chain, command};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::DeleteParams;

use crate::PATIENCE;

const NAMESPACE_OF_A_STRANGER: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: flytesnacks-development}\n---\n\
    apiVersion: flyte.lyft.com/v1alpha1\nkind: FlyteWorkflow\n\
    metadata: {name: taken, namespace: flytesnacks-development}\n\
    executionId: {project: other, domain: development, name: taken}\n";

async fn launch_named(client: &mut Client, name: &str) -> Result<ExecutionClosure> {
    let task = client.create_task(command(name, &["true"])).await?;
    let plan = client.create_workflow(chain(name, &task, 1)).await?;
    let request = ExecutionCreateRequest {
        project: plan.project.clone(),
        domain: plan.domain.clone(),
        name: name.to_owned(),
        spec: Some(ExecutionSpec { launch_plan: Some(plan), ..ExecutionSpec::default() }),
        ..ExecutionCreateRequest::default()
    };
    let id = client.admin.create_execution(request).await?.into_inner().id.context("it has an id")?;
    client.end(&id, PATIENCE).await
}

#[track_caller]
fn failed_with(closure: &ExecutionClosure, code: &str, words: &str) {
    assert_eq!(closure.phase(), Phase::Failed);
    let Some(OutputResult::Error(error)) = &closure.output_result else { panic!("no error: {closure:?}") };
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(words), "{}", error.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_stranger_has_fails_the_execution() -> Result<()> {
    let world = World::start(Options::new(Nodes::None))?;
    world.cluster.apply(NAMESPACE_OF_A_STRANGER)?;
    let mut client = Client::connect(&world.address()).await?;
    failed_with(&launch_named(&mut client, "taken").await?, "NameTaken", "another flyteworkflow `taken`");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_template_without_its_value_fails_the_execution() -> Result<()> {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: '{{ noSuchValue }}'}\n";
    let world = World::start(Options { template, ..Options::new(Nodes::None) })?;
    let mut client = Client::connect(&world.address()).await?;
    failed_with(&launch_named(&mut client, "unfilled").await?, "BadNamespaceTemplate", "`noSuchValue`");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_may_not_do_fails_the_execution() -> Result<()> {
    // The chart's rights do not hold config maps, which only templates of the platform's own need.
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: x}\n";
    let world = World::start(Options { template, least_rights: true, ..Options::new(Nodes::None) })?;
    let mut client = Client::connect(&world.address()).await?;
    failed_with(&launch_named(&mut client, "forbidden").await?, "Forbidden", "configmaps");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_somebody_deletes_is_made_again() -> Result<()> {
    let world = World::start(Options::new(Nodes::Instant))?;
    let mut client = Client::connect(&world.address()).await?;
    assert_eq!(launch_named(&mut client, "before").await?.phase(), Phase::Succeeded);
    let namespaces: Api<Namespace> = Api::all(world.kube().await?);
    namespaces.delete("flytesnacks-development", &DeleteParams::default()).await?;
    // It may still be going when the next execution comes.
    assert_eq!(launch_named(&mut client, "after").await?.phase(), Phase::Succeeded, "{}", world.logs());
    Ok(())
}
