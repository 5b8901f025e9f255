//! GetExecutionData: an execution's inputs and outputs, inlined.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    ExecutionClosure, UrlBlob, WorkflowExecutionGetDataRequest, WorkflowExecutionGetDataResponse,
    literal_map_blob,
};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// The complete inputs, and the outputs once there are some.
    pub(crate) async fn get_execution_data(
        &self,
        request: WorkflowExecutionGetDataRequest,
    ) -> Result<WorkflowExecutionGetDataResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let row = executions::find(self.store.readers(), id).await?;
        let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let (inputs, outputs) =
            futures::join!(self.literals(&row.inputs_uri), self.literals(outputs_uri(&row.closure)));
        Ok(WorkflowExecutionGetDataResponse {
            full_inputs: Some(inputs),
            full_outputs: Some(outputs),
            inputs: Some(UrlBlob::default()),
            outputs: Some(UrlBlob::default()),
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
