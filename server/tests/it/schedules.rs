//! Schedules on a virtual clock: one execution a tick, through restarts, rivals and clocks that step.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::schedule::ScheduleExpression;
use aileron_idl::admin::{
    CronSchedule, ExecutionSpec, FixedRate, FixedRateUnit, LaunchPlanCreateRequest, LaunchPlanMetadata,
    LaunchPlanState, LaunchPlanUpdateRequest, Schedule, WorkflowCreateRequest,
    WorkflowExecutionGetDataRequest,
};
use aileron_idl::aileron::v1::ListFireTimesRequest;
use aileron_idl::aileron::v1::list_fire_times_request::Of;
use aileron_idl::aileron::v1::schedule_service_client::ScheduleServiceClient;
use aileron_idl::core::{Identifier, LiteralMap, ResourceType, SimpleType, literal_type, primitive};
use aileron_server::{Clock, Database, Server, Settings};
use aileron_storage::Storage;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::database::Tables;
use crate::fixture::{self, bind, execution_id, id, node, number, promise, task};
use crate::harness::{Nobody, TestServer};

/// Time that passes only when somebody waits for it.
struct VirtualClock {
    now: Mutex<Timestamp>,
    end: Timestamp,
    /// Steps of the clock, each taken when it shows the instant.
    steps: Mutex<VecDeque<(Timestamp, SignedDuration)>>,
    stop: CancellationToken,
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.advance(time) {
                self.stop.cancel();
                std::future::pending::<()>().await;
            }
        })
    }
}

impl VirtualClock {
    /// Whether the end has come, after all steps.
    fn advance(&self, time: Duration) -> bool {
        let (mut now, mut steps) = (self.now.lock().unwrap(), self.steps.lock().unwrap());
        *now += time;
        if let Some((_, step)) = steps.pop_front_if(|(when, _)| *when <= *now) {
            *now += step;
        }
        steps.is_empty() && *now >= self.end
    }
}

/// Runs a server's scheduler from one instant to another.
async fn run(server: &Server, from: &str, to: &str) {
    run_with_steps(server, from, to, &[]).await;
}

async fn run_with_steps(server: &Server, from: &str, to: &str, steps: &[(&str, SignedDuration)]) {
    let stop = CancellationToken::new();
    let steps = steps.iter().map(|(when, step)| (at(when), *step)).collect();
    let clock =
        VirtualClock { now: Mutex::new(at(from)), end: at(to), steps: Mutex::new(steps), stop: stop.clone() };
    server.run_scheduler_by(&clock, stop).await;
}

/// A time of one day.
fn at(time: &str) -> Timestamp {
    format!("2026-03-02T{time}Z").parse().unwrap()
}

/// A server with clients, and its database.
struct Bench {
    api: TestServer,
    folder: PathBuf,
    tables: Tables,
}

impl Bench {
    async fn start() -> Bench {
        let mut folder = PathBuf::new();
        let mut api = TestServer::start_with(|settings| folder.clone_from(&settings.data_dir), false).await;
        fixture::register(&mut api).await;
        Bench { tables: Tables::of(&api.database), api, folder }
    }

    /// Another server on the same data, as after a restart, or beside the first.
    async fn open(&self, adjust: impl FnOnce(&mut Settings)) -> Server {
        open(&self.folder, &self.api.database, adjust).await
    }

    async fn set(&mut self, id: Identifier, state: LaunchPlanState) -> Result<(), Status> {
        let request = LaunchPlanUpdateRequest { id: Some(id), state: state as i32 };
        self.api.admin.update_launch_plan(request).await.map(drop)
    }

    /// Registers and activates a launch plan, as if that had been at some time of the day.
    async fn activate(&mut self, plan: LaunchPlanCreateRequest, when: &str) {
        let id = plan.id.clone().unwrap();
        self.api.admin.create_launch_plan(plan).await.unwrap();
        self.set(id, LaunchPlanState::Active).await.unwrap();
        self.move_anchor(when).await;
    }

    async fn move_anchor(&self, when: &str) {
        let moved = "UPDATE schedules SET anchored_at = $1, settled_until = $1, next_at = $1";
        self.tables.update(moved, &format!("{:.9}", at(when))).await;
    }

