//! Tasks that AWS Batch runs: no process is started of them, and their jobs outlive the server.

use std::time::Duration;

use aileron_idl::core::execution_error::ErrorKind;
use aileron_propeller::local::{LocalDriver, Settings};
use serde_json::{Value, json};

use crate::fake_batch::{FakeBatch, Goes};
use crate::flow::Flow;
use crate::harness::{Machine, execution, integer, until};

async fn open(machine: &Machine, fake: &FakeBatch) -> LocalDriver {
    let settings = Settings { batch: Some(fake.batch()), ..machine.settings() };
    LocalDriver::open(settings, machine.sink.clone(), machine.control.clone()).await.unwrap()
}

fn flow() -> Flow {
    Flow::chain(&["never run here"]).typed("aws-batch")
}

/// What a job's program would leave.
async fn leave_outputs(machine: &Machine, execution: &str, attempt: &str) {
    let folder = format!("p-d-{execution}");
    let uri = machine.storage.uri(&["metadata", "propeller", &folder, "n0", "data", attempt, "outputs.pb"]);
    machine.storage.put_message(&uri, &integer(8)).await.unwrap();
}

fn succeeded() -> Value {
    json!({"status": "SUCCEEDED"})
}

fn exited(code: u8) -> Value {
    json!({"status": "FAILED", "statusReason": "Essential container in task exited", "container": {"exitCode": code}})
}

#[tokio::test]
async fn a_job_goes_through_its_phases_and_its_outputs_are_the_tasks() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    machine.sink.wait_for("e", "n0/0 QUEUED").await;
    until("a job is there", || !fake.ids().is_empty()).await;
    for (status, line) in [("STARTING", "n0/0 INITIALIZING"), ("RUNNING", "n0/0 RUNNING")] {
        fake.set("job-0000", json!({"status": status, "container": {"logStreamName": "s"}}));
        machine.sink.wait_for("e", line).await;
    }
    leave_outputs(&machine, "e", "0").await;
    fake.set("job-0000", succeeded());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(8));
    let command = fake.account().submitted["job-0000"]["containerOverrides"]["command"].to_string();
    assert!(command.contains("in=") && !command.contains("{{"), "{command}");
    let links: Vec<String> = machine.sink.task_links("e").into_iter().map(|link| link.name).collect();
    assert!(links.contains(&"CloudWatch Logs".to_owned()), "{links:?}");
    driver.shutdown().await;
}

#[tokio::test]
async fn retries_are_the_engines_and_a_definition_is_made_once() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow().retries(1)).await).await.unwrap();
    until("a job is there", || fake.ids().len() == 1).await;
    fake.set("job-0000", exited(3));
    until("another is", || fake.ids().len() == 2).await;
    leave_outputs(&machine, "e", "1").await;
    fake.set("job-0001", succeeded());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.code.as_str(), error.kind()), ("TaskFailedWithError", ErrorKind::User));
    assert!(error.message.contains("exit code 3"), "{}", error.message);
    {
        let account = fake.account();
        assert_eq!(account.submitted["job-0000"]["retryStrategy"], json!({"attempts": 1}));
        assert_ne!(account.submitted["job-0000"]["jobName"], account.submitted["job-0001"]["jobName"]);
    }
    assert_eq!((fake.count("registerjobdefinition"), fake.count("describejobdefinitions")), (1, 1));
    driver.shutdown().await;
    // Another driver finds the definition.
    let again = Machine::new();
    let driver = open(&again, &fake).await;
    driver.start(again.workflow("f", flow()).await).await.unwrap();
    until("its job is there", || fake.ids().len() == 3).await;
    assert_eq!(fake.count("registerjobdefinition"), 1);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_machine_that_goes_costs_no_retry_of_the_users() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    until("a job is there", || fake.ids().len() == 1).await;
    fake.set("job-0000", json!({"status": "FAILED", "statusReason": "Host EC2 (instance i-1) terminated."}));
    until("another is", || fake.ids().len() == 2).await;
    leave_outputs(&machine, "e", "1").await;
    fake.set("job-0001", succeeded());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.code.as_str(), error.kind()), ("Interrupted", ErrorKind::System));
    driver.shutdown().await;
}

