//! The driver for a cluster on a node that ends pods at once, beside the time that no driver can beat there: one JSON
//! object of numbers. `cargo xtask bench kubernetes` makes a report of them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on has failed")]
#![allow(dead_code, reason = "the tests' harness has more than a measurement needs")]

#[path = "../tests/kubernetes/flow.rs"]
mod flow;
#[path = "../tests/kubernetes/harness.rs"]
mod harness;

use std::time::{Duration, Instant};

use aileron_test_cluster::{Cluster, Nodes, Shape};
use flow::{Flow, How};
use harness::Room;
use serde_json::{Map, Value, json};

/// How long one measurement may take.
const LIMIT: Duration = Duration::from_secs(240);

#[tokio::main]
async fn main() {
    let mut numbers = Map::new();
    let (mut writes, mut largest) = (0.0_f64, 0);
    for length in [100, 400] {
        let floor = floor(Shape::Chain, length).await;
        let (took, room) = measured(&Flow::chain(length, How::default()), length).await;
        let per_node = took / cast(length) * 1000.0;
        numbers.insert(format!("chain_{length}"), json!(per_node));
        numbers.insert(format!("chain_{length}_floor"), json!(floor / cast(length) * 1000.0));
        let (written, size) = object(&room).await;
        writes = writes.max(written / cast(length));
        largest = largest.max(size);
    }
    for width in [500, 2000] {
        let floor = floor(Shape::FanOut, width).await;
        let (took, room) = measured(&Flow::fan_out(width, How::default()), width).await;
        numbers.insert(format!("fan_out_{width}"), json!(took));
        numbers.insert(format!("fan_out_{width}_ratio"), json!(took / floor));
        let (written, size) = object(&room).await;
        writes = writes.max(written / cast(width));
        largest = largest.max(size);
    }
    numbers.insert("many".to_owned(), json!(many(200, 3).await));
    numbers.insert("writes_per_node".to_owned(), json!(writes));
    numbers.insert("largest_object".to_owned(), json!(cast(largest) / 1024.0));
    numbers.insert("peak_rss".to_owned(), json!(peak_rss()));
    println!("{}", Value::Object(numbers));
}

async fn floor(shape: Shape, pods: usize) -> f64 {
    let cluster = Cluster::shared(Nodes::Instant);
    tokio::task::spawn_blocking(move || cluster.floor(shape, pods).unwrap().total).await.unwrap()
}

/// Seconds from the object's creation to the run's end being told.
async fn measured(flow: &Flow, nodes: usize) -> (f64, Room) {
    let room = Room::new().await;
    let settings = aileron_propeller::kubernetes::Settings {
        checkpoint_interval: Duration::from_secs(1),
        ..room.settings()
    };
    let controller = room.work_with(settings).await;
    let object = room.object("measured", flow).await;
    let begun = Instant::now();
    room.create(object).await;
    room.wait_for_within("measured", "run SUCCEEDED", LIMIT).await;
    let took = begun.elapsed().as_secs_f64();
    room.ended("measured").await;
    assert_eq!(room.pod_uids("measured").await.len(), nodes);
    controller.stop().await;
    (took, room)
}

/// How often the run's object was written, and its size in bytes.
async fn object(room: &Room) -> (f64, usize) {
    let object = room.workflows().get("measured").await.unwrap();
    let writes = object.metadata.generation.unwrap_or_default();
    (cast(usize::try_from(writes).unwrap()), serde_json::to_string(&object).unwrap().len())
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

/// The most memory that this process had, in MB: the driver's, and that of what measures.
fn peak_rss() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "counts far below where that matters")]
fn cast(count: usize) -> f64 {
    count as f64
}
