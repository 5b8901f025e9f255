//! CreateExecution: accepts a launch. The answer means that the execution is stored; the launcher
//! starts it.

use aileron_idl::admin::{ExecutionCreateRequest, ExecutionCreateResponse};

use super::launch::Launch;
use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Launches a launch plan, or a single task.
    pub(crate) async fn create_execution(
        &self,
        request: ExecutionCreateRequest,
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let mut spec = request.spec.ok_or_else(|| ServiceError::Missing("spec".to_owned()))?;
        // Older clients send the inputs in the spec.
        let deprecated = spec.inputs.take().unwrap_or_default();
        let given = request.inputs.filter(|inputs| !inputs.literals.is_empty()).unwrap_or(deprecated);
        let id = self
            .launch(Launch {
                project: request.project,
                domain: request.domain,
                name: request.name,
                spec,
                inputs: given,
                source_key: None,
            })
            .await?;
        Ok(ExecutionCreateResponse { id: Some(id) })
    }
}