    /// Times of day of the ticks that have executions, in the order of launching.
    async fn launched(&self) -> Vec<String> {
        let specs: Vec<(Vec<u8>,)> = self.tables.select("SELECT spec FROM executions ORDER BY id").await;
        let tick = |(spec,): &(Vec<u8>,)| {
            let metadata = ExecutionSpec::decode(&**spec).unwrap().metadata.unwrap();
            assert_eq!(metadata.mode(), ExecutionMode::Scheduled);
            let tick = Timestamp::from_second(metadata.scheduled_at.unwrap().seconds).unwrap();
            tick.strftime("%H:%M:%S").to_string()
        };
        specs.iter().map(tick).collect()
    }

    /// Outcome, ticks and message of what became no execution.
    async fn missed(&self) -> Vec<(String, i64, String)> {
        self.tables.select("SELECT outcome, ticks, message FROM missed_ticks ORDER BY id").await
    }

    async fn scheduled_versions(&self) -> Vec<String> {
        let versions: Vec<(String,)> = self.tables.select("SELECT version FROM schedules").await;
        versions.into_iter().map(|(version,)| version).collect()
    }
}

async fn open(folder: &Path, database: &Database, adjust: impl FnOnce(&mut Settings)) -> Server {
    let storage = Storage::folder(&folder.join("objects")).unwrap();
    let mut settings = Settings::new(folder, "http://public.test", storage);
    settings.database = database.clone();
    adjust(&mut settings);
    Server::open(settings, Arc::new(Nobody)).await.unwrap()
}

fn cron(text: &str) -> ScheduleExpression {
    ScheduleExpression::CronSchedule(CronSchedule { schedule: text.into(), offset: String::new() })
}

/// A launch plan of a workflow with one input, which is fixed unless it takes the tick.
fn plan(workflow: &str, expression: ScheduleExpression, kickoff: &str) -> LaunchPlanCreateRequest {
    let mut plan = fixture::launch_plan(workflow);
    plan.id.as_mut().unwrap().name = "nightly".into();
    let schedule = Schedule { kickoff_time_input_arg: kickoff.into(), schedule_expression: Some(expression) };
    let spec = plan.spec.as_mut().unwrap();
    spec.entity_metadata = Some(LaunchPlanMetadata { schedule: Some(schedule), ..Default::default() });
    spec.fixed_inputs = kickoff.is_empty().then(|| number(1));
    plan
}

fn version(mut plan: LaunchPlanCreateRequest, version: &str) -> LaunchPlanCreateRequest {
    plan.id.as_mut().unwrap().version = version.into();
    plan
}

fn nightly() -> Identifier {
    id(ResourceType::LaunchPlan, "nightly")
}

/// A workflow whose input is a datetime.
fn timed_workflow() -> WorkflowCreateRequest {
    let mut request =
        fixture::workflow("timed", vec![node("n0", "when", promise("", "a"))], promise("n0", "o0"));
    let template = request.spec.as_mut().unwrap().template.as_mut().unwrap();
    let interface = template.interface.as_mut().unwrap();
    for variables in [&mut interface.inputs, &mut interface.outputs] {
        for variable in variables.as_mut().unwrap().variables.values_mut() {
            let datetime = literal_type::Type::Simple(SimpleType::Datetime as i32);
            variable.r#type.as_mut().unwrap().r#type = Some(datetime);
        }
    }
    template.outputs = vec![bind("o0", promise("n0", "o0"))];
    request
}

async fn register_timed(bench: &mut Bench) {
    bench.api.admin.create_task(task("when", SimpleType::Datetime)).await.unwrap();
    bench.api.admin.create_workflow(timed_workflow()).await.unwrap();
}

/// Times of day at which a server says that something fires, after one of that day.
async fn told(bench: &Bench, of: Of, after: &str, limit: u32) -> Result<Vec<String>, Status> {
    let address = format!("http://{}", bench.api.address);
    let mut client = ScheduleServiceClient::connect(address).await.unwrap();
    let after = prost_types::Timestamp { seconds: at(after).as_second(), nanos: 0 };
    let request = ListFireTimesRequest { of: Some(of), after: Some(after), limit };
    let times = client.list_fire_times(request).await?.into_inner().times;
    let text = |tick: &prost_types::Timestamp| Timestamp::from_second(tick.seconds).unwrap();
    Ok(times.iter().map(|tick| text(tick).strftime("%d %H:%M:%S").to_string()).collect())
}

