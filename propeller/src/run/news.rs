//! Versions of what is told of attempts beside their phases.
//!
//! Whoever is told drops what is not newer than what it knows. So a version has to be higher than all before it, also
//! than those of an earlier driver, of which nothing is kept: time takes care of that.

use aileron_crd::FlyteWorkflow;
use aileron_engine::Timestamp;

/// Versions come at most this often, by the clock; those between only count on.
const UNIT: i64 = 10_000_000;

/// Gives versions to one run.
#[derive(Debug)]
pub(super) struct Versions {
    accepted: Timestamp,
    last: u32,
}

impl Versions {
    /// Those of an execution. Where it does not say when it was accepted, they only count on.
    pub(super) fn of(workflow: &FlyteWorkflow) -> Versions {
        let accepted: Option<prost_types::Timestamp> = workflow.accepted_at.parse().ok();
        let nanos =
            |at: prost_types::Timestamp| at.seconds.saturating_mul(1_000_000_000) + i64::from(at.nanos);
        Versions { accepted: Timestamp(accepted.map_or(0, nanos)), last: 0 }
    }

    /// One that is higher than all before it.
    pub(super) fn next(&mut self, now: Timestamp) -> u32 {
        let passed = now.0.saturating_sub(self.accepted.0).max(0) / UNIT;
        // From 497 days on, they only count on.
        let passed = u32::try_from(passed).unwrap_or_default();
        self.last = self.last.saturating_add(1).max(passed);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_also_when_another_driver_goes_on() {
        let workflow =
            FlyteWorkflow { accepted_at: "2026-01-01T00:00:00Z".into(), ..FlyteWorkflow::default() };
        let second = |seconds: i64| Timestamp((1_767_225_600 + seconds) * 1_000_000_000);
        let mut first = Versions::of(&workflow);
        let told: Vec<_> = [1, 1, 2].map(|at| first.next(second(at))).into();
        assert_eq!(told, [100, 101, 200]);
        let mut next = Versions::of(&workflow);
        assert!(next.next(second(3)) > 200);
        assert!(next.next(second(0)) > 300, "also when its clock is set back");
    }
}
