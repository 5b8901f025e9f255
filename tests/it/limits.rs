//! Input that is deep or large does not end the process.

use aileron_idl::core::{Binding, BindingData, BindingDataCollection, binding_data};
use aileron_tests::programs::{chain, command, fan};
use anyhow::Result;
use tonic::Code;

use crate::{PATIENCE, World};

/// Shallow enough for a protobuf decoder to take it. What is deeper is sent by tests/python, as bytes.
const DEEP: usize = 40;

#[tokio::test]
async fn a_deep_binding_is_refused() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("nothing", &["true"])).await?;
    let mut template = chain("deep", &task, 1);
    let binding = (0..DEEP).fold(BindingData::default(), |inner, _| BindingData {
        value: Some(binding_data::Value::Collection(BindingDataCollection { bindings: vec![inner] })),
        ..BindingData::default()
    });
    template.nodes[0].inputs.push(Binding { var: "x".into(), binding: Some(binding) });
    assert!(world.client.create_workflow(template).await.is_err());
    still_works(&mut world).await
}

#[tokio::test]
async fn a_large_fan_out_is_run() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("nothing", &["true"])).await?;
    let plan = world.client.create_workflow(fan("wide", &task, 1_000)).await?;
    let execution = world.client.launch(&plan).await?;
    world.client.succeed(&execution, PATIENCE).await?;
    assert_eq!(world.client.nodes(&execution).await?.len(), 1_002);
    Ok(())
}

#[tokio::test]
async fn a_request_without_an_id_is_the_callers_error() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let refused = world.client.admin.create_task(aileron_idl::admin::TaskCreateRequest::default()).await;
    assert_eq!(refused.map(drop).map_err(|status| status.code()), Err(Code::InvalidArgument));
    still_works(&mut world).await
}

async fn still_works(world: &mut World) -> Result<()> {
    let task = world.client.create_task(command("works", &["true"])).await?;
    let plan = world.client.create_workflow(chain("works", &task, 1)).await?;
    let execution = world.client.launch(&plan).await?;
    world.client.succeed(&execution, PATIENCE).await
}
