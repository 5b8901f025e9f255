//! WatchExecutions: the executions of a project's domain.

use std::sync::Arc;

use aileron_idl::aileron::v1::{Progress, WatchExecutionsRequest, WatchExecutionsResponse};
use aileron_idl::core::WorkflowExecutionIdentifier;

use super::token::{Scope, Start};
use super::{Changes, PAGE, Read, Source, watch};
use crate::error::ServiceError;
use crate::server::App;
use crate::service::list_executions::trimmed;
use crate::store::changes::Place;
use crate::store::executions::{self, TABLE};
use crate::store::filter::Filter;

/// The rows of a list.
struct Listed {
    project: String,
    domain: String,
    filter: Filter,
    scope: Scope,
    /// Whether the client may have been sent what its filter does not take now.
    has_sent: bool,
}

impl App {
    /// Streams the executions that a list with this filter shows.
    pub(crate) async fn watch_executions(
        self: &Arc<Self>,
        request: WatchExecutionsRequest,
    ) -> Result<Changes<WatchExecutionsResponse>, ServiceError> {
        let WatchExecutionsRequest { project, domain, filters, token, only_changes } = request;
        self.check_scope(&project, &domain).await?;
        let filter = Filter::parse(&TABLE, &filters)?;
        let columns = || vec![("execution_project", project.clone()), ("execution_domain", domain.clone())];
        let of_tokens = Scope::of(self, TABLE.name, columns(), &filters).await?;
        let of_reads = Scope::of(self, TABLE.name, columns(), &filters).await?;
        let start = if only_changes && token.is_empty() {
            Start { place: of_tokens.end(self).await?, fresh_because: None }
        } else {
            of_tokens.start(self, &token).await?
        };
        let has_sent = start.fresh_because.is_none();
        let source = Listed { project, domain, filter, scope: of_reads, has_sent };
        Ok(watch(self.clone(), source, of_tokens, start))
    }
}

impl Source for Listed {
    type Message = WatchExecutionsResponse;

    async fn read(&mut self, app: &App, after: Place) -> Result<Read<WatchExecutionsResponse>, ServiceError> {
        let pool = app.store.readers();
        let rows = executions::changed(pool, &self.project, &self.domain, after, PAGE).await?;
        let place = rows.last().map_or(after, |(place, _)| *place);
        let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        let caught_up = is_last && !self.scope.is_behind(app).await?;
        let keys: Vec<i64> = rows.iter().map(|(_, row)| row.key).collect();
        let listed = executions::listed(pool, &keys, &self.filter).await?;
        let mut message = WatchExecutionsResponse::default();
        for (_, row) in rows {
            if listed.contains(&row.key) {
                message.executions.push(trimmed(row.into_execution()));
            } else if self.has_sent {
                message.left.push(row.id);
            }
        }
        self.has_sent |= caught_up;
        let has_rows = !message.executions.is_empty() || !message.left.is_empty();
        Ok(Read { message: has_rows.then_some(message), place, caught_up })
    }

    fn nothing() -> WatchExecutionsResponse {
        WatchExecutionsResponse::default()
    }

    fn set_progress(message: &mut WatchExecutionsResponse, progress: Progress) {
        message.progress = Some(progress);
    }

    fn of(&self) -> Option<&WorkflowExecutionIdentifier> {
        None
    }
}
