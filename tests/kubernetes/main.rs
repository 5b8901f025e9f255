//! The binary on a real API server: what it makes there, what it says when it may not, and what survives when
//! parts of it are killed. Real pods run in `tests/python/test_kubernetes.py`.

mod abort;
mod chaos;
mod chart;
mod object;
mod refusals;

use std::time::Duration;

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
