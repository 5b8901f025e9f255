//! UpdateExecution: archives an execution, or brings it back. Its phase does not matter.

use aileron_idl::admin::{
    ExecutionState, ExecutionStateChangeDetails, ExecutionUpdateRequest, ExecutionUpdateResponse,
};

use crate::access::caller;
use crate::clock;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::executions;

impl App {
    /// Sets the state; archived executions are hidden from lists.
    pub(crate) async fn update_execution(
        &self,
        request: ExecutionUpdateRequest,
    ) -> Result<ExecutionUpdateResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?.clone();
        let key = id.clone();
        names::known::<ExecutionState>("state", request.state)?;
        let details = ExecutionStateChangeDetails {
            state: request.state,
            occurred_at: Some(clock::now()),
            principal: caller::principal(),
        };
        let updated: Result<(), ServiceError> = self
            .store
            .write(move |db| {
                Box::pin(async move {
                    executions::lock(db, [&id]).await?;
                    let row = executions::find(&mut *db, &id).await?;
                    let mut row = row.ok_or_else(|| ServiceError::not_found("execution", &id))?;
                    row.closure.state_change_details = Some(details);
                    Ok(executions::update(db, &row).await?)
                })
            })
            .await;
        updated?;
        self.caches.executions.remove(&key);
        Ok(ExecutionUpdateResponse {})
    }
}
