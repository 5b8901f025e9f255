//! Waiting for an execution's end, for those in this process.

use aileron_idl::admin::ExecutionClosure;
use aileron_idl::core::WorkflowExecutionIdentifier;

use crate::error::ServiceError;
use crate::events::Phase as _;
use crate::server::App;
use crate::store::executions;

impl App {
    /// How the execution ended, once it has.
    pub(crate) async fn wait_for_end(
        &self,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<ExecutionClosure, ServiceError> {
        let mut rung = self.executions_changed.listen();
        loop {
            let row = executions::find(self.store.readers(), id).await?;
            let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
            if row.closure.phase().is_terminal() {
                return Ok(row.closure);
            }
            rung.heard(id).await;
        }
    }
}
