//! Input that is deep or large does not end the process.

use aileron_idl::core::{
    Binding, BindingData, BindingDataCollection, LiteralType, binding_data, literal_type,
};
use aileron_tests::programs::{chain, command, fan};
use anyhow::Result;
use tonic::Code;

use crate::{PATIENCE, World};

/// Deeper than protobuf decoders go, and than a stack would survive in code that trusts its input.
const DEEP: usize = 5_000;

#[tokio::test]
async fn a_deep_binding_is_refused() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("nothing", &["true"])).await?;
    for depth in [40, 90, DEEP] {
        let mut template = chain(&format!("deep-{depth}"), &task, 1);
        let binding = (0..depth).fold(BindingData::default(), |inner, _| BindingData {
            value: Some(binding_data::Value::Collection(BindingDataCollection { bindings: vec![inner] })),
            ..BindingData::default()
        });
        template.nodes[0].inputs.push(Binding { var: "x".into(), binding: Some(binding) });
        let refused = world.client.create_workflow(template.clone()).await;
        // A deep message is not cheap to drop either.
        std::mem::forget(template);
        assert!(refused.is_err(), "depth {depth} was taken");
    }
    still_works(&mut world).await
}

#[tokio::test]
async fn a_deep_type_is_refused() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let mut template = command("deep", &["true"]);
    let deep = (0..DEEP).fold(LiteralType::default(), |inner, _| LiteralType {
        r#type: Some(literal_type::Type::CollectionType(Box::new(inner))),
        ..LiteralType::default()
    });
    let variable = aileron_idl::core::Variable { r#type: Some(deep), ..Default::default() };
    let inputs = aileron_idl::core::VariableMap { variables: [("x".to_owned(), variable)].into() };
    template.interface = Some(aileron_idl::core::TypedInterface { inputs: Some(inputs), outputs: None });
    assert!(world.client.create_task(template).await.is_err());
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
