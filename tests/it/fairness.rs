//! Who may run when there are more attempts than slots.

use std::fs;
use std::time::Duration;

use aileron_tests::programs::{chain, command, fan};
use anyhow::Result;

use crate::{PATIENCE, World};

#[tokio::test]
async fn no_more_attempts_run_at_once_than_the_limit() -> Result<()> {
    let mut world = World::new(&["--parallel-attempts", "3"]).await?;
    let folder = world.folder.path().join("running");
    fs::create_dir(&folder)?;
    let (running, counts) = (folder.display().to_string(), world.folder.path().join("counts"));
    let script = format!(
        "touch {running}/$$; ls {running} | wc -l >> {}; sleep 0.05; rm {running}/$$",
        counts.display()
    );
    let task = world.client.create_task(command("count", &["sh", "-c", &script])).await?;
    let plan = world.client.create_workflow(fan("counted", &task, 30)).await?;
    let execution = world.client.launch(&plan).await?;
    world.client.succeed(&execution, PATIENCE).await?;
    let counts = fs::read_to_string(counts)?;
    let most = counts.lines().filter_map(|line| line.trim().parse::<u32>().ok()).max();
    assert_eq!((counts.lines().count(), most), (30, Some(3)));
    Ok(())
}

#[tokio::test]
async fn a_small_execution_does_not_wait_for_a_large_one() -> Result<()> {
    let mut world = World::new(&["--parallel-attempts", "1"]).await?;
    let slow = world.client.create_task(command("slow", &["sleep", "0.05"])).await?;
    let large = world.client.create_workflow(fan("large", &slow, 100)).await?;
    let quick = world.client.create_task(command("quick", &["true"])).await?;
    let small = world.client.create_workflow(chain("small", &quick, 3)).await?;
    let large = world.client.launch(&large).await?;
    let small = world.client.launch(&small).await?;
    world.client.succeed(&small, Duration::from_secs(3)).await?;
    let closure = world.client.execution(&large).await?.closure;
    assert!(
        closure.is_some_and(|closure| closure.output_result.is_none()),
        "the large one has ended already"
    );
    world.client.abort(&large, "seen enough").await?;
    Ok(())
}
