//! `aileron.v1.EventService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::aileron::v1::event_service_server::EventService;
use aileron_idl::aileron::v1::{ReportEventsRequest, ReportEventsResponse};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Events(pub(super) Arc<App>);

#[tonic::async_trait]
impl EventService for Events {
    async fn report_events(
        &self,
        request: Request<ReportEventsRequest>,
    ) -> Result<Response<ReportEventsResponse>, Status> {
        guarded(&self.0, rules::events::report_events, request, |message| self.0.report_events(message)).await
    }
}
