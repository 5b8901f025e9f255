//! What the store counts.

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of batches, in jobs.
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Upper bounds of a write's time, in seconds.
const TIMES: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Histograms of writes.
#[derive(Clone, Debug)]
pub(crate) struct StoreMetrics {
    /// Jobs in one transaction of SQLite.
    pub(super) batches: Histogram,
    /// Seconds from asking to committed.
    pub(super) writes: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        StoreMetrics { batches: Histogram::new(SIZES), writes: Histogram::new(TIMES) }
    }
}

impl StoreMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("store_batch_jobs", "Jobs in one transaction of SQLite", self.batches.clone());
        let help = "Time of a write, waiting for its transaction included";
        registry.register("store_write_seconds", help, self.writes.clone());
    }
}
