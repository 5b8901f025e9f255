//! Schedules in launch plans: whether they can work, told at registration, where the author still is.

use aileron_compiler::types::describe;
use aileron_idl::admin::schedule::ScheduleExpression;
use aileron_idl::admin::{self, LaunchPlanSpec};
use aileron_idl::core::{Parameter, ParameterMap, SimpleType, literal_type, parameter};
use jiff::Timestamp;

use super::schedule::{Schedule, ScheduleError};
use crate::error::ServiceError;

const SCHEDULE: &str = "spec.entity_metadata.schedule";

/// Checks a launch plan's schedule, if it has one: that it can be read, and that all inputs that are
/// expected have a value when it fires.
///
/// The deprecated `cron_expression`, of another notation, can be registered but not activated.
pub(crate) fn check(spec: &LaunchPlanSpec, expected: &ParameterMap) -> Result<(), ServiceError> {
    let Some(schedule) = schedule_of(spec) else { return Ok(()) };
    match schedule.schedule_expression {
        Some(ScheduleExpression::CronExpression(_)) => {}
        _ => drop(read(spec, Timestamp::UNIX_EPOCH)?),
    }
    check_kickoff(&schedule.kickoff_time_input_arg, expected)?;
    check_bound(&schedule.kickoff_time_input_arg, expected)
}

/// The schedule of a launch plan, with rates counted from `anchor`; none when it has none.
pub(crate) fn read(spec: &LaunchPlanSpec, anchor: Timestamp) -> Result<Option<Schedule>, ServiceError> {
    schedule_of(spec).map(|schedule| understand(SCHEDULE, schedule, anchor)).transpose()
}

/// A schedule that stands at `place` in a request, with rates counted from `anchor`.
pub(crate) fn understand(
    place: &str,
    schedule: &admin::Schedule,
    anchor: Timestamp,
) -> Result<Schedule, ServiceError> {
    let invalid = |part: &str, value: &str, error: &ScheduleError| {
        ServiceError::invalid(format!("{place}.{part}"), value, error.to_string())
    };
    let expression = schedule.schedule_expression.as_ref();
    let expression =
        expression.ok_or_else(|| ServiceError::Missing(format!("{place}.schedule_expression")))?;
    Ok(match expression {
        ScheduleExpression::CronSchedule(cron) => Schedule::cron(&cron.schedule, anchor)
            .map_err(|error| invalid("cron_schedule.schedule", &cron.schedule, &error))?
            .with_offset(&cron.offset)
            .map_err(|error| invalid("cron_schedule.offset", &cron.offset, &error))?,
        ScheduleExpression::Rate(rate) => Schedule::rate(rate, anchor)
            .map_err(|error| invalid("rate", &format!("{} {:?}", rate.value, rate.unit()), &error))?,
        ScheduleExpression::CronExpression(text) => {
            let hint = "this deprecated form does not fire; use cron_schedule, as in `0 9 * * MON-FRI`";
            return Err(ServiceError::invalid(format!("{place}.cron_expression"), text, hint));
        }
    })
}

/// An empty message is no schedule: some clients always send one.
fn schedule_of(spec: &LaunchPlanSpec) -> Option<&admin::Schedule> {
    let schedule = spec.entity_metadata.as_ref()?.schedule.as_ref()?;
    (*schedule != admin::Schedule::default()).then_some(schedule)
}

/// The input that takes the time of the tick must be free to take it.
fn check_kickoff(name: &str, expected: &ParameterMap) -> Result<(), ServiceError> {
    if name.is_empty() {
        return Ok(());
    }
    let problem = match expected.parameters.get(name).map(type_of) {
        Some(Some(kind)) if is_datetime(kind) => return Ok(()),
        Some(kind) => {
            let got = kind.map_or_else(|| "unknown".to_owned(), describe);
            format!("the input must be a datetime to take the time of a tick, and is of type {got}")
        }
        None => {
            let free: Vec<&str> = expected.parameters.keys().map(String::as_str).collect();
            format!("the launch plan has no free input of this name; it has [{}]", free.join(", "))
        }
    };
    Err(ServiceError::invalid(format!("{SCHEDULE}.kickoff_time_input_arg"), name, problem))
}

fn type_of(parameter: &Parameter) -> Option<&aileron_idl::core::LiteralType> {
    parameter.var.as_ref()?.r#type.as_ref()
}

fn is_datetime(kind: &aileron_idl::core::LiteralType) -> bool {
    kind.r#type == Some(literal_type::Type::Simple(SimpleType::Datetime as i32))
}

fn check_bound(kickoff: &str, expected: &ParameterMap) -> Result<(), ServiceError> {
    let unbound = |parameter: &Parameter| {
        matches!(parameter.behavior, None | Some(parameter::Behavior::Required(true)))
    };
    let open = expected.parameters.iter().filter(|(name, parameter)| *name != kickoff && unbound(parameter));
    let open: Vec<&str> = open.map(|(name, _)| name.as_str()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let hint = "a scheduled launch has nobody to give it these inputs; bind them by default_inputs or \
                fixed_inputs, or name a datetime as kickoff_time_input_arg";
    Err(ServiceError::invalid(SCHEDULE, &open.join(", "), hint))
}
