//! Pods of an operator's object that can never start: operators wait for them without a word.

use std::time::Duration;

use aileron_engine::Timestamp;
use kube::ResourceExt;
use kube::api::DynamicObject;

use super::config::Config;
use super::pod::status;
use super::{Phase, Report};

/// How often the pods are looked at while the object has not begun to run.
const LOOK: Duration = Duration::from_secs(10);

/// The report of an object, unless one of its pods says by the rules of pods that it never will start.
pub fn stuck<'a>(
    report: Report,
    pods: impl IntoIterator<Item = &'a DynamicObject>,
    config: &Config,
    now: Timestamp,
) -> Report {
    let next = status::after(now, LOOK);
    for pod in pods {
        let seen = status::observe(pod, config, now);
        match seen.phase {
            Phase::Failed { failure, clean_up: true, .. } => {
                let message = format!("its pod `{}` never starts: {}", pod.name_any(), failure.message);
                let failure = aileron_engine::Failure { message, ..failure };
                let phase = Phase::Failed { since: None, at: now, failure, clean_up: true };
                return Report { phase, ..report };
            }
            Phase::Queued | Phase::Initializing if report.reason.is_empty() && !seen.reason.is_empty() => {
                let reason = format!("pod `{}`: {}", pod.name_any(), seen.reason);
                return Report { reason, look_again: Some(next), ..report };
            }
            _ => {}
        }
    }
    let look_again = Some(report.look_again.map_or(next, |at| at.min(next)));
    Report { look_again, ..report }
}