#[tokio::test]
async fn throttled_calls_are_made_again_and_make_one_job() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let throttled =
        [Goes::Refused(429, "TooManyRequestsException"), Goes::Refused(400, "ThrottlingException")];
    fake.script("registerjobdefinition", &throttled[..1]);
    fake.script("submitjob", &throttled);
    fake.script("describejobs", &throttled);
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    until("the job was looked at", || fake.count("describejobs") > 3).await;
    leave_outputs(&machine, "e", "0").await;
    fake.set_all(&succeeded());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(fake.ids().len(), 1);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_submission_whose_answer_is_lost_is_found_and_not_made_twice() {
    for goes in [Goes::Lost, Goes::Silent] {
        let (machine, fake) = (Machine::new(), FakeBatch::serve_with(json!({"timeout": "300ms"})).await);
        fake.script("submitjob", &[goes]);
        let driver = open(&machine, &fake).await;
        driver.start(machine.workflow("e", flow()).await).await.unwrap();
        until("the job was looked at", || fake.count("describejobs") > 0).await;
        leave_outputs(&machine, "e", "0").await;
        fake.set_all(&succeeded());
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        assert_eq!((fake.ids().len(), fake.count("submitjob")), (1, 1), "{goes:?}");
        driver.shutdown().await;
    }
}

#[test]
fn a_job_outlives_the_server_even_when_it_was_not_known_yet() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (outer, crashing) = (runtime(), runtime());
    let (machine, fake) = (Machine::new(), outer.block_on(FakeBatch::serve_with(json!({"timeout": "1h"}))));
    crashing.block_on(async {
        let driver = open(&machine, &fake).await;
        driver.start(machine.workflow("e", flow()).await).await.unwrap();
        until("the job was looked at", || fake.count("describejobs") > 0).await;
        fake.script("submitjob", &[Goes::Silent]);
        driver.start(machine.workflow("f", flow()).await).await.unwrap();
        until("both jobs are there", || fake.ids().len() == 2).await;
    });
    // All its threads go, as in a crash.
    crashing.shutdown_timeout(Duration::from_secs(10));
    outer.block_on(async {
        let driver = open(&machine, &fake).await;
        leave_outputs(&machine, "e", "0").await;
        leave_outputs(&machine, "f", "0").await;
        fake.set_all(&succeeded());
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        machine.sink.wait_for("f", "run SUCCEEDED").await;
        driver.shutdown().await;
    });
    assert_eq!(fake.count("submitjob"), 2);
}

#[tokio::test]
async fn an_abort_ends_the_job_also_one_whose_submission_is_not_answered() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve_with(json!({"timeout": "300ms"})).await);
    fake.account().first = Some("RUNNING");
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    machine.sink.wait_for("e", "n0/0 RUNNING").await;
    fake.script("terminatejob", &[Goes::Refused(500, "ServerException")]);
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    until("its job is ended", || fake.account().jobs["job-0000"]["isTerminated"] == true).await;
    fake.script("submitjob", &[Goes::Silent]);
    driver.start(machine.workflow("f", flow()).await).await.unwrap();
    until("another job is there", || fake.ids().len() == 2).await;
    driver.abort(execution("f"), "enough".into()).await.unwrap();
    machine.sink.wait_for("f", "run ABORTED").await;
    until("its job is ended too", || fake.account().jobs["job-0001"]["isTerminated"] == true).await;
    driver.shutdown().await;
}

#[tokio::test]
async fn a_job_that_is_gone_is_tried_again_and_one_that_somebody_ended_is_not() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    driver.start(machine.workflow("e", flow().retries(3)).await).await.unwrap();
    until("the job was looked at", || fake.count("describejobs") > 0).await;
    fake.account().jobs.remove("job-0000");
    machine.sink.wait_for("e", "n0/0 FAILED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.code.as_str(), error.kind()), ("JobNotFound", ErrorKind::System));
    until("another is there", || !fake.ids().is_empty()).await;
    fake.set_all(&json!({"status": "FAILED", "isTerminated": true, "statusReason": "not needed"}));
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(1);
    assert_eq!((error.code.as_str(), error.message.as_str()), ("TaskAborted", "not needed"));
    driver.shutdown().await;
}

