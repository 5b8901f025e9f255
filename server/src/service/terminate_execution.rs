//! TerminateExecution: notes the wish; the launcher tells the data plane, whose ABORTED event ends it.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{AbortMetadata, ExecutionTerminateRequest, ExecutionTerminateResponse};
use aileron_idl::core::workflow_execution::Phase;

use crate::access::caller;
use crate::clock;
use crate::error::ServiceError;
use crate::events::Phase as _;
use crate::names;
use crate::server::App;
use crate::store::executions::{self, ExecutionRow};
use crate::store::outbox::Handover;

impl App {
    /// Begins the end of an execution. Asking again while it is being aborted is fine.
    pub(crate) async fn terminate_execution(
        &self,
        request: ExecutionTerminateRequest,
    ) -> Result<ExecutionTerminateResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?.clone();
        let (key, cause, principal) = (id.clone(), request.cause, caller::principal());
        let aborted: Result<(), ServiceError> = self
            .store
            .write(move |db| {
                Box::pin(async move {
                    executions::lock(db, [&id]).await?;
                    let row = executions::find(&mut *db, &id).await?;
                    let mut row = row.ok_or_else(|| ServiceError::not_found("execution", &id))?;
                    abort(&mut row, cause, principal)?;
                    Ok(executions::update(db, &row).await?)
                })
            })
            .await;
        aborted?;
        self.caches.executions.remove(&key);
        self.wake_launcher.notify_one();
        Ok(ExecutionTerminateResponse {})
    }
}

fn abort(row: &mut ExecutionRow, cause: String, principal: String) -> Result<(), ServiceError> {
    let phase = row.closure.phase();
    if phase.is_terminal() {
        let entity = format!("execution {}", row.id);
        return Err(ServiceError::Terminal { entity, phase: phase.name().to_owned() });
    }
    row.closure.set_phase(Phase::Aborting);
    row.closure.updated_at = Some(clock::now());
    row.closure.output_result = Some(OutputResult::AbortMetadata(AbortMetadata { cause, principal }));
    row.handover = match row.handover {
        Handover::Start | Handover::StartThenAbort => Handover::StartThenAbort,
        Handover::Abort | Handover::Done => Handover::Abort,
    };
    Ok(())
}
