//! A data folder, drivers in it, and a sink that remembers.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aileron_crd::{API_VERSION, ExecutionEvent, ExecutionId, FlyteWorkflow, KIND};
use aileron_idl::core::{
    ExecutionError, Literal, LiteralCollection, LiteralMap, Primitive, Scalar, TaskLog, literal,
    node_execution, primitive, scalar, task_execution, workflow_execution,
};
use aileron_idl::event::{task_execution_event, workflow_execution_event};
use aileron_propeller::local::{LocalDriver, Settings};
use aileron_propeller::sink::{EventSink, SinkError};
use aileron_storage::Storage;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::control::Control;
use crate::flow::Flow;

/// Nothing here takes this long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Remembers every event.
pub(crate) struct Sink {
    events: watch::Sender<Vec<ExecutionEvent>>,
    /// How many deliveries are still to be put off.
    pub(crate) put_off: AtomicUsize,
}

impl EventSink for Sink {
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>> {
        let put_off =
            self.put_off.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if put_off.is_ok() {
            return Box::pin(async { Err(SinkError::Unavailable("not now".into())) });
        }
        self.events.send_modify(|known| known.extend(events));
        Box::pin(async { Ok(()) })
    }
}

impl Sink {
    pub(crate) fn new() -> Arc<Sink> {
        Arc::new(Sink { events: watch::Sender::new(Vec::new()), put_off: AtomicUsize::new(0) })
    }

    /// Waits until a line like `run SUCCEEDED` was recorded, and gives all lines of the execution.
    pub(crate) async fn wait_for(&self, execution: &str, line: &str) -> Vec<String> {
        let mut events = self.events.subscribe();
        let recorded =
            |events: &Vec<ExecutionEvent>| lines(events, execution).iter().any(|known| known == line);
        let waited = tokio::time::timeout(LIMIT, events.wait_for(recorded)).await;
        if waited.is_err() {
            panic!("no `{line}` in {:#?}", self.lines(execution));
        }
        self.lines(execution)
    }

    pub(crate) fn lines(&self, execution: &str) -> Vec<String> {
        lines(&self.events.borrow(), execution)
    }

    /// The error of the run's last event, or of an attempt.
    pub(crate) fn run_error(&self) -> ExecutionError {
        let found = self.events.borrow().iter().rev().find_map(|event| match event {
            ExecutionEvent::Workflow(event) => match &event.output_result {
                Some(workflow_execution_event::OutputResult::Error(error)) => Some(error.clone()),
                _ => None,
            },
            _ => None,
        });
        found.unwrap()
    }

    pub(crate) fn attempt_error(&self, attempt: u32) -> ExecutionError {
        let found = self.events.borrow().iter().find_map(|event| match event {
            ExecutionEvent::Task(event) if event.retry_attempt == attempt => match &event.output_result {
                Some(task_execution_event::OutputResult::Error(error)) => Some(error.clone()),
                _ => None,
            },
            _ => None,
        });
        found.unwrap()
    }

    /// All links that were told of attempts.
    pub(crate) fn task_links(&self, execution: &str) -> Vec<TaskLog> {
        let of = |event: &ExecutionEvent| match event {
            ExecutionEvent::Task(task) if line(event, execution).is_some() => task.logs.clone(),
            _ => Vec::new(),
        };
        self.events.borrow().iter().flat_map(of).collect()
    }

    pub(crate) fn events(&self) -> Vec<ExecutionEvent> {
        self.events.borrow().clone()
    }
}

fn lines(events: &[ExecutionEvent], execution: &str) -> Vec<String> {
    events.iter().filter_map(|event| line(event, execution)).collect()
}

/// `run PHASE`, `NODE PHASE` or `NODE/ATTEMPT PHASE`.
fn line(event: &ExecutionEvent, execution: &str) -> Option<String> {
    let (id, line) = match event {
        ExecutionEvent::Workflow(event) => {
            let phase = workflow_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            (event.execution_id.as_ref()?, format!("run {phase}"))
        }
        ExecutionEvent::Node(event) => {
            let phase = node_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            let id = event.id.as_ref()?;
            (id.execution_id.as_ref()?, format!("{} {phase}", id.node_id))
        }
        ExecutionEvent::Task(event) => {
            let phase = task_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            let id = event.parent_node_execution_id.as_ref()?;
            (id.execution_id.as_ref()?, format!("{}/{} {phase}", id.node_id, event.retry_attempt))
        }
    };
    (id.name == execution).then_some(line)
}

