//! `aileron.v1.LiveService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::aileron::v1::live_service_server::LiveService;
use aileron_idl::aileron::v1::{
    WatchExecutionRequest, WatchExecutionResponse, WatchExecutionsRequest, WatchExecutionsResponse,
};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;
use crate::service::live::Changes;

/// The service over the use-cases.
pub(super) struct Live(pub(super) Arc<App>);

#[tonic::async_trait]
impl LiveService for Live {
    async fn watch_executions(
        &self,
        request: Request<WatchExecutionsRequest>,
    ) -> Result<Response<Changes<WatchExecutionsResponse>>, Status> {
        guarded(&self.0, rules::live::watch_executions, request, |message| self.0.watch_executions(message))
            .await
    }

    async fn watch_execution(
        &self,
        request: Request<WatchExecutionRequest>,
    ) -> Result<Response<Changes<WatchExecutionResponse>>, Status> {
        guarded(&self.0, rules::live::watch_execution, request, |message| self.0.watch_execution(message))
            .await
    }
}
