//! What the driver counts, for whoever scrapes it.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::driver::Shared;
use super::store::StoreError;

/// Counters of attempts that are processes, and gauges that are set when somebody looks.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    started: Counter,
    ended: Family<Ended, Counter>,
    slots: Gauge,
    slots_taken: Gauge,
    attempts_waiting: Gauge,
    runs: Gauge,
    outbox: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
    Aborted,
    /// The driver stops; the attempt is found again at the next start.
    Interrupted,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Aborted => "aborted",
            Outcome::Interrupted => "interrupted",
        }
    }
}

impl Metrics {
    pub(super) fn attempt_started(&self) {
        self.started.inc();
    }

    pub(super) fn attempt_ended(&self, outcome: Outcome) {
        self.ended.get_or_create(&Ended { outcome: outcome.name() }).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let Metrics { started, ended, slots, slots_taken, attempts_waiting, runs, outbox } = self;
        registry.register(
            "attempts_started",
            "Attempts of tasks that were begun or adopted",
            started.clone(),
        );
        registry.register("attempts_ended", "Attempts of tasks that have ended, by outcome", ended.clone());
        registry.register("slots", "Attempts that may run at once", slots.clone());
        registry.register("slots_taken", "Attempts that run", slots_taken.clone());
        registry.register("attempts_waiting", "Attempts that wait for a slot", attempts_waiting.clone());
        registry.register("runs", "Executions that are under way", runs.clone());
        registry.register("outbox", "Batches of events that are not delivered yet", outbox.clone());
    }

    /// Sets the gauges to what is now.
    pub(super) async fn sample(&self, shared: &Shared) -> Result<(), StoreError> {
        let level = shared.processes.slots.level();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.slots.set(number(level.limit));
        self.slots_taken.set(number(level.taken));
        self.attempts_waiting.set(number(level.waiting));
        self.runs.set(number(shared.runs_under_way()));
        self.outbox.set(shared.store.outbox_depth().await?);
        Ok(())
    }
}
