//! WatchExecution: one execution and its nodes.

use std::sync::Arc;

use aileron_idl::admin::Execution;
use aileron_idl::aileron::v1::{Progress, WatchExecutionRequest, WatchExecutionResponse};
use aileron_idl::core::WorkflowExecutionIdentifier;

use super::token::Scope;
use super::{Changes, PAGE, Read, Source, watch};
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::service::list_node_executions::trimmed;
use crate::store::changes::Place;
use crate::store::node_executions::{self, TABLE};

/// An execution's rows.
struct OneExecution {
    id: WorkflowExecutionIdentifier,
    scope: Scope,
    /// As it was last sent.
    sent: Option<Execution>,
}

impl App {
    /// Streams an execution, which must be there, and its nodes.
    pub(crate) async fn watch_execution(
        self: &Arc<Self>,
        request: WatchExecutionRequest,
    ) -> Result<Changes<WatchExecutionResponse>, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?.clone();
        self.current(&id).await?;
        let scope = || Scope::of(self, TABLE.name, columns(&id), "");
        let (of_tokens, of_reads) = (scope().await?, scope().await?);
        let start = of_tokens.start(self, &request.token).await?;
        let source = OneExecution { id: id.clone(), scope: of_reads, sent: None };
        Ok(watch(self.clone(), source, of_tokens, start))
    }

    async fn current(&self, id: &WorkflowExecutionIdentifier) -> Result<Execution, ServiceError> {
        let found = crate::store::executions::find(self.store.readers(), id).await?;
        let found = found.ok_or_else(|| ServiceError::not_found("execution", id))?;
        Ok(found.into_execution())
    }
}

fn columns(id: &WorkflowExecutionIdentifier) -> Vec<(&'static str, String)> {
    vec![
        ("execution_project", id.project.clone()),
        ("execution_domain", id.domain.clone()),
        ("execution_name", id.name.clone()),
    ]
}

impl Source for OneExecution {
    type Message = WatchExecutionResponse;

    /// The execution is read first: if it has ended, all its nodes are at least as new.
    async fn read(&mut self, app: &App, after: Place) -> Result<Read<WatchExecutionResponse>, ServiceError> {
        let now = app.current(&self.id).await?;
        let rows = node_executions::changed(app.store.readers(), &self.id, after, PAGE).await?;
        let place = rows.last().map_or(after, |(place, _)| *place);
        let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        let caught_up = is_last && !self.scope.is_behind(app).await?;
        let execution = (self.sent.as_ref() != Some(&now)).then(|| now.clone());
        self.sent = Some(now);
        let message = (execution.is_some() || !rows.is_empty()).then(|| WatchExecutionResponse {
            execution,
            node_executions: rows.into_iter().map(|(_, row)| trimmed(row.node)).collect(),
            progress: None,
        });
        Ok(Read { message, place, caught_up })
    }

    fn nothing() -> WatchExecutionResponse {
        WatchExecutionResponse::default()
    }

    fn set_progress(message: &mut WatchExecutionResponse, progress: Progress) {
        message.progress = Some(progress);
    }

    fn of(&self) -> Option<&WorkflowExecutionIdentifier> {
        Some(&self.id)
    }
}
