//! Launching a tick.

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{ExecutionMetadata, ExecutionSpec};
use aileron_idl::core::{Identifier, Literal, LiteralMap, Primitive, Scalar, literal, primitive, scalar};
use jiff::Timestamp;

use crate::error::ServiceError;
use crate::server::App;
use crate::service::launch::Launch;
use crate::store::schedules::{self, ScheduleRow, Step};

/// What became of a tick.
#[derive(Debug)]
pub(super) enum Fired {
    /// It has its execution, and the schedule is past it.
    Launched,
    /// Another server has moved the schedule, or it has ended.
    Overtaken,
    /// The launch is invalid, and will not get better by trying again.
    Refused(ServiceError),
}

/// Launches the tick that a step leads to.
///
/// # Errors
/// When store or object store failed: the same may work later.
pub(super) async fn fire(app: &App, row: &ScheduleRow, step: Step) -> Result<Fired, ServiceError> {
    match app.launch_for(launch(row, step.to), Some(step)).await {
        Ok(id) => {
            tracing::info!(exec.id = %id, launch_plan = %row.launch_plan, tick = %step.to, "launched on schedule");
            Ok(Fired::Launched)
        }
        // Its execution is there, but whoever made it did not move this schedule past it: the clock went
        // back, the schedule began anew, or another server is at it this moment.
        Err(ServiceError::AlreadyExists(_)) => {
            let taken = app.store.write(move |db| Box::pin(async move { schedules::take(db, &step).await }));
            Ok(if taken.await? { Fired::Launched } else { Fired::Overtaken })
        }
        Err(error @ (ServiceError::Storage(_) | ServiceError::Store(_))) => Err(error),
        Err(error) => Ok(Fired::Refused(error)),
    }
}

fn launch(row: &ScheduleRow, tick: Timestamp) -> Launch {
    let at = prost_types::Timestamp { seconds: tick.as_second(), nanos: 0 };
    let metadata = ExecutionMetadata {
        mode: ExecutionMode::Scheduled as i32,
        scheduled_at: Some(at),
        ..ExecutionMetadata::default()
    };
    Launch {
        project: row.launch_plan.project.clone(),
        domain: row.launch_plan.domain.clone(),
        name: name(&row.launch_plan, tick),
        spec: ExecutionSpec {
            launch_plan: Some(row.launch_plan.clone()),
            metadata: Some(metadata),
            ..ExecutionSpec::default()
        },
        inputs: inputs(row, at),
        source_key: None,
    }
}

/// The time of the tick, if the schedule names an input for it.
fn inputs(row: &ScheduleRow, at: prost_types::Timestamp) -> LiteralMap {
    let schedule = row.spec.entity_metadata.as_ref().and_then(|metadata| metadata.schedule.as_ref());
    let argument = schedule.map(|schedule| schedule.kickoff_time_input_arg.clone()).unwrap_or_default();
    if argument.is_empty() {
        return LiteralMap::default();
    }
    let time = Primitive { value: Some(primitive::Value::Datetime(at)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(time)) };
    let literal = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Literal::default() };
    LiteralMap { literals: [(argument, literal)].into() }
}

/// The name of a tick's execution, as Flyte's scheduler makes it, so that both can be at work while one
/// replaces the other: `f`, a hash of launch plan and tick, and zeros.
fn name(id: &Identifier, tick: Timestamp) -> String {
    let text = format!("{}:{}:{}:{}:{}", id.project, id.domain, id.name, id.version, tick.as_second());
    let hash = fnv1(text.as_bytes()).to_le_bytes();
    format!("f{}000", data_encoding::HEXLOWER.encode(&hash))
}

fn fnv1(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published test values of the hash.
    #[test]
    fn the_hash_is_fnv_1() {
        assert_eq!(fnv1(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1(b"a"), 0xaf63_bd4c_8601_b7be);
        assert_eq!(fnv1(b"foobar"), 0x340d_8765_a4dd_a9c2);
    }

    #[test]
    fn a_name_tells_launch_plan_and_tick_apart() {
        let id =
            |version: &str| Identifier { name: "n".into(), version: version.into(), ..Default::default() };
        let tick = Timestamp::from_second(1_700_000_000).unwrap();
        let one = name(&id("v1"), tick);
        assert_eq!((one.len(), &one[..1], &one[17..]), (20, "f", "000"));
        assert!(crate::names::check_execution(&one).is_ok());
        assert_ne!(one, name(&id("v2"), tick));
        assert_ne!(one, name(&id("v1"), Timestamp::from_second(1_700_000_001).unwrap()));
    }
}
