//! The client's commands against the real server, as a user types them.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use aileron_tests::programs::{chain, command};
use aileron_tests::server::binary;
use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{PATIENCE, World};

/// What a command printed and how it ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl World {
    async fn with_plans() -> Result<World> {
        let mut world = World::new(&[]).await?;
        let good = world.client.create_task(command("good", &["sh", "-c", "echo said"])).await?;
        let bad = world.client.create_task(command("bad", &["sh", "-c", "exit 3"])).await?;
        world.client.create_workflow(chain("two", &good, 2)).await?;
        world.client.create_workflow(chain("broken", &bad, 1)).await?;
        Ok(world)
    }

    fn run(&self, words: &[&str]) -> Result<Ran> {
        let mut command = Command::new(binary()?);
        command.args(words).args(["--endpoint", self.server.address()]).env("RUST_BACKTRACE", "0");
        Ok(Ran::of(&command.output()?))
    }
}

impl World {
    /// What `describe` prints of an execution, once that is as it is waited for.
    async fn describe_until(&self, name: &str, holds: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let described = self.run(&["describe", "execution", name])?;
            if holds(&described.out) {
                return Ok(described.out);
            }
            ensure!(Instant::now() < deadline, "never: {}{}", described.out, described.err);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Ran {
    fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: masked(&String::from_utf8_lossy(&output.stdout)),
            err: masked(&String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// The text with every time and length of time as one word.
fn masked(text: &str) -> String {
    let masked = |word: &str| {
        if word.len() == 20 && word.ends_with('Z') && word.contains('T') {
            "TIME".to_owned()
        } else if word.contains('.') && word.parse::<f64>().is_ok() {
            "N".to_owned()
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| line.split(' ').map(masked).collect::<Vec<_>>().join(" ").trim_end().to_owned();
    text.lines().map(|text| line(text) + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_its_heading() -> Result<()> {
    let world = World::new(&[]).await?;
    let listed = world.run(&["get", "executions"])?;
    assert_eq!((listed.code, listed.out.as_str()), (0, "NAME  LAUNCH PLAN  PHASE  STARTED  DURATION\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_launched_is_watched_listed_and_described() -> Result<()> {
    let world = World::with_plans().await?;
    let launched = world.run(&["launch", "two", "--name", "first", "--watch"])?;
    assert_eq!((launched.code, launched.out.as_str()), (0, "first\n"), "{}", launched.err);
    assert!(launched.err.ends_with("SUCCEEDED 2/2 nodes\n"), "{}", launched.err);

    let listed = world.run(&["get", "executions"])?;
    assert_eq!(
        listed.out,
        "NAME   LAUNCH PLAN  PHASE      STARTED               DURATION\n\
         first  two          SUCCEEDED  TIME  N s\n",
    );
    let described = world.run(&["describe", "execution", "first"])?;
    assert_eq!(
        described.out,
        "name         first\nlaunch plan  two v1\nphase        SUCCEEDED\nstarted      TIME\n\
         duration     N s\n\nn0  SUCCEEDED  N s\nn1  SUCCEEDED  N s\n",
    );
    let logs = world.run(&["logs", "first"])?;
    assert_eq!(logs.out, "==> n0 attempt 0 <==\nsaid\n==> n1 attempt 0 <==\nsaid\n", "{}", logs.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_listed_as_tables_json_and_yaml() -> Result<()> {
    let world = World::with_plans().await?;
    let table = world.run(&["get", "workflows", "--sort", "name", "--ascending"])?;
    assert_eq!(
        table.out, "NAME    VERSION  CREATED\nbroken  v1       TIME\ntwo     v1       TIME\n",
        "{}",
        table.err
    );
    let json: Value = serde_json::from_str(&world.run(&["get", "tasks", "good", "-o", "json"])?.out)?;
    assert_eq!(json[0]["id"]["name"], "good");
    let yaml = world.run(&["get", "launch-plans", "two", "-o", "yaml"])?;
    assert!(yaml.out.starts_with("- ") && yaml.out.contains("name: two"), "{}", yaml.out);
    assert!(world.run(&["get", "projects"])?.out.contains("flytesnacks"));
    let described = world.run(&["describe", "launch-plan", "two"])?;
    assert!(described.out.contains("workflow  two v1"), "{}{}", described.out, described.err);
    let described = world.run(&["describe", "workflow", "two"])?;
    assert!(described.out.starts_with("name      two\nversion   v1\n"), "{}{}", described.out, described.err);
    assert!(world.run(&["describe", "task", "good"])?.out.contains("type      raw-container"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_are_watched_until_none_runs() -> Result<()> {
    let world = World::with_plans().await?;
    for (plan, name) in [("two", "good"), ("broken", "bad")] {
        world.run(&["launch", plan, "--name", name])?;
    }
    let watched = world.run(&["get", "executions", "--watch"])?;
    assert_eq!(watched.code, 0, "{}", watched.err);
    // Each line is a change; the last of each execution is its end.
    for (name, phase) in [("good", "SUCCEEDED"), ("bad", "FAILED")] {
        let last = watched.out.lines().rfind(|line| line.starts_with(name)).unwrap_or_default();
        assert!(last.contains(phase), "{name}: {}", watched.out);
    }
    let lines = world.run(&["get", "executions", "good", "--watch", "-o", "json"])?.out;
    let seen: Value = serde_json::from_str(lines.lines().last().unwrap_or_default())?;
    assert_eq!((&seen["id"]["name"], &seen["closure"]["phase"]), (&"good".into(), &"SUCCEEDED".into()));
    let described = world.run(&["describe", "execution", "bad", "--watch"])?;
    assert!(described.out.contains("phase        FAILED"), "{}{}", described.out, described.err);
    let refused = world.run(&["get", "tasks", "--watch"])?;
    assert!(refused.code == 2 && refused.err.contains("leave --watch out"), "{}", refused.err);
    let refused = world.run(&["describe", "task", "good", "--watch"])?;
    assert!(refused.code == 2 && refused.err.contains("leave --watch out"), "{}", refused.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_launched_can_be_read_by_programs() -> Result<()> {
    let world = World::with_plans().await?;
    let launched = world.run(&["launch", "two", "--name", "first", "--watch", "-o", "json"])?;
    let execution: Value = serde_json::from_str(&launched.out)?;
    assert_eq!(execution["closure"]["phase"], "SUCCEEDED", "{}", launched.err);
    let again = world.run(&["relaunch", "first", "--name", "second", "--watch", "-o", "yaml"])?;
    assert!(again.out.contains("phase: SUCCEEDED") && again.out.contains("mode: RELAUNCH"), "{}", again.out);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_a_code_a_hint_and_an_exit_code() -> Result<()> {
    let world = World::with_plans().await?;
    let failed = world.run(&["launch", "broken", "--name", "bad", "--watch"])?;
    assert_eq!(failed.code, 1);
    assert!(failed.err.contains("error: bad ended FAILED: "), "{}", failed.err);
    let again = world.run(&["relaunch", "bad", "--name", "worse", "--watch"])?;
    assert_eq!((again.code, again.out.as_str()), (1, "worse\n"), "{}", again.err);

    let missing = world.run(&["describe", "execution", "nobody"])?;
    assert_eq!(missing.code, 1);
    assert!(
        missing.err.starts_with("error: NOT_FOUND: ") && missing.err.contains("hint: "),
        "{}",
        missing.err
    );
    assert!(missing.err.contains("(request "), "{}", missing.err);

    let unknown = world.run(&["launch", "two", "--input", "x=1"])?;
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("the inputs do not fit two\n  VariableNameNotFound at x"),
        "{}",
        unknown.err
    );
    assert_eq!(world.run(&["launch", "two", "--input", "x"])?.code, 2);
    assert_eq!(world.run(&["get", "nonsense"])?.code, 2);
    let unread = world.run(&["launch", "two", "--inputs", "nowhere.yaml"])?;
    assert!(unread.err.contains("failed to read nowhere.yaml"), "{}", unread.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_says_what_nodes_wait_for() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("long", &["sleep", "60"])).await?;
    world.client.create_workflow(chain("long", &task, 3)).await?;
    assert_eq!(world.run(&["launch", "long", "--name", "slow"])?.code, 0);
    let expected = "\nNODE      WAITS\nend-node  for n2\nn1        for n0\nn2        for n1\n";
    world.describe_until("slow", |text| text.contains("n0  RUNNING") && text.ends_with(expected)).await?;
    let json: Value =
        serde_json::from_str(&world.run(&["describe", "execution", "slow", "-o", "json"])?.out)?;
    assert_eq!(json["waiting"][2]["upstream"]["nodeIds"][0], "n1", "{json}");
    assert_eq!(world.run(&["terminate", "slow", "--cause", "enough"])?.code, 0);
    world
        .describe_until("slow", |text| text.contains("phase        ABORTED") && !text.contains("WAITS"))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_is_terminated() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("long", &["sleep", "60"])).await?;
    world.client.create_workflow(chain("long", &task, 1)).await?;
    assert_eq!(world.run(&["launch", "long", "--name", "slow"])?.code, 0);
    let ended = world.run(&["terminate", "slow", "--cause", "enough"])?;
    assert_eq!((ended.code, ended.out.as_str()), (0, "slow is being terminated\n"), "{}", ended.err);
    let described = world.run(&["describe", "execution", "slow"])?;
    assert!(described.out.contains("aborted      enough"), "{}", described.out);
    assert_eq!(world.run(&["launch", "long", "--name", "again"])?.code, 0);
    let ended = world.run(&["terminate", "again", "--watch", "-o", "json"])?;
    let execution: Value = serde_json::from_str(&ended.out)?;
    assert_eq!(execution["closure"]["phase"], "ABORTED", "{}", ended.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_told_with_a_hint() -> Result<()> {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let output = Command::new(binary()?).args(["get", "projects", "--endpoint", &closed]).output()?;
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no server answers at") && ran.err.contains("--endpoint"), "{}", ran.err);
    Ok(())
}

#[test]
fn a_shell_completes_the_commands() -> Result<()> {
    let asked = "source <($AILERON completion bash); COMP_WORDS=(aileron lau); COMP_CWORD=1; _aileron aileron lau aileron; \
                 echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", asked]).env("AILERON", binary()?).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "launch", "{told}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let output = Command::new(binary()?).args(["completion", shell]).output()?;
        let script = String::from_utf8(output.stdout)?;
        for command in ["get", "describe", "launch", "logs", "terminate", "relaunch", "register"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    Ok(())
}
