//! The driver for a cluster on a node that ends pods at once, beside the time that no driver can beat there: one JSON
//! object of numbers. `cargo xtask bench kubernetes` makes a report of them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on has failed")]
#![allow(dead_code, reason = "the tests' harness has more than a measurement needs")]

#[path = "../tests/kubernetes/flow.rs"]
mod flow;
#[path = "../tests/kubernetes/harness.rs"]
mod harness;
#[path = "services/mod.rs"]
mod services;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aileron_test_cluster::{Cluster, Nodes, Shape};
use flow::{Flow, How};
use futures::StreamExt;
use harness::{Room, WRITTEN};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

/// How long one measurement may take.
const LIMIT: Duration = Duration::from_secs(240);

/// The worst of all runs.
#[derive(Default)]
struct Worst {
    writes: f64,
    bytes: f64,
    largest: usize,
}

#[tokio::main]
async fn main() {
    let mut numbers = Map::new();
    let mut worst = Worst::default();
    numbers.insert("idle_rss".to_owned(), json!(idle().await));
    for length in [100, 400] {
        let floor = floor(Shape::Chain, length).await;
        let took = measured(&Flow::chain(length, How::default()), length, &mut worst, &mut numbers).await;
        numbers.insert(format!("chain_{length}"), json!(took / cast(length) * 1000.0));
        numbers.insert(format!("chain_{length}_floor"), json!(floor / cast(length) * 1000.0));
    }
    for width in [500, 2000] {
        let floor = floor(Shape::FanOut, width).await;
        let took = measured(&Flow::fan_out(width, How::default()), width, &mut worst, &mut Map::new()).await;
        numbers.insert(format!("fan_out_{width}"), json!(took));
        numbers.insert(format!("fan_out_{width}_ratio"), json!(took / floor));
    }
    numbers.insert("many".to_owned(), json!(many(200, 3).await));
    numbers.insert("writes_per_node".to_owned(), json!(worst.writes));
    numbers.insert("bytes_per_node".to_owned(), json!(worst.bytes / 1024.0));
    numbers.insert("largest_object".to_owned(), json!(cast(worst.largest) / 1024.0));
    numbers.insert("peak_rss".to_owned(), json!(memory("VmHWM:")));
    services::connectors(&mut numbers).await;
    services::operators(&mut numbers).await;
    println!("{}", Value::Object(numbers));
}

async fn floor(shape: Shape, pods: usize) -> f64 {
    let cluster = Cluster::shared(Nodes::Instant);
    tokio::task::spawn_blocking(move || cluster.floor(shape, pods).unwrap().total).await.unwrap()
}

/// Memory in MB of a controller that has nothing to do.
async fn idle() -> f64 {
    let room = Room::new().await;
    let controller = room.work_with(room.settings()).await;
    let object = room.object("first", &Flow::chain(1, How::default())).await;
    room.create(object).await;
    room.ended("first").await;
    let idle = memory("VmRSS:");
    controller.stop().await;
    idle
}

/// Seconds from the object's creation to the run's end being told. What is written for it is held against the worst,
/// and for how long nothing runs between two pods is among the numbers.
async fn measured(flow: &Flow, nodes: usize, worst: &mut Worst, numbers: &mut Map<String, Value>) -> f64 {
    let room = Room::new().await;
    let settings = aileron_propeller::kubernetes::Settings {
        checkpoint_interval: Duration::from_secs(1),
        ..room.settings()
    };
    let pods = Arc::default();
    let watching = watch(&room, &pods);
    let controller = room.work_with(settings).await;
    let object = room.object("measured", flow).await;
    let before = written();
    let begun = Instant::now();
    room.create(object).await;
    room.wait_for_within("measured", "run SUCCEEDED", LIMIT).await;
    let took = begun.elapsed().as_secs_f64();
    let object = room.ended("measured").await;
    assert_eq!(room.pod_uids("measured").await.len(), nodes);
    controller.stop().await;
    watching.abort();
    let after = written();
    worst.writes = worst.writes.max((after.0 - before.0) / cast(nodes));
    worst.bytes = worst.bytes.max((after.1 - before.1) / cast(nodes));
    worst.largest = worst.largest.max(serde_json::to_string(&object).unwrap().len());
    let mut gaps = gaps(&pods.lock().unwrap(), nodes);
    gaps.sort_by(f64::total_cmp);
    for (name, of_hundred) in [("gap_p50", 50), ("gap_p99", 99)] {
        numbers.insert(name.to_owned(), json!(gaps.get(gaps.len() * of_hundred / 100)));
    }
    took
}

#[expect(clippy::cast_precision_loss, reason = "counts far below where that matters")]
fn written() -> (f64, f64) {
    (WRITTEN.times.load(Ordering::Relaxed) as f64, WRITTEN.bytes.load(Ordering::Relaxed) as f64)
}

/// When each pod was first seen, and first seen to have succeeded, by whoever only looks on.
type Pods = BTreeMap<String, (Instant, Option<Instant>)>;

fn watch(room: &Room, pods: &Arc<Mutex<Pods>>) -> JoinHandle<()> {
    let (api, pods) = (room.pods(), pods.clone());
    tokio::spawn(async move {
        let mut events = watcher(api, Config::default()).boxed();
        while let Some(event) = events.next().await {
            let (Event::Apply(pod) | Event::InitApply(pod)) = event.unwrap() else { continue };
            let now = Instant::now();
            let mut pods = pods.lock().unwrap();
            let (_, succeeded) = pods.entry(pod.name_any()).or_insert((now, None));
            if is_over(&pod) {
                succeeded.get_or_insert(now);
            }
        }
    })
}

fn is_over(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Succeeded")
}

/// Milliseconds from the success of each pod of a chain to the next one's being there.
fn gaps(pods: &Pods, nodes: usize) -> Vec<f64> {
    let of = |node: usize| pods.get(&format!("measured-n{node}-0")).copied();
    let gap = |node: usize| {
        let (succeeded, next) = (of(node)?.1?, of(node + 1)?.0);
        Some(next.saturating_duration_since(succeeded).as_secs_f64() * 1000.0)
    };
    (0..nodes.saturating_sub(1)).filter_map(gap).collect()
}

async fn many(workflows: usize, nodes: usize) -> f64 {
    let room = Room::new().await;
    let controller = room.work_with(room.settings()).await;
    let flow = Flow::chain(nodes, How::default());
    let mut objects = Vec::new();
    for number in 0..workflows {
        objects.push(room.object(&format!("many-{number}"), &flow).await);
    }
    let begun = Instant::now();
    futures::future::join_all(objects.into_iter().map(|object| room.create(object))).await;
    for number in 0..workflows {
        room.wait_for_within(&format!("many-{number}"), "run SUCCEEDED", LIMIT).await;
    }
    let took = begun.elapsed().as_secs_f64();
    controller.stop().await;
    took
}

/// A line of this process's memory, in MB: the driver's, and that of what measures.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "counts far below where that matters")]
fn cast(count: usize) -> f64 {
    count as f64
}
