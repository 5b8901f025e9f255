//! How long an execution may take, and how long its tasks may wait to be begun.
//!
//! Flyte's wire has a queueing budget and no field for the first, so that is an annotation of the launch or of
//! the launch plan.

use std::time::Duration;

use aileron_idl::admin::ExecutionSpec;
use aileron_idl::core::quality_of_service::Designation;
use jiff::SignedDuration;

use crate::error::ServiceError;

/// The annotation whose value is the longest that the execution may take: `90s`, `15m`, `1h30m`.
pub(crate) const TIMEOUT: &str = "aileron/timeout";

/// How long an execution may take: as its annotation says, at most as long as the server lets any.
///
/// # Errors
/// When the annotation is no length of time.
pub(crate) fn timeout(
    spec: &ExecutionSpec,
    most: Option<Duration>,
) -> Result<Option<Duration>, ServiceError> {
    let own = spec.annotations.as_ref().and_then(|annotations| annotations.values.get(TIMEOUT));
    let own = own.map(|text| length(text).ok_or_else(|| invalid(text))).transpose()?;
    Ok(own.into_iter().chain(most).min())
}

/// How long its tasks may wait to be begun. A tier says nothing here.
pub(crate) fn queueing_budget(spec: &ExecutionSpec) -> Option<Duration> {
    let designation = spec.quality_of_service.as_ref()?.designation.as_ref()?;
    let Designation::Spec(spec) = designation else { return None };
    Duration::try_from(spec.queueing_budget?).ok().filter(|budget| !budget.is_zero())
}

/// In whole seconds, no less than there are.
pub(crate) fn seconds(length: Option<Duration>) -> u32 {
    length.map_or(0, |length| {
        let more = u64::from(length.subsec_nanos() > 0);
        u32::try_from(length.as_secs().saturating_add(more)).unwrap_or(u32::MAX)
    })
}

fn length(text: &str) -> Option<Duration> {
    let length: SignedDuration = text.trim().parse().ok()?;
    Duration::try_from(length).ok().filter(|length| !length.is_zero())
}

fn invalid(text: &str) -> ServiceError {
    let problem = "it must be a length of time above zero, such as 90s, 15m or 1h30m";
    ServiceError::invalid(format!("spec.annotations.values[{TIMEOUT}]"), text, problem)
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::Annotations;
    use aileron_idl::core::{QualityOfService, QualityOfServiceSpec};

    use super::*;

    fn annotated(text: &str) -> ExecutionSpec {
        let values = [(TIMEOUT.to_owned(), text.to_owned())].into();
        ExecutionSpec { annotations: Some(Annotations { values }), ..Default::default() }
    }

    #[test]
    fn the_shorter_of_what_is_said_and_what_may_be_counts() {
        let read = |spec: &ExecutionSpec, most: Option<u64>| {
            seconds(timeout(spec, most.map(Duration::from_secs)).unwrap())
        };
        assert_eq!(read(&annotated("1h30m"), None), 5400);
        assert_eq!(read(&annotated("1h30m"), Some(60)), 60);
        assert_eq!(read(&annotated("1500ms"), Some(60)), 2);
        assert_eq!(read(&ExecutionSpec::default(), Some(60)), 60);
        assert_eq!(read(&ExecutionSpec::default(), None), 0);
    }

    #[test]
    fn what_is_no_length_of_time_is_refused_with_its_place() {
        for text in ["", "soon", "0s", "-5s", "1 fortnight"] {
            let error = timeout(&annotated(text), None).unwrap_err().to_string();
            assert!(error.contains("spec.annotations.values[aileron/timeout]"), "{error}");
        }
    }

    #[test]
    fn a_queueing_budget_is_a_spec_not_a_tier() {
        let with = |designation| ExecutionSpec {
            quality_of_service: Some(QualityOfService { designation: Some(designation) }),
            ..Default::default()
        };
        let budget = Some(prost_types::Duration { seconds: 7, nanos: 0 });
        let spec = with(Designation::Spec(QualityOfServiceSpec { queueing_budget: budget }));
        assert_eq!(queueing_budget(&spec), Some(Duration::from_secs(7)));
        assert_eq!(queueing_budget(&with(Designation::Tier(1))), None);
        assert_eq!(queueing_budget(&ExecutionSpec::default()), None);
    }
}
