//! The binary on a real API server: what it makes there, what it says when it may not, and what survives when
//! parts of it are killed. Real pods run in `tests/python/test_kubernetes.py`.

mod abort;
mod certificates;
mod chaos;
mod chart;
mod faults;
mod object;
mod proxy;
mod refusals;
mod waiting;

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something holds.
async fn until(mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "it did not come to be within {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
