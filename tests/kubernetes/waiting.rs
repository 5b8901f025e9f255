//! What the nodes of a run in a cluster wait for.

use aileron_idl::aileron::v1::waiting_node::Reason;
use aileron_idl::aileron::v1::waiting_service_client::WaitingServiceClient;
use aileron_idl::aileron::v1::{ListWaitingNodesRequest, WaitingNode};
use aileron_test_cluster::Nodes;
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{Options, World};
use aileron_tests::programs::{chain, command};
use anyhow::{Context, Result};

use crate::until;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_say_what_they_wait_for_and_no_propeller_is_asked() -> Result<()> {
    // Nobody runs the pods: the first one stays pending, and the node behind it waits.
    let mut world = World::start(Options::new(Nodes::None))?;
    let mut client = Client::connect(&world.address()).await?;
    let task = client.create_task(command("pending", &["true"])).await?;
    let plan = client.create_workflow(chain("pending", &task, 2)).await?;
    let id = client.launch(&plan).await?;
    let mut service = WaitingServiceClient::connect(world.address()).await?;
    let request = ListWaitingNodesRequest { id: Some(id), ..Default::default() };
    let mut nodes = Vec::new();
    until(async || {
        nodes = service.list_waiting_nodes(request.clone()).await?.into_inner().nodes;
        Ok(is_pending(&nodes))
    })
    .await
    .with_context(|| world.logs())?;
    let second = nodes.iter().find(|node| node.node_id == "n1").context("n1 waits")?;
    let Some(Reason::Upstream(upstream)) = &second.reason else { panic!("{second:?}") };
    assert_eq!(upstream.node_ids, ["n0"]);

    world.kill_propeller()?;
    let again = service.list_waiting_nodes(request).await?.into_inner().nodes;
    assert_eq!(again, nodes);
    Ok(())
}

/// Whether the first node's pod is what is waited for.
fn is_pending(nodes: &[WaitingNode]) -> bool {
    let first = nodes.iter().find(|node| node.node_id == "n0");
    first.is_some_and(|first| matches!(first.reason, Some(Reason::Slot(_))))
}
