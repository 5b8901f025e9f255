//! GetTaskExecutionData: an attempt's inputs and outputs, inlined or by signed URL.

use aileron_idl::admin::task_execution_closure::OutputResult;
use aileron_idl::admin::{
    FlyteUrLs, TaskExecution, TaskExecutionGetDataRequest, TaskExecutionGetDataResponse,
};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Inputs and outputs of an attempt, and the URLs by which they can be asked for.
    pub(crate) async fn get_task_execution_data(
        &self,
        base: &str,
        request: TaskExecutionGetDataRequest,
    ) -> Result<TaskExecutionGetDataResponse, ServiceError> {
        let attempt = self.attempt(request.id.as_ref()).await?;
        let (inputs, outputs) = futures::try_join!(
            self.shown(base, &attempt.input_uri),
            self.shown(base, outputs_uri(&attempt))
        )?;
        Ok(TaskExecutionGetDataResponse {
            full_inputs: Some(inputs.full),
            full_outputs: Some(outputs.full),
            inputs: Some(inputs.blob),
            outputs: Some(outputs.blob),
            flyte_urls: Some(urls(&attempt)),
        })
    }
}

/// Where an attempt's outputs lie; empty while there are none.
pub(super) fn outputs_uri(attempt: &TaskExecution) -> &str {
    match attempt.closure.as_ref().and_then(|closure| closure.output_result.as_ref()) {
        Some(OutputResult::OutputUri(uri)) => uri,
        _ => "",
    }
}

fn urls(attempt: &TaskExecution) -> FlyteUrLs {
    let id = attempt.id.clone().unwrap_or_default();
    let node = id.node_execution_id.unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let prefix = format!(
        "flyte://v1/{}/{}/{}/{}/{}",
        execution.project, execution.domain, execution.name, node.node_id, id.retry_attempt
    );
    FlyteUrLs { inputs: format!("{prefix}/i"), outputs: format!("{prefix}/o"), ..FlyteUrLs::default() }
}
