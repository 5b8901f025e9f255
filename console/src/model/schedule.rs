//! A schedule that is being written for a launch plan.

use aileron_idl::admin::schedule::ScheduleExpression;
use aileron_idl::admin::{CronSchedule, LaunchPlan, LaunchPlanCreateRequest, Schedule};
use aileron_idl::core::{SimpleType, literal_type};

/// The schedule of a launch plan, if it has one.
pub fn of(plan: &LaunchPlan) -> Option<&Schedule> {
    let schedule = plan.spec.as_ref()?.entity_metadata.as_ref()?.schedule.as_ref()?;
    schedule.schedule_expression.is_some().then_some(schedule)
}

/// What a reader writes as a schedule: a cron expression, an alias or `@every 1h30m`; `kickoff` is the input that gets
/// the tick.
pub fn written(text: &str, kickoff: &str) -> Schedule {
    let cron = CronSchedule { schedule: text.trim().to_owned(), ..Default::default() };
    Schedule {
        schedule_expression: Some(ScheduleExpression::CronSchedule(cron)),
        kickoff_time_input_arg: kickoff.to_owned(),
    }
}

/// The cron text of a schedule, to begin with.
pub fn text(schedule: &Schedule) -> &str {
    match &schedule.schedule_expression {
        Some(ScheduleExpression::CronSchedule(cron)) => &cron.schedule,
        _ => "",
    }
}

/// The inputs that can take the tick: datetimes that are not fixed.
pub fn kickoffs(plan: &LaunchPlan) -> Vec<String> {
    let expected = plan.closure.as_ref().and_then(|closure| closure.expected_inputs.as_ref());
    let datetime = Some(literal_type::Type::Simple(SimpleType::Datetime as i32));
    let inputs = expected.into_iter().flat_map(|expected| &expected.parameters);
    let is_datetime = |(_, parameter): &(&String, &aileron_idl::core::Parameter)| {
        let kind = parameter.var.as_ref().and_then(|variable| variable.r#type.as_ref());
        kind.is_some_and(|kind| kind.r#type == datetime)
    };
    inputs.filter(is_datetime).map(|(name, _)| name.clone()).collect()
}

/// The same launch plan as another version with another schedule; a version never changes.
pub fn rescheduled(plan: &LaunchPlan, version: &str, schedule: Schedule) -> LaunchPlanCreateRequest {
    let mut id = plan.id.clone().unwrap_or_default();
    version.clone_into(&mut id.version);
    let mut spec = plan.spec.clone().unwrap_or_default();
    spec.entity_metadata.get_or_insert_default().schedule = Some(schedule);
    LaunchPlanCreateRequest { id: Some(id), spec: Some(spec) }
}

/// A name for that version: `v1` becomes `v1-2`, that becomes `v1-3`.
pub fn next_version(version: &str) -> String {
    let counted = version.rsplit_once('-').and_then(|(stem, count)| Some((stem, count.parse::<u32>().ok()?)));
    match counted {
        Some((stem, count)) => format!("{stem}-{}", count.saturating_add(1)),
        None => format!("{version}-2"),
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::{LaunchPlanClosure, LaunchPlanSpec};
    use aileron_idl::core::{Identifier, LiteralType, Parameter, ParameterMap, Variable};

    use super::*;

    fn plan() -> LaunchPlan {
        let of = |kind: SimpleType| {
            let r#type = Some(literal_type::Type::Simple(kind as i32));
            let var =
                Variable { r#type: Some(LiteralType { r#type, ..Default::default() }), ..Default::default() };
            Parameter { var: Some(var), ..Default::default() }
        };
        let inputs = [("at", SimpleType::Datetime), ("count", SimpleType::Integer)];
        let parameters = inputs.map(|(name, kind)| (name.to_owned(), of(kind))).into();
        LaunchPlan {
            id: Some(Identifier { name: "nightly".into(), version: "v1".into(), ..Default::default() }),
            spec: Some(LaunchPlanSpec { max_parallelism: 3, ..Default::default() }),
            closure: Some(LaunchPlanClosure {
                expected_inputs: Some(ParameterMap { parameters }),
                ..Default::default()
            }),
        }
    }

    #[test]
    fn a_new_version_differs_by_its_schedule_alone() {
        let request = rescheduled(&plan(), "v2", written(" 0 9 * * * ", "at"));
        let spec = request.spec.clone().expect("it has one");
        assert_eq!((request.id.map(|id| id.version), spec.max_parallelism), (Some("v2".into()), 3));
        let made = LaunchPlan { spec: request.spec, ..plan() };
        assert_eq!(
            of(&made).map(|schedule| (text(schedule), schedule.kickoff_time_input_arg.as_str())),
            Some(("0 9 * * *", "at"))
        );
        assert_eq!(of(&plan()), None);
    }

    #[test]
    fn a_datetime_can_take_the_tick() {
        assert_eq!(kickoffs(&plan()), ["at"]);
    }

    #[test]
    fn versions_are_counted_on() {
        assert_eq!(["v1", "v1-2", "a-b"].map(next_version), ["v1-2", "v1-3", "a-b-2"]);
    }
}
