//! Many callers at once, each with a connection of its own and one call at a time on it.

use std::time::{Duration, Instant};

use aileron_tests::client::Client;
use anyhow::Result;
use tonic::Status;

/// How long calls are counted.
const WINDOW: Duration = Duration::from_secs(5);

/// What came of them.
pub(crate) struct Measured<T> {
    pub(crate) answers: Vec<T>,
    pub(crate) per_second: f64,
    /// What 99 of 100 calls did not take longer than, in milliseconds.
    pub(crate) p99: f64,
}

/// All streams call for a while. The call learns its stream and its number there.
pub(crate) async fn call<T>(
    address: &str,
    streams: usize,
    call: impl AsyncFn(&mut Client, usize, usize) -> Result<T, Status>,
) -> Result<Measured<T>> {
    let started = Instant::now();
    for_each(address, streams, started, async |client, stream, turn| {
        if started.elapsed() > WINDOW {
            return Ok(None);
        }
        call(client, stream, turn).await.map(Some)
    })
    .await
}

/// The same until the call answers that there is no more to do.
pub(crate) async fn call_all<T>(
    address: &str,
    streams: usize,
    call: impl AsyncFn(&mut Client, usize, usize) -> Result<Option<T>, Status>,
) -> Result<Measured<T>> {
    for_each(address, streams, Instant::now(), call).await
}

async fn for_each<T>(
    address: &str,
    streams: usize,
    started: Instant,
    call: impl AsyncFn(&mut Client, usize, usize) -> Result<Option<T>, Status>,
) -> Result<Measured<T>> {
    let mut clients = Vec::new();
    for _ in 0..streams {
        clients.push(Client::connect(address).await?);
    }
    let work = clients.into_iter().enumerate().map(async |(stream, mut client)| -> Result<_, Status> {
        let mut answers = Vec::new();
        loop {
            let asked = Instant::now();
            let Some(answer) = call(&mut client, stream, answers.len()).await? else { return Ok(answers) };
            answers.push((answer, asked.elapsed().as_secs_f64() * 1000.0));
        }
    });
    let answers = futures::future::try_join_all(work).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let (answers, mut times): (Vec<T>, Vec<f64>) = answers.into_iter().flatten().unzip();
    times.sort_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Measured { per_second: answers.len() as f64 / elapsed, answers, p99 })
}
