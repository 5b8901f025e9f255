//! ListExecutions.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{Execution, ExecutionList, ResourceListRequest};

use super::listing::Listing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::executions::{self, ExecutionRow, TABLE};

/// Bytes of an error's message that a list shows.
const SHOWN: usize = 100;

impl App {
    /// Executions without what is large; archived ones only when the filter asks for a state.
    pub(crate) async fn list_executions(
        &self,
        request: ResourceListRequest,
    ) -> Result<ExecutionList, ServiceError> {
        let Listing { scope, filter, page } = Listing::parse(&TABLE, request)?;
        let found =
            executions::list(self.store.readers(), &scope.project, &scope.domain, &filter, &page).await?;
        Ok(ExecutionList {
            token: found.token,
            executions: found.rows.into_iter().map(ExecutionRow::into_execution).map(trimmed).collect(),
        })
    }
}

/// An execution as lists show it.
pub(super) fn trimmed(mut execution: Execution) -> Execution {
    if let Some(spec) = &mut execution.spec {
        spec.inputs = None;
    }
    if let Some(closure) = &mut execution.closure {
        closure.computed_inputs = None;
        if let Some(OutputResult::Error(error)) = &mut closure.output_result {
            shorten(&mut error.message);
        }
    }
    execution
}

/// Cuts a message for a list, at a letter.
pub(super) fn shorten(message: &mut String) {
    message.truncate(message.floor_char_boundary(SHOWN));
}
