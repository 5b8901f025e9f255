//! `aileron register` against the real server: packages as `pyflyte package` writes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aileron_idl::admin::{LaunchPlan, LaunchPlanSpec, TaskSpec, WorkflowSpec};
use aileron_idl::core::{Identifier, ResourceType, WorkflowTemplate, task_template};
use aileron_tests::programs::{chain, command};
use aileron_tests::server::binary;
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use serde_json::Value;

use crate::World;

/// Code that a task would unpack: any bytes will do.
const CODE: &[u8] = b"not looked into";

/// An identifier as a package has it: project, domain and version are left open.
fn open(kind: ResourceType, name: &str) -> Identifier {
    Identifier { resource_type: kind.into(), name: name.into(), ..Identifier::default() }
}

/// A task that prints what was filled in, a workflow of it, and its launch plan.
fn files(name: &str, nodes: usize) -> Vec<(String, Vec<u8>)> {
    let words = ["echo", "{{ .remote_package_path }}", "{{ .dest_dir }}", "{{ registration.version }}"];
    let mut task = command(name, &words);
    task.id = Some(open(ResourceType::Task, name));
    let workflow = WorkflowTemplate {
        id: Some(open(ResourceType::Workflow, name)),
        ..chain(name, &open(ResourceType::Task, name), nodes)
    };
    let plan = LaunchPlan {
        id: Some(open(ResourceType::LaunchPlan, name)),
        spec: Some(LaunchPlanSpec {
            workflow_id: Some(open(ResourceType::Workflow, name)),
            ..LaunchPlanSpec::default()
        }),
        ..LaunchPlan::default()
    };
    let task = TaskSpec { template: Some(task), ..TaskSpec::default() };
    let workflow = WorkflowSpec { template: Some(workflow), ..WorkflowSpec::default() };
    vec![
        (format!("0_{name}_1.pb"), task.encode_to_vec()),
        (format!("1_{name}_2.pb"), workflow.encode_to_vec()),
        (format!("2_{name}_3.pb"), plan.encode_to_vec()),
        ("fast0123.tar.gz".to_owned(), CODE.to_vec()),
    ]
}

fn archive(path: &Path, files: &[(String, Vec<u8>)]) -> Result<PathBuf> {
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(path)?, Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("./{name}"), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()?;
    Ok(path.to_owned())
}

impl World {
    fn register(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new(binary()?);
        command.arg("register").args(words).args(["--endpoint", self.server.address()]);
        Ok(command.output()?)
    }
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_registered_once_and_runs() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let package = archive(&world.folder.path().join("sums.tgz"), &files("sums", 1))?;
    let package = package.to_str().context("a path of letters")?;
    let words = [package, "--version", "v7", "--dest-dir", "/code", "--activate"];
    let table = |result: &str| {
        let row = |kind: &str| format!("{kind:11}  sums  v7       {result}\n");
        let rows = [row("task"), row("workflow"), row("launch plan")].concat();
        format!("KIND         NAME  VERSION  RESULT\n{rows}")
    };
    assert_eq!(told(&world.register(&words)?), (Some(0), table("new"), String::new()));
    assert_eq!(told(&world.register(&words)?), (Some(0), table("unchanged"), String::new()));

    let task = world.client.task("sums", "v7").await?;
    let Some(task_template::Target::Container(container)) = task.target else {
        anyhow::bail!("no container")
    };
    assert_eq!(container.command[2..], ["/code", "v7"]);
    let code = container.command[1].trim_start_matches("file://");
    assert_eq!(fs::read(code)?, CODE, "the code lies where the task looks for it");

    let launched = Command::new(binary()?)
        .args(["launch", "sums", "--watch", "--endpoint", world.server.address()])
        .output()?;
    assert!(launched.status.success(), "{:?}", told(&launched));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_and_hides_nothing_else() -> Result<()> {
    let world = World::new(&[]).await?;
    let folder = world.folder.path().join("package");
    fs::create_dir(&folder)?;
    for (name, bytes) in files("one", 1).into_iter().chain(files("two", 1)) {
        fs::write(folder.join(name), bytes)?;
    }
    let folder_name = folder.to_str().context("a path of letters")?;
    let words = [folder_name, "--version", "v1", "-o", "json"];
    assert_eq!(told(&world.register(&words)?).0, Some(0));
    // Another workflow under the same id.
    for (name, bytes) in files("two", 2) {
        fs::write(folder.join(name), bytes)?;
    }
    let (code, out, err) = told(&world.register(&words)?);
    let all: Value = serde_json::from_str(&out)?;
    let results: Vec<_> = all.as_array().context("a list")?.iter().map(|one| &one["result"]).collect();
    assert_eq!(results, ["unchanged", "unchanged", "unchanged", "refused", "unchanged", "unchanged"]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("error: 1 of 6 were refused\n  workflow two: workflow with different"), "{err}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_open_is_told_before_anything_is_sent() -> Result<()> {
    let world = World::new(&[]).await?;
    let mut package = files("open", 1);
    let path = |name: &str| world.folder.path().join(name);
    let unversioned = archive(&path("unversioned.tgz"), &package)?;
    package.pop();
    let codeless = archive(&path("codeless.tgz"), &package)?;
    for (path, words, expected) in [
        (&unversioned, &[][..], "0_open_1.pb leaves its version open; give --version"),
        (&codeless, &["--version", "v1"][..], "there is no fast*.tar.gz beside it"),
        (&path("nothing.tgz"), &[][..], "failed to read"),
    ] {
        let mut all = vec![path.to_str().context("a path of letters")?];
        all.extend(words);
        let (code, out, err) = told(&world.register(&all)?);
        assert!(code != Some(0) && out.is_empty() && err.contains(expected), "{code:?} {out} {err}");
    }
    let tasks =
        Command::new(binary()?).args(["get", "tasks", "--endpoint", world.server.address()]).output()?;
    assert_eq!(told(&tasks).1.lines().count(), 1, "nothing was registered");
    Ok(())
}
