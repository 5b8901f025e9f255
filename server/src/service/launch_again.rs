//! An execution's launch once more: what relaunching and recovering share.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionCreateResponse, ExecutionSpec};
use aileron_idl::core::WorkflowExecutionIdentifier;

use super::launch::Launch;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// Launches an execution's launch plan or task again with the inputs that its user sent, with today's
    /// settings where the old launch left them open. `adapt` makes of the old specification
    /// what is to be launched; its metadata tell the mode and the old execution already.
    pub(super) async fn launch_again(
        &self,
        id: Option<&WorkflowExecutionIdentifier>,
        name: String,
        mode: ExecutionMode,
        adapt: impl FnOnce(&mut ExecutionSpec),
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let id = names::execution_id(id)?;
        let old = executions::find(self.store.readers(), id).await?;
        let old = old.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let mut spec = old.spec;
        let metadata = spec.metadata.get_or_insert_default();
        metadata.set_mode(mode);
        metadata.reference_execution = Some(id.clone());
        adapt(&mut spec);
        let launch = Launch {
            project: id.project.clone(),
            domain: id.domain.clone(),
            name,
            spec,
            inputs: self.settings.storage.get_message(&old.user_inputs_uri).await?,
            source_key: Some(old.key),
        };
        Ok(ExecutionCreateResponse { id: Some(self.launch(launch).await?) })
    }
}
