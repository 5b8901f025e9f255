//! What the control plane counts, for whoever scrapes it.

use prometheus_client::registry::Registry;

use crate::front::RpcMetrics;

/// The counters of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) rpcs: RpcMetrics,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.rpcs.register(registry);
    }
}
