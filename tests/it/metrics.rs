//! What is scraped moves with what is done, and is documented.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use aileron_idl::core::Identifier;
use aileron_tests::programs::{chain, command};
use anyhow::{Context, Result};
use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::{OpenMetricsValue, Sample};

use crate::{PATIENCE, World};

type Scrape = openmetrics_parser::MetricsExposition<openmetrics_parser::OpenMetricsType, OpenMetricsValue>;

fn scrape(world: &World) -> Result<Scrape> {
    let mut stream = TcpStream::connect(world.server.address().trim_start_matches("http://"))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
    assert!(head.to_lowercase().contains("application/openmetrics-text"), "{head}");
    parse_openmetrics(body).map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// The sum over all samples of a family whose labels have these values.
fn total(scrape: &Scrape, family: &str, labels: &[(&str, &str)]) -> f64 {
    let Some(family) = scrape.families.get(family) else { return 0.0 };
    let fits = |sample: &&Sample<OpenMetricsValue>| {
        labels.iter().all(|(name, value)| {
            sample.get_labelset().is_ok_and(|labels| labels.get_label_value(name) == Some(*value))
        })
    };
    family.iter_samples().filter(fits).map(|sample| number(&sample.value)).sum()
}

fn number(value: &OpenMetricsValue) -> f64 {
    match value {
        OpenMetricsValue::Gauge(number) | OpenMetricsValue::Unknown(number) => number.as_f64(),
        OpenMetricsValue::Counter(counter) => counter.value.as_f64(),
        OpenMetricsValue::Histogram(histogram) => histogram.count.unwrap_or_default() as f64,
        _ => f64::NAN,
    }
}

async fn run_three(world: &mut World) -> Result<Identifier> {
    let task = world.client.create_task(command("true", &["true"])).await?;
    let plan = world.client.create_workflow(chain("three", &task, 3)).await?;
    let id = world.client.launch(&plan).await?;
    world.client.succeed(&id, PATIENCE).await?;
    Ok(plan)
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_move_with_what_is_done() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let before = scrape(&world)?;
    assert_eq!(total(&before, "aileron_driver_attempts_started", &[]), 0.0);
    run_three(&mut world).await?;

    let after = scrape(&world)?;
    let created = [("method", "CreateExecution"), ("code", "OK")];
    assert_eq!(total(&after, "aileron_rpcs", &created), 1.0);
    assert_eq!(total(&after, "aileron_rpc_duration_seconds", &created[..1]), 1.0);
    assert_eq!(total(&after, "aileron_execution_phases", &[("phase", "SUCCEEDED")]), 1.0);
    assert_eq!(total(&after, "aileron_executions_live", &[]), 0.0);
    assert_eq!(total(&after, "aileron_driver_attempts_started", &[]), 3.0);
    assert_eq!(total(&after, "aileron_driver_attempts_ended", &[("outcome", "succeeded")]), 3.0);
    assert!(total(&after, "aileron_store_write_seconds", &[]) > 0.0);
    assert!(total(&after, "aileron_store_batch_jobs", &[]) > 0.0);
    assert!(total(&after, "aileron_driver_slots", &[]) >= 1.0);
    assert!(total(&after, "process_resident_memory_bytes", &[]) > 1e6);
    assert!(total(&after, "process_open_fds", &[]) > 3.0);
    assert!(total(&after, "aileron_connections", &[]) >= 1.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_documented_and_no_caller_makes_one() -> Result<()> {
    let mut world = World::new(&[]).await?;
    run_three(&mut world).await?;
    let mut strange = TcpStream::connect(world.server.address().trim_start_matches("http://"))?;
    strange.write_all(b"POST /flyteidl.service.AdminService/Made HTTP/1.0\r\n\r\n")?;
    strange.read_to_end(&mut Vec::new())?;
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md"))?;
    let scrape = scrape(&world)?;
    for family in scrape.families.keys() {
        let named =
            [format!("`{family}`"), format!("`{family}_total`")].iter().any(|name| page.contains(name));
        assert!(named, "{family} is not in docs/operations.md");
    }
    assert_eq!(total(&scrape, "aileron_rpcs", &[("method", "Made")]), 0.0);
    Ok(())
}
