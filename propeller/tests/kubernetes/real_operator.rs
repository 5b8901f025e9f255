//! Training jobs with Kubeflow's own operator, whose reconcilers `cargo xtask operators` builds: what the plugins make
//! is run by it, and what it writes is read, to the end. The node is the instant one: pods end as annotations say.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aileron_propeller::kubernetes::Settings;
use aileron_propeller::plugins::config::Config;
use aileron_test_cluster::{Cluster, Nodes};

use crate::flow::Flow;
use crate::harness::{Room, client};
use crate::operators::{define, task};

/// Jobs take seconds: the operator makes services and pods, and looks at them again.
const LIMIT: Duration = Duration::from_secs(120);

/// The operator, until it is dropped.
struct Operator(Child);

impl Operator {
    async fn start() -> Operator {
        // The cluster is there, and knows the kinds, before the operator looks for them.
        client().await;
        ["pytorch", "tensorflow", "mpi"].into_iter().for_each(define);
        let mut command = Command::new(aileron_test_cluster::folder().unwrap().join("training"));
        command.env("KUBECONFIG", Cluster::shared(Nodes::Instant).kubeconfig());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`cargo xtask operators` builds the program");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        Operator(child)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself when nobody holds its input.
        let _ = self.0.wait();
    }
}

/// A recorded task whose pods end so.
fn task_that(plugin: &str, says: &[(&str, &str)]) -> aileron_idl::core::TaskTemplate {
    let mut task = task(plugin, "plain");
    let metadata = task.metadata.get_or_insert_default().metadata.get_or_insert_default();
    metadata.annotations.extend(says.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    task
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes Kubeflow's operator: `cargo xtask operators`"]
async fn kubeflows_operator_runs_what_the_plugins_make() {
    let _operator = Operator::start().await;
    let room = Room::new().await;
    let config = Config { image_pull_backoff_grace_period: Duration::from_secs(2), ..Config::default() };
    let controller = room.work_with(Settings { plugins: config, ..room.settings() }).await;
    let (ends, runs) = (("instant-node/run-ms", "0"), ("instant-node/run-ms", "1500"));
    for plugin in ["pytorch", "tensorflow", "mpi"] {
        // A job that is over within its first second has two conditions of one instant.
        for (name, says) in [("instant", ends), ("longer", runs)] {
            let name = format!("{plugin}-{name}");
            room.launch(&name, &Flow::of(task_that(plugin, &[says]), 0)).await;
            room.wait_for_within(&name, "run SUCCEEDED", LIMIT).await;
        }
        let name = format!("{plugin}-failing");
        let fails = task_that(plugin, &[("instant-node/exit-code", "1"), ("instant-node/reason", "Error")]);
        room.launch(&name, &Flow::of(fails, 0)).await;
        room.wait_for_within(&name, "run FAILED", LIMIT).await;
        assert_eq!(room.attempt_errors(&name), ["USER DownstreamSystemError"], "{name}");
        let name = format!("{plugin}-stuck");
        let stuck = task_that(plugin, &[("instant-node/waiting-reason", "ImagePullBackOff")]);
        room.launch(&name, &Flow::of(stuck, 0)).await;
        room.wait_for_within(&name, "run FAILED", LIMIT).await;
        assert_eq!(room.attempt_errors(&name), ["USER ContainersNotReady|ImagePullBackOff"], "{name}");
        room.until("the stuck job's pods are gone", async || {
            let pods = room.pods().list(&Default::default()).await.unwrap().items;
            pods.iter().all(|pod| !kube::ResourceExt::name_any(pod).starts_with(&name))
        })
        .await;
    }
    controller.stop().await;
}
