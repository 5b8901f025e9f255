//! RelaunchExecution: the same launch again.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionCreateResponse, ExecutionRelaunchRequest};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Launches an execution again; whether the cache is overwritten is asked anew.
    pub(crate) async fn relaunch_execution(
        &self,
        request: ExecutionRelaunchRequest,
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let ExecutionRelaunchRequest { id, name, overwrite_cache } = request;
        self.launch_again(id.as_ref(), name, ExecutionMode::Relaunch, |spec| {
            spec.overwrite_cache = overwrite_cache;
        })
        .await
    }
}
