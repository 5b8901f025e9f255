//! GetNodeExecutionData: a node's inputs and outputs, inlined or by signed URL.

use aileron_idl::admin::node_execution_closure::OutputResult;
use aileron_idl::admin::{
    FlyteUrLs, NodeExecution, NodeExecutionGetDataRequest, NodeExecutionGetDataResponse,
};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Inputs and outputs of a node, and the URLs by which they can be asked for.
    pub(crate) async fn get_node_execution_data(
        &self,
        base: &str,
        request: NodeExecutionGetDataRequest,
    ) -> Result<NodeExecutionGetDataResponse, ServiceError> {
        let row = self.node_execution(request.id.as_ref()).await?;
        let dynamic_workflow = self.dynamic_workflow(&row).await?;
        let node = row.node;
        let (inputs, outputs) =
            futures::try_join!(self.shown(base, &node.input_uri), self.shown(base, outputs_uri(&node)))?;
        Ok(NodeExecutionGetDataResponse {
            full_inputs: Some(inputs.full),
            full_outputs: Some(outputs.full),
            inputs: Some(inputs.blob),
            outputs: Some(outputs.blob),
            flyte_urls: Some(urls(&node)),
            dynamic_workflow,
        })
    }
}

/// Where a node's outputs lie; empty while there are none.
pub(super) fn outputs_uri(node: &NodeExecution) -> &str {
    match node.closure.as_ref().and_then(|closure| closure.output_result.as_ref()) {
        Some(OutputResult::OutputUri(uri)) => uri,
        _ => "",
    }
}

fn urls(node: &NodeExecution) -> FlyteUrLs {
    let id = node.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let prefix =
        format!("flyte://v1/{}/{}/{}/{}", execution.project, execution.domain, execution.name, id.node_id);
    let has_deck = node.closure.as_ref().is_some_and(|closure| !closure.deck_uri.is_empty());
    FlyteUrLs {
        inputs: format!("{prefix}/i"),
        outputs: format!("{prefix}/o"),
        deck: if has_deck { format!("{prefix}/d") } else { String::new() },
    }
}
