//! GetExecutionData: an execution's inputs and outputs, inlined or by signed URL.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    ExecutionClosure, WorkflowExecutionGetDataRequest, WorkflowExecutionGetDataResponse, literal_map_blob,
};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// The complete inputs, and the outputs once there are some.
    pub(crate) async fn get_execution_data(
        &self,
        base: &str,
        request: WorkflowExecutionGetDataRequest,
    ) -> Result<WorkflowExecutionGetDataResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let row = executions::find(self.store.readers(), id).await?;
        let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let (inputs, outputs) = futures::try_join!(
            self.shown(base, &row.inputs_uri),
            self.shown(base, outputs_uri(&row.closure))
        )?;
        Ok(WorkflowExecutionGetDataResponse {
            full_inputs: Some(inputs.full),
            full_outputs: Some(outputs.full),
            inputs: Some(inputs.blob),
            outputs: Some(outputs.blob),
        })
    }
}

fn outputs_uri(closure: &ExecutionClosure) -> &str {
    match &closure.output_result {
        Some(OutputResult::Outputs(outputs)) => match &outputs.data {
            Some(literal_map_blob::Data::Uri(uri)) => uri,
            _ => "",
        },
        _ => "",
    }
}
