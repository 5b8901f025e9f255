//! Workflows of tasks that end at once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aileron_propeller::kubernetes::Settings;
use aileron_test_cluster::{Cluster, Nodes, Shape};
use kube::api::DynamicObject;
use serde_json::json;

use crate::flow::{Flow, How};
use crate::gaps::Onlooker;
use crate::harness::{Room, WRITTEN};
use crate::{LIMIT, Numbers, cast, memory};

/// Memory of a controller that has nothing to do.
pub(crate) async fn idle(numbers: &mut Numbers) {
    let room = Room::new().await;
    let controller = room.work_with(settings(&room)).await;
    room.launch("first", &Flow::one(How::default())).await;
    room.ended("first").await;
    numbers.insert("idle_rss".to_owned(), json!(memory("VmRSS:")));
    controller.stop().await;
}

/// Chains: what a node takes, and for how long nothing runs between two.
pub(crate) async fn chains(numbers: &mut Numbers) {
    for length in [100, 400] {
        let floor = floor(Shape::Chain, length).await;
        let room = Room::new().await;
        let onlooker = Onlooker::of(&room);
        let run = run(&room, &Flow::chain(length, How::default())).await;
        assert_eq!(room.pod_uids("measured").await.len(), length);
        numbers.insert(format!("chain_{length}"), json!(run.seconds / cast(length) * 1000.0));
        numbers.insert(format!("chain_{length}_floor"), json!(floor / cast(length) * 1000.0));
        onlooker.tell(length, numbers);
        run.tell_written(&format!("chain_{length}"), length, numbers);
    }
}

/// Many tasks at once.
pub(crate) async fn fan_out(width: usize, numbers: &mut Numbers) {
    let floor = floor(Shape::FanOut, width).await;
    let room = Room::new().await;
    let run = run(&room, &Flow::fan_out(width, How::default())).await;
    assert_eq!(room.pod_uids("measured").await.len(), width);
    numbers.insert(format!("fan_{width}"), json!(run.seconds));
    numbers.insert(format!("fan_{width}_ratio"), json!(run.seconds / floor));
    run.tell_written(&format!("fan_{width}"), width, numbers);
}

/// Many workflows at once.
pub(crate) async fn many(workflows: usize, nodes: usize, numbers: &mut Numbers) {
    let room = Room::new().await;
    let controller = room.work_with(settings(&room)).await;
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
    numbers.insert("many".to_owned(), json!(begun.elapsed().as_secs_f64()));
    controller.stop().await;
}

/// What a run took, and what was written for it.
struct Run {
    seconds: f64,
    writes: f64,
    bytes: f64,
    /// The object at its end.
    largest: usize,
}

impl Run {
    fn tell_written(&self, what: &str, nodes: usize, numbers: &mut Numbers) {
        numbers.insert(format!("{what}_writes"), json!(self.writes / cast(nodes)));
        numbers.insert(format!("{what}_bytes"), json!(self.bytes / cast(nodes) / 1024.0));
        numbers.insert(format!("{what}_object"), json!(cast(self.largest) / 1024.0));
    }
}

/// From the object's creation to the run's end being told.
async fn run(room: &Room, flow: &Flow) -> Run {
    let controller = room.work_with(settings(room)).await;
    let object = room.object("measured", flow).await;
    let before = written();
    let begun = Instant::now();
    room.create(object).await;
    room.wait_for_within("measured", "run SUCCEEDED", LIMIT).await;
    let seconds = begun.elapsed().as_secs_f64();
    let largest = size(&room.ended("measured").await);
    controller.stop().await;
    let after = written();
    Run { seconds, writes: after.0 - before.0, bytes: after.1 - before.1, largest }
}

/// As a propeller has them by default.
fn settings(room: &Room) -> Settings {
    Settings { checkpoint_interval: Duration::from_secs(1), ..room.settings() }
}

async fn floor(shape: Shape, pods: usize) -> f64 {
    let cluster = Cluster::shared(Nodes::Instant);
    tokio::task::spawn_blocking(move || cluster.floor(shape, pods).unwrap().total).await.unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "counts far below where that matters")]
fn written() -> (f64, f64) {
    (WRITTEN.times.load(Ordering::Relaxed) as f64, WRITTEN.bytes.load(Ordering::Relaxed) as f64)
}

fn size(object: &DynamicObject) -> usize {
    serde_json::to_string(object).unwrap().len()
}
