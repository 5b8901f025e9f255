//! Versions as rows of a list.

use aileron_idl::admin::{FixedRateUnit, LaunchPlan, Schedule, Task, Workflow, schedule::ScheduleExpression};
use aileron_idl::core::Identifier;
use prost_types::Timestamp;

use super::{Registered, signature};
use crate::model::time;

/// A workflow's row.
pub fn workflow(workflow: &Workflow) -> Registered {
    let closure = workflow.closure.as_ref();
    let compiled = closure.and_then(|closure| closure.compiled_workflow.as_ref());
    let template = compiled.and_then(|closure| closure.primary.as_ref()?.template.as_ref());
    Registered {
        about: workflow.short_description.clone(),
        inputs: signature(template.and_then(|template| template.interface.as_ref())),
        ..named(workflow.id.as_ref(), closure.and_then(|closure| closure.created_at.as_ref()))
    }
}

/// A task's row.
pub fn task(task: &Task) -> Registered {
    let closure = task.closure.as_ref();
    let template =
        closure.and_then(|closure| closure.compiled_task.as_ref()).and_then(|task| task.template.as_ref());
    Registered {
        about: template.map(|template| template.r#type.clone()).unwrap_or_default(),
        inputs: signature(template.and_then(|template| template.interface.as_ref())),
        ..named(task.id.as_ref(), closure.and_then(|closure| closure.created_at.as_ref()))
    }
}

/// A launch plan's row.
pub fn launch_plan(plan: &LaunchPlan) -> Registered {
    let (spec, closure) = (plan.spec.clone().unwrap_or_default(), plan.closure.as_ref());
    let schedule = spec.entity_metadata.and_then(|metadata| metadata.schedule);
    Registered {
        about: spec.workflow_id.map(|id| id.name).unwrap_or_default(),
        schedule: schedule.as_ref().map(in_words).unwrap_or_default(),
        is_active: closure.is_some_and(|closure| closure.state == 1),
        ..named(plan.id.as_ref(), closure.and_then(|closure| closure.created_at.as_ref()))
    }
}

fn named(id: Option<&Identifier>, created: Option<&Timestamp>) -> Registered {
    let id = id.cloned().unwrap_or_default();
    Registered {
        name: id.name,
        version: id.version,
        created: created.map_or(0.0, time::millis),
        ..Registered::default()
    }
}

/// A schedule as people say it: `cron 0 9 * * MON-FRI`, `every 15 minutes`; empty for none.
pub fn in_words(schedule: &Schedule) -> String {
    match &schedule.schedule_expression {
        None => String::new(),
        #[expect(deprecated, reason = "it may be registered, and is shown")]
        Some(ScheduleExpression::CronExpression(text)) => format!("cron {text}"),
        Some(ScheduleExpression::CronSchedule(cron)) if cron.offset.is_empty() => {
            format!("cron {}", cron.schedule)
        }
        Some(ScheduleExpression::CronSchedule(cron)) => {
            format!("cron {}, later by {}", cron.schedule, cron.offset)
        }
        Some(ScheduleExpression::Rate(rate)) => {
            let unit = match FixedRateUnit::try_from(rate.unit) {
                Ok(FixedRateUnit::Minute) => "minute",
                Ok(FixedRateUnit::Hour) => "hour",
                Ok(FixedRateUnit::Day) => "day",
                Err(_) => "unknown unit",
            };
            if rate.value == 1 { format!("every {unit}") } else { format!("every {} {unit}s", rate.value) }
        }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::{
        CronSchedule, FixedRate, LaunchPlanClosure, LaunchPlanMetadata, LaunchPlanSpec,
    };

    use super::*;

    #[test]
    fn a_launch_plan_says_what_it_runs_and_when() {
        let rate = ScheduleExpression::Rate(FixedRate { value: 15, unit: 0 });
        let schedule = Schedule { schedule_expression: Some(rate), ..Default::default() };
        let plan = LaunchPlan {
            spec: Some(LaunchPlanSpec {
                workflow_id: Some(Identifier { name: "shop.order".into(), ..Default::default() }),
                entity_metadata: Some(LaunchPlanMetadata { schedule: Some(schedule), ..Default::default() }),
                ..Default::default()
            }),
            closure: Some(LaunchPlanClosure { state: 1, ..Default::default() }),
            ..Default::default()
        };
        let row = launch_plan(&plan);
        assert_eq!(
            (row.about.as_str(), row.schedule.as_str(), row.is_active),
            ("shop.order", "every 15 minutes", true)
        );
    }

    #[test]
    fn a_cron_keeps_its_text() {
        let cron = CronSchedule { schedule: "0 9 * * MON".into(), offset: "PT1H".into() };
        let expression = Some(ScheduleExpression::CronSchedule(cron));
        let schedule = Schedule { schedule_expression: expression, ..Default::default() };
        assert_eq!(in_words(&schedule), "cron 0 9 * * MON, later by PT1H");
    }
}
