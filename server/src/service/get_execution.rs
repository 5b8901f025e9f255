//! GetExecution: what every waiting client asks again and again.

use std::sync::Arc;

use aileron_idl::admin::{Execution, WorkflowExecutionGetRequest};
use aileron_idl::core::WorkflowExecutionIdentifier;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// An execution by id.
    pub(crate) async fn get_execution(
        &self,
        request: WorkflowExecutionGetRequest,
    ) -> Result<Execution, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        Ok(Arc::unwrap_or_clone(self.execution(id).await?))
    }

    pub(super) async fn execution(
        &self,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<Arc<Execution>, ServiceError> {
        let read = async {
            let row = executions::find(self.store.readers(), id).await?;
            let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
            Ok(Arc::new(row.into_execution()))
        };
        self.caches.executions.get_or_read(id, read).await
    }
}