#[tokio::test]
async fn what_batch_refuses_says_why_and_where() {
    for (settings, first, code, text) in [
        (json!({"jobQueue": "nowhere"}), None, "BadTaskDefinition", "no such job queue"),
        (json!({"jobQueue": ""}), None, "BadTaskDefinition", "no queue of AWS Batch is named"),
        (
            json!({}),
            Some(Goes::Refused(403, "AccessDeniedException")),
            "BatchRefused",
            "AccessDeniedException",
        ),
        (json!({}), Some(Goes::Refused(404, "")), "BatchProtocolError", "404"),
        (
            json!({"endpoint": "http://127.0.0.1:9", "patience": "300ms"}),
            None,
            "ServiceUnreachable",
            "AWS Batch",
        ),
    ] {
        let (machine, fake) = (Machine::new(), FakeBatch::serve_with(settings).await);
        fake.script("submitjob", first.as_slice());
        let driver = open(&machine, &fake).await;
        driver.start(machine.workflow("e", flow()).await).await.unwrap();
        machine.sink.wait_for("e", "run FAILED").await;
        let error = machine.sink.attempt_error(0);
        assert!(error.code == code && error.message.contains(text), "{error:?}");
        driver.shutdown().await;
    }
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert!(machine.sink.attempt_error(0).message.contains("which is not set up"));
    driver.shutdown().await;
}

#[tokio::test]
async fn many_jobs_are_looked_at_with_few_calls() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve_with(json!({"firstLook": "100ms"})).await);
    let driver = open(&machine, &fake).await;
    let flow = Flow::fan_out(250, "never run here").typed("aws-batch");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    until("all jobs are there", || fake.ids().len() == 250).await;
    fake.set_all(&json!({"status": "RUNNING"}));
    until("all jobs run", || {
        machine.sink.lines("e").iter().filter(|line| line.ends_with("/0 RUNNING")).count() == 250
    })
    .await;
    let (mut calls, mut looks) = (0, 0);
    for (operation, asked) in &fake.account().calls {
        if operation == "describejobs" {
            (calls, looks) = (calls + 1, looks + asked["jobs"].as_array().unwrap().len());
        }
    }
    assert!(calls * 4 < looks, "{calls} calls for {looks} looks");
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    driver.shutdown().await;
}

#[tokio::test]
async fn an_array_says_which_of_its_jobs_failed() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    let flow = flow().array(3.0);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    until("a job is there", || fake.ids().len() == 1).await;
    let variables = fake.account().submitted["job-0000"]["containerOverrides"]["environment"].clone();
    let index = json!({"name": "BATCH_JOB_ARRAY_INDEX_VAR_NAME", "value": "AWS_BATCH_JOB_ARRAY_INDEX"});
    assert!(variables.as_array().unwrap().contains(&index), "{variables}");
    fake.set(
        "job-0000",
        json!({"status": "PENDING", "arrayProperties": {"size": 3, "statusSummary": {"RUNNING": 1}}}),
    );
    machine.sink.wait_for("e", "n0/0 RUNNING").await;
    let mut child = exited(9);
    child["jobId"] = json!("job-0000:2");
    fake.account().jobs.insert("job-0000:2".into(), child);
    fake.set("job-0000", json!({"status": "FAILED", "statusReason": "Array Child Job failed"}));
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(0).message;
    assert!(error.contains("job-0000:2 of the array") && error.contains("exit code 9"), "{error}");
    driver.shutdown().await;
}

#[tokio::test]
async fn each_item_of_a_map_is_a_job_that_knows_its_index() {
    let (machine, fake) = (Machine::new(), FakeBatch::serve().await);
    let driver = open(&machine, &fake).await;
    let flow = Flow::default().map("n0", "never run here", 0, 1.0, "start-node").typed("aws-batch");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", [4, 5, 6]).await;
    driver.start(workflow).await.unwrap();
    until("all jobs are there", || fake.ids().len() == 3).await;
    let mut indices: Vec<String> = Vec::new();
    for submitted in fake.account().submitted.values() {
        let variables = submitted["containerOverrides"]["environment"].as_array().unwrap();
        let index = variables.iter().find(|variable| variable["name"] == "FLYTE_K8S_ARRAY_INDEX").unwrap();
        indices.push(index["value"].as_str().unwrap().to_owned());
    }
    indices.sort();
    assert_eq!(indices, ["0", "1", "2"]);
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    driver.shutdown().await;
}