/// A data folder with its sink; drivers come and go.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
    pub(crate) storage: Storage,
    pub(crate) sink: Arc<Sink>,
    pub(crate) control: Arc<Control>,
    slots: usize,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        Machine::with_slots(4)
    }

    pub(crate) fn with_slots(slots: usize) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(&folder.path().join("objects")).unwrap();
        Machine { folder, storage, sink: Sink::new(), control: Arc::default(), slots }
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.folder.path(), self.storage.clone());
        settings.parallel_attempts = NonZeroUsize::new(self.slots).unwrap();
        settings.log_url_prefix = "http://here/logs".into();
        settings.environment = vec![("PATH".into(), "/usr/bin:/bin".into()), ("SECRET".into(), "s".into())];
        settings
    }

    pub(crate) async fn open(&self) -> LocalDriver {
        LocalDriver::open(self.settings(), self.sink.clone(), self.control.clone()).await.unwrap()
    }

    /// Writes what a control plane would, and gives the object that starts it.
    pub(crate) async fn workflow(&self, name: &str, flow: Flow) -> FlyteWorkflow {
        let (closure, inputs) = (self.storage.uri(&["closures", name]), self.storage.uri(&["inputs", name]));
        self.storage.put_message(&closure, &flow.closure()).await.unwrap();
        self.storage.put_message(&inputs, &integer(7)).await.unwrap();
        FlyteWorkflow {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            metadata: aileron_crd::Metadata { namespace: "p-d".into(), ..Default::default() },
            execution_id: execution(name),
            workflow_closure_reference: closure,
            offloaded_inputs: inputs,
            ..FlyteWorkflow::default()
        }
    }

    /// The outputs of a run.
    pub(crate) async fn outputs(&self, name: &str) -> LiteralMap {
        let folder = format!("p-d-{name}");
        let segments = ["metadata", "propeller", &folder, "end-node", "data", "0", "outputs.pb"];
        self.storage.get_message(&self.storage.uri(&segments)).await.unwrap()
    }

    /// Writes the inputs of executions of this name: one list.
    pub(crate) async fn give_list(&self, name: &str, values: impl IntoIterator<Item = i64>) {
        let literals = values.into_iter().map(|value| integer(value).literals.remove("o0").unwrap());
        let value = Some(literal::Value::Collection(LiteralCollection { literals: literals.collect() }));
        let list = Literal { value, ..Default::default() };
        let inputs = LiteralMap { literals: [("o0".to_owned(), list)].into() };
        self.storage.put_message(&self.storage.uri(&["inputs", name]), &inputs).await.unwrap();
    }

    /// The output of a run that is a list: numbers, and `None` for nothing.
    pub(crate) async fn output_list(&self, name: &str) -> Vec<Option<i64>> {
        let output = self.outputs(name).await.literals.remove("o0").unwrap();
        let Some(literal::Value::Collection(list)) = output.value else { panic!("no list: {output:?}") };
        list.literals.iter().map(number).collect()
    }

    /// Writes what a task is to leave as the workflow that it makes, and gives the script that leaves it.
    pub(crate) fn makes(&self, name: &str, spec: &[u8]) -> String {
        let file = self.file(name);
        std::fs::write(&file, spec).unwrap();
        format!("cp {} $out/futures.pb", file.display())
    }

    /// A file that a script can reach by its path.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn attempt(&self, execution: &str, node: &str, attempt: u32) -> PathBuf {
        self.folder.path().join(format!("attempts/p-d-{execution}/{node}/{attempt}"))
    }
}

pub(crate) fn execution(name: &str) -> ExecutionId {
    ExecutionId { project: "p".into(), domain: "d".into(), name: name.into() }
}

/// `{o0: value}`.
pub(crate) fn integer(value: i64) -> LiteralMap {
    let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    let literal = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() };
    LiteralMap { literals: [("o0".to_owned(), literal)].into() }
}

fn number(literal: &Literal) -> Option<i64> {
    let Some(literal::Value::Scalar(scalar)) = &literal.value else { return None };
    let Some(scalar::Value::Primitive(primitive)) = &scalar.value else { return None };
    match primitive.value {
        Some(primitive::Value::Integer(value)) => Some(value),
        _ => None,
    }
}

/// Waits for a condition that no event tells of.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, wait).await.is_ok(), "never: {what}");
}

/// The lines of a file; none when it is not there.
pub(crate) fn lines_of(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Whether a process runs; a zombie does not.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}
