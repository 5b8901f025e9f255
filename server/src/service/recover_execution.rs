//! RecoverExecution: the same launch again, which takes over what succeeded.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionCreateResponse, ExecutionRecoverRequest};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Launches an execution again. Its data plane takes the outputs of nodes that succeeded from the old
    /// execution, by their ids.
    pub(crate) async fn recover_execution(
        &self,
        request: ExecutionRecoverRequest,
    ) -> Result<ExecutionCreateResponse, ServiceError> {
        let ExecutionRecoverRequest { id, name, metadata: given } = request;
        self.launch_again(id.as_ref(), name, ExecutionMode::Recovered, |spec| {
            let parent = given.and_then(|given| given.parent_node_execution);
            spec.metadata.get_or_insert_default().parent_node_execution = parent;
        })
        .await
    }
}
