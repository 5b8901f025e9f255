//! Tasks in their images, by the podman that is installed; where none is, these tests say so and show nothing.
//!
//! The image is made of this machine's shell, and the engine's store lies in the test's folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aileron_propeller::local::{ContainerEngine, LocalDriver, Settings};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, lines_of, until};

const IMAGE: &str = "localhost/tiny:1";

/// A machine whose podman has an image, and the settings of a driver that uses it.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
fn with_podman() -> Option<(Arc<Machine>, Settings)> {
    if Command::new("podman").arg("--version").output().is_err() {
        eprintln!("left out: podman is not installed");
        return None;
    }
    let machine = Machine::new();
    let mut settings = machine.settings();
    settings.containers = Some(ContainerEngine::Podman);
    settings.grace = Duration::from_millis(100);
    configure(&machine, &mut settings);
    make_image(&machine, &settings);
    Some((Arc::new(machine), settings))
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

/// Programs of this machine, with the libraries that they name.
fn make_image(machine: &Machine, settings: &Settings) {
    let script = format!(
        "set -e; root={}; mkdir -p $root/bin $root/tmp; cp -L /bin/sh $root/bin/sh; \
         for name in cp mkdir cat sleep id head tail ls; do cp -L $(command -v $name) $root/bin/$name; done; \
         for library in $(ldd $root/bin/* | grep -o '/[^ )]*' | grep '\\.so' | sort -u); do \
         mkdir -p $root$(dirname $library); cp -L $library $root$library; done; \
         tar -C $root -c . | podman import --quiet - {IMAGE}",
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
async fn a_task_runs_in_its_image_as_who_started_the_server_and_leaves_no_container() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    let script =
        format!("[ ! -e /var ] && echo attempt $FLYTE_ATTEMPT_NUMBER of $(id -u) in $TMPDIR && {PASS_ON}");
    let flow = Flow::chain(&[&script]).image(IMAGE);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    let log = lines_of(&machine.attempt("e", "n0", 0).join("task.log"));
    let expected = format!("attempt 0 of {} in {}", own_user(), machine.file("tmp").display());
    assert!(log.iter().any(|line| line.starts_with(&expected)), "{log:?}");
    until("its container is removed", || containers(&settings).is_empty()).await;
    driver.shutdown().await;
}

/// The number of the user who runs the tests.
fn own_user() -> String {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn an_exit_code_is_the_tasks_own() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    for (name, code) in [("e", 3), ("f", 125)] {
        let flow = Flow::chain(&[&format!("exit {code}")]).image(IMAGE);
        driver.start(machine.workflow(name, flow).await).await.unwrap();
        machine.sink.wait_for(name, "run FAILED").await;
        let error = machine.sink.run_error();
        assert!(
            error.message.contains(&format!("the task ended with exit code {code}")),
            "{}",
            error.message
        );
    }
    driver.shutdown().await;
}

#[tokio::test]
async fn a_container_is_held_to_the_memory_that_its_task_asks_for() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    // Without an end of a line it keeps all that it reads, and it is the container's first process.
    let eat = "exec tail -n 1 /dev/zero";
    let flow = Flow::chain(&[eat]).memory("32Mi").image(IMAGE);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(0);
    if tells_of_memory(&machine, &settings, eat) {
        assert_eq!(error.code, "OOMKilled", "{}", error.message);
        assert!(error.message.contains("more memory than the 32Mi"), "{}", error.message);
    } else {
        assert_eq!(error.code, "Interrupted", "{}", error.message);
        assert!(
            error.message.contains("most often because memory ran out (exit code 137)"),
            "{}",
            error.message
        );
    }
    driver.shutdown().await;
}

/// Whether podman notices what the kernel did, or the program beside the container. Without, nobody can tell, as the
/// container's group, which counts such ends, is gone with the container.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
fn tells_of_memory(machine: &Machine, settings: &Settings, eat: &str) -> bool {
    let folder = machine.file("asked");
    std::fs::create_dir(&folder).unwrap();
    let ask = |words: &[&str]| {
        let mut command = Command::new("podman");
        command.current_dir(&folder).args(words).env_clear().envs(settings.environment.iter().cloned());
        command.output().unwrap()
    };
    let limits = ["--memory=32m", "--memory-swap=32m", "--log-driver=none", "--network=host"];
    let run = [&["run", "--name", "asked"], &limits[..], &["--entrypoint=sh", IMAGE, "-c", eat]].concat();
    assert_eq!(ask(&run).status.code(), Some(137));
    let told = ask(&["inspect", "--format", "{{.State.OOMKilled}}", "asked"]).stdout;
    let tells = String::from_utf8_lossy(&told).trim() == "true" || folder.join("oom").exists();
    if !tells {
        eprintln!("podman does not tell here when memory ran out: seen is only that the limit held");
    }
    tells
}

#[tokio::test]
async fn an_abort_ends_the_container() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    let flow = Flow::chain(&["echo up; sleep 600"]).image(IMAGE);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let log = machine.attempt("e", "n0", 0).join("task.log");
    until("the task runs", || lines_of(&log).iter().any(|line| line == "up")).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    assert_eq!(containers(&settings), "");
    driver.shutdown().await;
}

