//! Parts are killed under live workflows.

use aileron_tests::chaos::{Plan, run};
use anyhow::Result;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: `cargo xtask chaos`, or this test by name"]
async fn nothing_is_lost_or_run_twice_under_sixty_kills() -> Result<()> {
    let report = run(Plan { seed: 1, kills: 60, live: 100 }).await?;
    assert_eq!(report.kills.values().sum::<u32>(), 60, "{report:?}");
    assert!(report.kills.len() == 6, "every part was killed: {report:?}");
    Ok(())
}
