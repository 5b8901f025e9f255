//! ListFireTimes: when a schedule fires next, by the code that fires it.

use aileron_idl::admin;
use aileron_idl::aileron::v1::list_fire_times_request::Of;
use aileron_idl::aileron::v1::{ListFireTimesRequest, ListFireTimesResponse};
use aileron_idl::core::Identifier;
use jiff::Timestamp;

use crate::error::ServiceError;
use crate::scheduler::{self, Schedule};
use crate::server::App;
use crate::store::schedules;
use crate::{clock, names};

/// Instants of an answer that names no limit, and the most of any.
const LIMITS: (usize, usize) = (10, 100);

impl App {
    /// The next instants of a registered schedule, or of one that is being written.
    pub(crate) async fn list_fire_times(
        &self,
        request: ListFireTimesRequest,
    ) -> Result<ListFireTimesResponse, ServiceError> {
        let now = clock::instant();
        let after = request.after.map_or(Ok(now), |after| instant("after", &after))?;
        let schedule = match request.of {
            Some(Of::LaunchPlan(id)) => self.schedule_of(&id, now).await?,
            Some(Of::Schedule(schedule)) => Some(free(&schedule, now)?),
            None => return Err(ServiceError::Missing("launch_plan or schedule".to_owned())),
        };
        let limit = match request.limit as usize {
            0 => LIMITS.0,
            limit => limit.min(LIMITS.1),
        };
        let ticks = schedule.iter().flat_map(|schedule| {
            std::iter::successors(schedule.next_after(after), |tick| schedule.next_after(*tick))
        });
        Ok(ListFireTimesResponse { times: ticks.take(limit).map(clock::stamp).collect() })
    }

    async fn schedule_of(&self, id: &Identifier, now: Timestamp) -> Result<Option<Schedule>, ServiceError> {
        names::check_identifier("launch_plan", id)?;
        self.require_view(&id.project, &id.domain).await?;
        let plan = self.launch_plan(id).await?;
        let anchor = schedules::anchor(self.store.readers(), plan.key).await?;
        let spec = plan.launch_plan.spec.clone().unwrap_or_default();
        scheduler::read(&spec, anchor.unwrap_or(now))
    }
}

/// A schedule without a launch plan.
fn free(schedule: &admin::Schedule, now: Timestamp) -> Result<Schedule, ServiceError> {
    scheduler::understand("schedule", schedule, now)
}

fn instant(field: &str, at: &prost_types::Timestamp) -> Result<Timestamp, ServiceError> {
    Timestamp::new(at.seconds, at.nanos)
        .map_err(|error| ServiceError::invalid(field, &at.to_string(), error.to_string()))
}
