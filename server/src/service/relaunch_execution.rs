//! RelaunchExecution: the same launch again, with today's settings where the old one left them open.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionCreateResponse, ExecutionRelaunchRequest};

use super::launch::Launch;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// Launches an execution's launch plan or task again with the inputs that its user sent.
    pub(crate) async fn relaunch_execution(
        &self,
        request: ExecutionRelaunchRequest,
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let old = executions::find(self.store.readers(), id).await?;
        let old = old.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let mut spec = old.spec;
        let metadata = spec.metadata.get_or_insert_default();
        metadata.set_mode(ExecutionMode::Relaunch);
        metadata.reference_execution = Some(id.clone());
        spec.overwrite_cache = request.overwrite_cache;
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
