//! `aileron.v1.WaitingService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::aileron::v1::waiting_service_server::WaitingService;
use aileron_idl::aileron::v1::{ListWaitingNodesRequest, ListWaitingNodesResponse};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Waiting(pub(super) Arc<App>);

#[tonic::async_trait]
impl WaitingService for Waiting {
    async fn list_waiting_nodes(
        &self,
        request: Request<ListWaitingNodesRequest>,
    ) -> Result<Response<ListWaitingNodesResponse>, Status> {
        guarded(&self.0, rules::waiting::list_waiting_nodes, request, |message| {
            self.0.list_waiting_nodes(message)
        })
        .await
    }
}
