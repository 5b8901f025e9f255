//! Parts are killed under live workflows. `cargo xtask chaos` does it for as long as one likes.

use aileron_tests::chaos::{Plan, run};
use anyhow::Result;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_run_twice_when_parts_are_killed() -> Result<()> {
    let report = run(Plan { seed: 1, kills: 12, live: 30 }).await?;
    assert!(report.kills.len() == 6 && report.kills.values().all(|kills| *kills == 2), "{report:?}");
    Ok(())
}
