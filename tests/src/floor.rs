//! The floor that measurements are held against: commands that are spawned and waited for, by nobody's order.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Result;

/// Wall time a command in milliseconds, when `threads` run their share of `count` one after the other.
pub fn spawns(words: &[&str], threads: usize, count: usize) -> Result<f64> {
    let started = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(move || spawn_in_turn(words, count / threads))).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a spawner panicked"))?)
    })?;
    #[expect(clippy::cast_precision_loss, reason = "a count of commands")]
    Ok(started.elapsed().as_secs_f64() * 1000.0 / count as f64)
}

fn spawn_in_turn(words: &[&str], count: usize) -> Result<()> {
    let [program, arguments @ ..] = words else { anyhow::bail!("there is no command to spawn") };
    for _ in 0..count {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status()?;
        anyhow::ensure!(status.success(), "`{}` ended with {status}", words.join(" "));
    }
    Ok(())
}