#[tokio::test]
async fn what_is_told_of_the_future_is_what_fires() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("CRON_TZ=Asia/Kathmandu */20 * * * *"), ""), "00:00:00").await;
    let next = told(&bench, Of::LaunchPlan(nightly()), "00:00:00", 3).await.unwrap();
    assert_eq!(next, ["02 00:15:00", "02 00:35:00", "02 00:55:00"]);
    run(&bench.api.server, "00:00:00", "01:10:00").await;
    assert_eq!(bench.launched().await, ["00:15:00", "00:35:00", "00:55:00"]);
}

#[tokio::test]
async fn a_rate_is_told_from_its_activation() {
    let mut bench = Bench::start().await;
    let rate = ScheduleExpression::Rate(FixedRate { value: 10, unit: FixedRateUnit::Minute as i32 });
    bench.activate(plan("wf", rate, ""), "00:03:07").await;
    let next = told(&bench, Of::LaunchPlan(nightly()), "00:15:00", 2).await.unwrap();
    assert_eq!(next, ["02 00:23:07", "02 00:33:07"]);
}

#[tokio::test]
async fn a_schedule_that_is_being_written_is_told_or_refused() {
    let bench = Bench::start().await;
    let of = |text: &str| {
        let schedule_expression = Some(cron(text));
        Of::Schedule(Schedule { schedule_expression, ..Schedule::default() })
    };
    let next = told(&bench, of("0 9 * * WED"), "10:00:00", 0).await.unwrap();
    assert_eq!((next.len(), next[0].as_str()), (10, "04 09:00:00"));
    assert_eq!(told(&bench, of("* * * * *"), "10:00:00", 1_000).await.unwrap().len(), 100);
    let refused = told(&bench, of("61 * * * *"), "10:00:00", 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("schedule.cron_schedule.schedule"), "{}", refused.message());
    let absent = told(&bench, Of::LaunchPlan(nightly()), "10:00:00", 0).await.unwrap_err();
    assert_eq!(absent.code(), Code::NotFound);
}

#[tokio::test]
async fn each_tick_becomes_one_execution() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("CRON_TZ=Asia/Kathmandu */20 * * * *"), ""), "00:00:00").await;
    run(&bench.api.server, "00:00:00", "01:10:00").await;
    // Kathmandu is a quarter to the hour ahead.
    assert_eq!(bench.launched().await, ["00:15:00", "00:35:00", "00:55:00"]);
    assert_eq!(bench.missed().await, []);
}

#[tokio::test]
async fn seconds_are_kept_apart() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("*/20 * * * * *"), ""), "00:00:00").await;
    run(&bench.api.server, "00:00:00", "00:01:05").await;
    assert_eq!(bench.launched().await, ["00:00:20", "00:00:40", "00:01:00"]);
}

#[tokio::test]
async fn a_rate_keeps_its_phase_over_a_restart() {
    let mut bench = Bench::start().await;
    let rate = ScheduleExpression::Rate(FixedRate { value: 10, unit: FixedRateUnit::Minute as i32 });
    bench.activate(plan("wf", rate, ""), "00:03:07").await;
    run(&bench.api.server, "00:03:07", "00:15:00").await;
    let restarted = bench.open(|_| {}).await;
    run(&restarted, "00:18:30", "00:35:00").await;
    assert_eq!(bench.launched().await, ["00:13:07", "00:23:07", "00:33:07"]);
}

#[tokio::test]
async fn the_tick_is_an_input_of_crons_and_rates() {
    let rate = ScheduleExpression::Rate(FixedRate { value: 1, unit: FixedRateUnit::Hour as i32 });
    for expression in [cron("0 * * * *"), rate] {
        let mut bench = Bench::start().await;
        register_timed(&mut bench).await;
        bench.activate(plan("timed", expression, "a"), "00:00:00").await;
        run(&bench.api.server, "00:00:00", "01:00:30").await;
        let names: Vec<(String,)> = bench.tables.select("SELECT execution_name FROM executions").await;
        let request = WorkflowExecutionGetDataRequest { id: Some(execution_id(&names[0].0)) };
        let data = bench.api.admin.get_execution_data(request).await.unwrap().into_inner();
        let tick = prost_types::Timestamp { seconds: at("01:00:00").as_second(), nanos: 0 };
        let expect: LiteralMap =
            fixture::inputs(&[("a", fixture::primitive(primitive::Value::Datetime(tick)))]);
        assert_eq!(data.full_inputs, Some(expect));
    }
}

