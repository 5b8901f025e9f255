//! `aileron.v1.ScheduleService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::aileron::v1::schedule_service_server::ScheduleService;
use aileron_idl::aileron::v1::{ListFireTimesRequest, ListFireTimesResponse};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Schedules(pub(super) Arc<App>);

#[tonic::async_trait]
impl ScheduleService for Schedules {
    async fn list_fire_times(
        &self,
        request: Request<ListFireTimesRequest>,
    ) -> Result<Response<ListFireTimesResponse>, Status> {
        guarded(&self.0, rules::schedule::list_fire_times, request, |message| self.0.list_fire_times(message))
            .await
    }
}
