//! What the control plane counts, for whoever scrapes it.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use aileron_idl::core::workflow_execution::Phase;

use crate::front::RpcMetrics;
use crate::server::App;
use crate::store::{StoreError, executions};

/// Counters of one server, and gauges that are set when somebody looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) rpcs: RpcMetrics,
    phases: Family<InPhase, Counter>,
    ticks: Family<Ticked, Counter>,
    notifications: Family<Notified, Counter>,
    executions_live: Gauge,
    launcher_waiting: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InPhase {
    phase: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ticked {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Notified {
    outcome: &'static str,
}

impl Metrics {
    /// Notes that an execution has entered a phase.
    pub(crate) fn execution_entered(&self, phase: Phase) {
        self.phases.get_or_create(&InPhase { phase: phase.as_str_name() }).inc();
    }

    /// Notes what became of ticks of a schedule: `launched`, `refused` or `skipped`.
    pub(crate) fn ticked(&self, outcome: &'static str, ticks: u64) {
        self.ticks.get_or_create(&Ticked { outcome }).inc_by(ticks);
    }

    /// Notes what became of a notification: `sent` or `given_up`.
    pub(crate) fn notified(&self, outcome: &'static str) {
        self.notifications.get_or_create(&Notified { outcome }).inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let Metrics { rpcs, phases, ticks, notifications, executions_live, launcher_waiting } = self;
        rpcs.register(registry);
        registry.register("execution_phases", "Executions that entered a phase", phases.clone());
        registry.register("schedule_ticks", "Ticks of schedules, by what became of them", ticks.clone());
        registry.register("notifications", "Notifications, by what became of them", notifications.clone());
        registry.register("executions_live", "Executions that have not ended", executions_live.clone());
        registry.register("launcher_waiting", "Executions to be handed over", launcher_waiting.clone());
    }

    /// Sets the gauges to what is now.
    pub(crate) async fn sample(&self, app: &App) -> Result<(), StoreError> {
        let (live, waiting) = executions::count_open(app.store.readers()).await?;
        self.executions_live.set(live);
        self.launcher_waiting.set(waiting);
        Ok(())
    }
}