#[tokio::test]
async fn an_outage_is_made_up_for_within_the_limit() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("*/10 * * * *"), ""), "00:00:00").await;
    run(&bench.api.server, "00:00:00", "00:15:00").await;
    let restarted = bench.open(|settings| settings.max_missed_ticks = 2).await;
    run(&restarted, "01:05:00", "01:15:00").await;
    assert_eq!(bench.launched().await, ["00:10:00", "00:50:00", "01:00:00", "01:10:00"]);
    assert_eq!(bench.missed().await, [("skipped".to_owned(), 3, String::new())]);
}

#[tokio::test]
async fn two_servers_on_one_database_launch_each_tick_once() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("* * * * *"), ""), "00:00:00").await;
    let rival = bench.open(|_| {}).await;
    // Both begin with an outage to make up for, and go on at a different pace.
    let first = run(&bench.api.server, "00:20:00", "00:40:00");
    let second = run(&rival, "00:25:00", "00:45:00");
    futures::future::join(first, second).await;
    let mut launched = bench.launched().await;
    launched.sort();
    let expect: Vec<String> = (1..45).map(|minute| format!("00:{minute:02}:00")).collect();
    assert_eq!(launched, expect);
    assert_eq!(bench.missed().await, []);
}

#[tokio::test]
async fn a_clock_that_steps_repeats_nothing_and_loses_nothing() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("*/5 * * * *"), ""), "00:00:00").await;
    let steps = [
        ("00:12:00", SignedDuration::from_mins(-7)),
        ("00:16:00", SignedDuration::from_mins(25)),
        ("00:46:00", SignedDuration::from_secs(-90)),
    ];
    run_with_steps(&bench.api.server, "00:00:00", "00:55:30", &steps).await;
    let expect: Vec<String> = (1..12).map(|five| format!("00:{:02}:00", five * 5)).collect();
    assert_eq!(bench.launched().await, expect);
}

#[tokio::test]
async fn a_schedule_follows_a_clock_that_was_far_ahead() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("0 * * * *"), ""), "00:00:00").await;
    let steps = [("01:30:00", SignedDuration::from_hours(20)), ("21:40:00", SignedDuration::from_hours(-20))];
    let server = bench.open(|settings| settings.max_missed_ticks = 1).await;
    run_with_steps(&server, "00:00:00", "03:30:00", &steps).await;
    let launched = bench.launched().await;
    assert_eq!(launched, ["01:00:00", "21:00:00", "02:00:00", "03:00:00"]);
    assert_eq!(bench.missed().await, [("skipped".to_owned(), 19, String::new())]);
}

#[tokio::test]
async fn an_invalid_launch_is_told_and_not_repeated() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("* * * * *"), ""), "00:00:00").await;
    let other_domains = bench.open(|settings| settings.domains = vec!["staging".into()]).await;
    run(&other_domains, "00:00:00", "00:03:30").await;
    assert_eq!(bench.launched().await, Vec::<String>::new());
    let message = "domain [development] is unrecognized; known are staging".to_owned();
    assert_eq!(bench.missed().await, [("refused".to_owned(), 3, message)]);
    run(&bench.api.server, "00:03:30", "00:04:30").await;
    assert_eq!(bench.launched().await, ["00:04:00"]);
}

#[tokio::test]
async fn a_failure_that_passes_costs_no_tick() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("* * * * *"), ""), "00:00:00").await;
    let (objects, aside) = (bench.folder.join("objects"), bench.folder.join("aside"));
    std::fs::rename(&objects, &aside).unwrap();
    std::fs::write(&objects, "no folder").unwrap();
    run(&bench.api.server, "00:00:00", "00:03:30").await;
    assert_eq!(bench.launched().await, Vec::<String>::new());
    std::fs::remove_file(&objects).unwrap();
    std::fs::rename(&aside, &objects).unwrap();
    run(&bench.api.server, "00:03:30", "00:04:30").await;
    assert_eq!(bench.launched().await, ["00:01:00", "00:02:00", "00:03:00", "00:04:00"]);
    assert_eq!(bench.missed().await, []);
}

