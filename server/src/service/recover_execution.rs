//! RecoverExecution: the same launch again, which takes over what succeeded.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionCreateResponse, ExecutionRecoverRequest};

use super::launch::Launch;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// Launches an execution's launch plan or task again with the inputs that its user sent. Its data plane
    /// takes the outputs of nodes that succeeded from the old execution, by their ids.
    pub(crate) async fn recover_execution(
        &self,
        request: ExecutionRecoverRequest,
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let old = executions::find(self.store.readers(), id).await?;
        let old = old.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let mut spec = old.spec;
        let metadata = spec.metadata.get_or_insert_default();
        metadata.set_mode(ExecutionMode::Recovered);
        metadata.reference_execution = Some(id.clone());
        metadata.parent_node_execution = request.metadata.and_then(|given| given.parent_node_execution);
        let inputs = self.settings.storage.get_message(&old.user_inputs_uri).await?;
        let id = self
            .launch(Launch {
                project: id.project.clone(),
                domain: id.domain.clone(),
                name: request.name,
                spec,
                inputs,
                source_key: Some(old.key),
            })
            .await?;
        Ok(ExecutionCreateResponse { id: Some(id) })
    }
}
