//! Tasks in their images, by the podman that is installed; where none is, these tests have nothing to show.
//!
//! The image is made of busybox, and the engine's store lies in the test's folder.

use std::path::Path;
use std::process::Command;

use aileron_propeller::local::{Engine, LocalDriver, Settings};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, lines_of, until};

const IMAGE: &str = "localhost/tiny:1";

/// A machine whose podman has an image, and the settings of a driver that uses it.
fn with_podman() -> Option<(Machine, Settings)> {
    let found = |program: &str| Command::new(program).arg("--help").output().is_ok();
    if !found("podman") || !Path::new("/bin/busybox").exists() {
        return None;
    }
    let machine = Machine::new();
    let mut settings = machine.settings();
    settings.containers = Some(Engine::Podman);
    configure(&machine, &mut settings);
    make_image(&machine, &settings);
    Some((machine, settings))
}

fn configure(machine: &Machine, settings: &mut Settings) {
    let (containers, storage) = (machine.file("containers.conf"), machine.file("storage.conf"));
    // Limits that any user may set, and a runtime that works in either kind of control groups.
    let runtime = if Path::new("/usr/sbin/runc").exists() { "runtime = \"runc\"\n" } else { "" };
    let limits = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n";
    let engine = format!("[engine]\n{runtime}cgroup_manager = \"cgroupfs\"\nevents_logger = \"none\"\n");
    std::fs::write(&containers, format!("{limits}{engine}")).unwrap();
    let (root, run) = (machine.file("images"), machine.file("run"));
    let store =
        format!("driver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n", root.display(), run.display());
    std::fs::write(&storage, format!("[storage]\n{store}")).unwrap();
    settings.environment.extend([
        ("CONTAINERS_CONF".into(), containers.into()),
        ("CONTAINERS_STORAGE_CONF".into(), storage.into()),
        ("HOME".into(), "/root".into()),
    ]);
    for (name, value) in &mut settings.environment {
        if name == "PATH" {
            *value = "/usr/sbin:/usr/bin:/sbin:/bin".into();
        }
    }
}

fn make_image(machine: &Machine, settings: &Settings) {
    let script = format!(
        "set -e; mkdir -p {0}/bin {0}/tmp; cp /bin/busybox {0}/bin; cd {0}; \
         for name in sh cp mkdir cat echo sleep env true; do ln -s busybox bin/$name; done; \
         tar -c . | podman import --quiet - {IMAGE}",
        machine.file("root").display()
    );
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear().envs(settings.environment.iter().cloned());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn open(machine: &Machine, settings: &Settings) -> LocalDriver {
    LocalDriver::open(settings.clone(), machine.sink.clone(), machine.control.clone()).await.unwrap()
}

/// What podman says of the containers there are.
fn containers(settings: &Settings) -> String {
    let mut command = Command::new("podman");
    command.args(["ps", "--all", "--quiet"]).env_clear().envs(settings.environment.iter().cloned());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_task_runs_in_its_image_and_leaves_no_container() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    let script = format!("[ ! -e /etc/passwd ] && echo attempt $FLYTE_ATTEMPT_NUMBER && {PASS_ON}");
    let flow = Flow::chain(&[&script]).image(IMAGE);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    let log = lines_of(&machine.attempt("e", "n0", 0).join("task.log"));
    assert!(log.iter().any(|line| line == "attempt 0"), "{log:?}");
    until("its container is removed", || containers(&settings).is_empty()).await;
    driver.shutdown().await;
}

#[tokio::test]
async fn an_exit_code_is_the_tasks_own() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    driver.start(machine.workflow("e", Flow::chain(&["exit 3"]).image(IMAGE)).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(0);
    assert!(error.message.contains("exit code 3"), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn an_abort_ends_the_container() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    driver
        .start(machine.workflow("e", Flow::chain(&["echo up; sleep 600"]).image(IMAGE)).await)
        .await
        .unwrap();
    let log = machine.attempt("e", "n0", 0).join("task.log");
    until("the task runs", || lines_of(&log).iter().any(|line| line == "up")).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    until("its container is removed", || containers(&settings).is_empty()).await;
    driver.shutdown().await;
}

#[tokio::test]
async fn an_image_that_is_not_there_is_told() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    let flow = Flow::chain(&[PASS_ON]).image("localhost/nothing:1");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "n0/0 FAILED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!(error.code, "ContainerNotStarted", "{}", error.message);
    driver.shutdown().await;
}