#[tokio::test]
async fn the_schedule_is_that_of_the_active_version() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("* * * * *"), ""), "00:00:00").await;
    run(&bench.api.server, "00:00:00", "00:01:30").await;
    bench.activate(version(plan("wf", cron("30 * * * * *"), ""), "v2"), "00:01:30").await;
    assert_eq!(bench.scheduled_versions().await, ["v2"]);
    run(&bench.api.server, "00:01:30", "00:02:45").await;
    assert_eq!(bench.launched().await, ["00:01:00", "00:02:30"]);
    // Whoever deactivates an inactive version does not stop the active one.
    bench.set(nightly(), LaunchPlanState::Inactive).await.unwrap();
    assert_eq!(bench.scheduled_versions().await, ["v2"]);
    let v2 = Identifier { version: "v2".into(), ..nightly() };
    bench.set(v2, LaunchPlanState::Inactive).await.unwrap();
    assert_eq!(bench.scheduled_versions().await, Vec::<String>::new());
    run(&bench.api.server, "00:02:45", "00:05:00").await;
    assert_eq!(bench.launched().await.len(), 2);
}

#[tokio::test]
async fn activating_again_moves_no_anchor() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("@every 10m"), ""), "00:00:05").await;
    bench.set(nightly(), LaunchPlanState::Active).await.unwrap();
    run(&bench.api.server, "00:01:00", "00:10:30").await;
    assert_eq!(bench.launched().await, ["00:10:05"]);
}

#[tokio::test]
async fn a_version_without_a_schedule_ends_the_one_before() {
    let mut bench = Bench::start().await;
    bench.activate(plan("wf", cron("* * * * *"), ""), "00:00:00").await;
    let mut plain = version(plan("wf", cron("* * * * *"), ""), "v2");
    plain.spec.as_mut().unwrap().entity_metadata = None;
    bench.activate(plain, "00:00:00").await;
    assert_eq!(bench.scheduled_versions().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_registration() {
    let mut bench = Bench::start().await;
    register_timed(&mut bench).await;
    let offset = |offset: &str| {
        let cron = CronSchedule { schedule: "@daily".into(), offset: offset.into() };
        plan("wf", ScheduleExpression::CronSchedule(cron), "")
    };
    let mut unbound = plan("wf", cron("@daily"), "");
    unbound.spec.as_mut().unwrap().fixed_inputs = None;
    let mut fixed = plan("wf", cron("@daily"), "a");
    fixed.spec.as_mut().unwrap().fixed_inputs = Some(number(1));
    let mut only_kickoff = plan("wf", cron("@daily"), "a");
    let metadata = only_kickoff.spec.as_mut().unwrap().entity_metadata.as_mut().unwrap();
    metadata.schedule.as_mut().unwrap().schedule_expression = None;
    let never = ScheduleExpression::Rate(FixedRate { value: 0, unit: FixedRateUnit::Day as i32 });

    let field = "spec.entity_metadata.schedule";
    for (plan, expect) in [
        (
            plan("wf", cron("0 24 * * *"), ""),
            "cron_schedule.schedule, value:[0 24 * * *]: hour: `24` is none of 0 to 23",
        ),
        (
            plan("wf", cron("CRON_TZ=Berlin @daily"), ""),
            "cron_schedule.schedule, value:[CRON_TZ=Berlin @daily]: `Berlin` is no time zone",
        ),
        (
            offset("1 hour and a bit"),
            "cron_schedule.offset, value:[1 hour and a bit]: an offset is an ISO 8601 duration",
        ),
        (plan("wf", never, ""), "rate, value:[0 Day]: a rate is at least 1"),
        (unbound, "value:[a]: a scheduled launch has nobody to give it these inputs"),
        (
            plan("wf", cron("@daily"), "b"),
            "kickoff_time_input_arg, value:[b]: the launch plan has no free input of this name; it has [a]",
        ),
        (
            fixed,
            "kickoff_time_input_arg, value:[a]: the launch plan has no free input of this name; it has []",
        ),
        (plan("wf", cron("@daily"), "a"), "kickoff_time_input_arg, value:[a]: the input must be a datetime"),
        (only_kickoff, "missing spec.entity_metadata.schedule.schedule_expression"),
    ] {
        let refused = bench.api.admin.create_launch_plan(plan).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let message = refused.message();
        assert!(message.contains(field) && message.contains(expect), "{message}");
    }
    bench.api.admin.create_launch_plan(plan("timed", cron("@daily"), "a")).await.unwrap();
}

#[tokio::test]
async fn the_deprecated_form_is_refused_when_it_should_fire() {
    let mut bench = Bench::start().await;
    let aws = ScheduleExpression::CronExpression("0 9 * * ? *".into());
    bench.api.admin.create_launch_plan(plan("wf", aws, "")).await.unwrap();
    let refused = bench.set(nightly(), LaunchPlanState::Active).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("use cron_schedule"), "{}", refused.message());
}