/// A driver that is gone while its task runs: the folder in which the task notes each of its attempts in `ran`, and waits
/// for `go`.
fn left_running(machine: &Machine, settings: &Settings) -> PathBuf {
    let marks = machine.file("objects/marks");
    let wait = format!("until [ -e {}/go ]; do sleep 0.05; done", marks.display());
    let script =
        format!("mkdir -p {0}; echo $FLYTE_ATTEMPT_NUMBER >> {0}/ran; {wait}; {PASS_ON}", marks.display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let driver = open(machine, settings).await;
        let flow = Flow::chain(&[&script]).image(IMAGE);
        driver.start(machine.workflow("e", flow).await).await.unwrap();
        until("the task runs", || lines_of(&marks.join("ran")).len() == 1).await;
        machine.sink.wait_for("e", "n0/0 RUNNING").await;
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    marks
}

/// The engine's client dies with the driver, its container does not.
#[test]
fn what_a_crash_leaves_is_removed_and_the_task_runs_again() {
    let Some((machine, settings)) = with_podman() else { return };
    let marks = left_running(&machine, &settings);
    let client = lines_of(&machine.attempt("e", "n0", 0).join("pid"))[0].clone();
    kill_group(&client);
    let left = containers(&settings);
    assert_eq!(left.lines().count(), 1, "{left}");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = open(&machine, &settings).await;
        until("the task runs again", || lines_of(&marks.join("ran")).len() == 2).await;
        assert!(!containers(&settings).contains(left.trim()), "{left}");
        std::fs::write(marks.join("go"), "").unwrap();
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        driver.shutdown().await;
    });
    assert_eq!(lines_of(&marks.join("ran")), ["0", "1"]);
}

/// By the system call: the command `kill` of some systems takes `-123` for `-1`, which is everybody.
fn kill_group(leader: &str) {
    let leader = Pid::from_raw(leader.parse().unwrap()).unwrap();
    kill_process_group(leader, Signal::KILL).unwrap();
}

#[test]
fn a_container_whose_client_still_runs_is_waited_for() {
    let Some((machine, settings)) = with_podman() else { return };
    let marks = left_running(&machine, &settings);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = open(&machine, &settings).await;
        std::fs::write(marks.join("go"), "").unwrap();
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        assert_eq!(machine.outputs("e").await, integer(7));
        driver.shutdown().await;
    });
    assert_eq!(lines_of(&marks.join("ran")), ["0"]);
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_told() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    let flow = Flow::chain(&[PASS_ON]).image("localhost/nothing:1");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!(error.code, "ImageNotAvailable", "{}", error.message);
    for part in ["`localhost/nothing:1` is not on this machine", "`podman load`", "podman says:"] {
        assert!(error.message.contains(part), "{part} in {}", error.message);
    }
    driver.shutdown().await;
}

#[tokio::test]
async fn a_task_without_an_image_is_told() {
    let Some((machine, settings)) = with_podman() else { return };
    let driver = open(&machine, &settings).await;
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert!(error.message.contains("the task names no image"), "{}", error.message);
    driver.shutdown().await;
}
