//! The engine's events as the messages that the control plane records.

use aileron_crd::{ExecutionEvent, ExecutionId};
use aileron_engine::{
    Array, AttemptPhase, CacheReport, END_NODE, ErrorKind, Event, Failure, ItemNews, ItemPhase, NodeIx,
    NodeKind, NodePhase, NodeState, Place, Plan, PlanNode, Recovered, RunEventPhase, RunState, Timestamp,
    child_execution, phase, place,
};
use aileron_idl::admin::node_execution_closure::TargetMetadata as Known;
use aileron_idl::core::{
    CatalogCacheStatus, ExecutionError, Identifier, NodeExecutionIdentifier, TaskLog, TaskTemplate,
    WorkflowExecutionIdentifier, execution_error, task_execution, task_log,
};
use aileron_idl::event::task_execution_metadata::InstanceClass;
use aileron_idl::event::{
    DynamicWorkflowNodeMetadata, EventReason, ExternalResourceInfo, NodeExecutionEvent,
    ParentNodeExecutionMetadata, TaskExecutionEvent, TaskExecutionMetadata, TaskNodeMetadata,
    WorkflowExecutionEvent, WorkflowNodeMetadata, node_execution_event, task_execution_event,
    workflow_execution_event,
};

use node_execution_event::TargetMetadata;

use crate::paths::Paths;
use crate::run::Waits;

/// Who sends the events.
pub const PRODUCER: &str = "propeller";
/// Form of node and task events.
const EVENT_VERSION: i32 = 1;
/// What runs tasks, as the control plane knows it.
const PLUGIN: &str = "container";
/// The same for arrays of tasks, and the type that their attempts have.
const ARRAY_PLUGIN: &str = "k8s-array";
const ARRAY_TYPE: &str = "container_array";
/// Longest error text that is sent, in bytes; of a longer one head and tail are kept.
const MESSAGE_LIMIT: usize = 100 << 10;

/// What all events of one run share.
#[derive(Clone, Debug)]
pub struct Narrator {
    execution: ExecutionId,
    paths: Paths,
    log_url_prefix: String,
}

impl Narrator {
    /// Events of one execution; a task's log is at `PREFIX/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT`.
    pub fn new(execution: ExecutionId, paths: Paths, log_url_prefix: &str) -> Narrator {
        Narrator { execution, paths, log_url_prefix: log_url_prefix.trim_end_matches('/').to_owned() }
    }

    /// The message for one event of the engine, which led to this state; `now` is when it is reported.
    pub fn tell(&self, plan: &Plan, state: &RunState, event: &Event, now: Timestamp) -> ExecutionEvent {
        match event {
            Event::Run { phase, at } => self.run(phase, *at),
            Event::Node { node, phase, attempt, at, cache } => {
                let of = Subject::new(plan, state, *node, *attempt);
                let told = self.node(&of, phase, *at, cache.as_ref());
                ExecutionEvent::Node(Box::new(NodeExecutionEvent { reported_at: Some(now.into()), ..told }))
            }
            Event::Attempt { node, attempt, phase, interruptible, at } => {
                let of =
                    Subject { interruptible: *interruptible, ..Subject::new(plan, state, *node, *attempt) };
                let told = self.attempt(&of, phase, *at);
                ExecutionEvent::Task(Box::new(TaskExecutionEvent { reported_at: Some(now.into()), ..told }))
            }
            Event::Items { node, attempt, items, version, at } => {
                let of = Subject::new(plan, state, *node, *attempt);
                let told = self.items(&of, items, *version, *at);
                ExecutionEvent::Task(Box::new(TaskExecutionEvent { reported_at: Some(now.into()), ..told }))
            }
        }
    }

    /// The message for what an attempt waits for before it runs.
    pub(crate) fn waits(
        &self,
        plan: &Plan,
        state: &RunState,
        (node, attempt): (NodeIx, u32),
        (waits, version): (&Waits, u32),
        now: Timestamp,
    ) -> ExecutionEvent {
        let of = Subject::now(plan, state, node, attempt);
        let told = self.attempt(&of, &AttemptPhase::Queued, now);
        let phase = if waits.initializing {
            task_execution::Phase::Initializing
        } else {
            task_execution::Phase::Queued
        };
        let reason = EventReason { reason: waits.reason.clone(), occurred_at: Some(now.into()) };
        ExecutionEvent::Task(Box::new(TaskExecutionEvent {
            phase: phase.into(),
            phase_version: version,
            reasons: vec![reason],
            reported_at: Some(now.into()),
            ..told
        }))
    }

    /// The message for something new of an attempt that goes on running; each has a higher version than the one before.
    pub(crate) fn goes_on(
        &self,
        plan: &Plan,
        state: &RunState,
        (node, attempt): (NodeIx, u32),
        version: u32,
        now: Timestamp,
    ) -> ExecutionEvent {
        let of = Subject::now(plan, state, node, attempt);
        let told = self.attempt(&of, &AttemptPhase::Running, now);
        let (phase_version, reported_at) = (version, Some(now.into()));
        ExecutionEvent::Task(Box::new(TaskExecutionEvent { phase_version, reported_at, ..told }))
    }

    /// The message for a change of the run itself, which needs no plan.
    pub fn run(&self, phase: &RunEventPhase, at: Timestamp) -> ExecutionEvent {
        use workflow_execution_event::OutputResult;
        let output_result = match phase {
            RunEventPhase::Running | RunEventPhase::Succeeding => None,
            RunEventPhase::Succeeded => {
                Some(OutputResult::OutputUri(self.paths.outputs(&Place::top(END_NODE), 0)))
            }
            RunEventPhase::Failing(failure) | RunEventPhase::Failed(failure) => {
                Some(OutputResult::Error(error(failure, at)))
            }
            RunEventPhase::Aborted(cause) => {
                Some(OutputResult::Error(aborted("Workflow aborted", cause, at)))
            }
        };
        ExecutionEvent::Workflow(Box::new(WorkflowExecutionEvent {
            execution_id: Some(self.execution_id()),
            producer_id: PRODUCER.to_owned(),
            phase: phase::run(phase).into(),
            occurred_at: Some(at.into()),
            output_result,
        }))
    }

    fn execution_id(&self) -> WorkflowExecutionIdentifier {
        WorkflowExecutionIdentifier::from(&self.execution)
    }

    fn node_id(&self, of: &Subject<'_>) -> NodeExecutionIdentifier {
        let node_id = of.place.unique_id.clone();
        NodeExecutionIdentifier { node_id, execution_id: Some(self.execution_id()) }
    }

    fn node(
        &self,
        of: &Subject<'_>,
        phase: &NodePhase,
        at: Timestamp,
        cache: Option<&CacheReport>,
    ) -> NodeExecutionEvent {
        let is_task = matches!(of.node.kind, NodeKind::Task(_));
        let task = is_task.then(|| TargetMetadata::TaskNodeMetadata(self.task_node(of, phase, cache)));
        let child = of.launch_plan.filter(|_| *phase != NodePhase::Queued).map(|_| {
            let name = child_execution(&self.execution.name, &of.place, of.attempt);
            let execution_id = Some(WorkflowExecutionIdentifier { name, ..self.execution_id() });
            TargetMetadata::WorkflowNodeMetadata(WorkflowNodeMetadata { execution_id })
        });
        NodeExecutionEvent {
            id: Some(self.node_id(of)),
            producer_id: PRODUCER.to_owned(),
            phase: phase::node(phase).into(),
            occurred_at: Some(at.into()),
            input_value: self.node_input(of),
            output_result: self.node_result(of, phase, at),
            deck_uri: match phase {
                NodePhase::Succeeded { deck: true } | NodePhase::Recovered(Recovered { deck: true, .. }) => {
                    self.paths.deck(&of.place, of.attempt)
                }
                NodePhase::Failed(failure) if failure.deck => self.paths.deck(&of.place, of.attempt),
                _ => String::new(),
            },
            target_metadata: recovered(phase).or(task).or(child),
            target_entity: of
                .task
                .filter(|_| is_task || of.array.is_some_and(|array| array.is_task))
                .and_then(|task| task.id.clone())
                .or_else(|| of.launch_plan.cloned()),
            parent_node_metadata: of
                .parent
                .as_ref()
                .map(|(node_id, _)| ParentNodeExecutionMetadata { node_id: node_id.clone() }),
            retry_group: of.parent.as_ref().map(|(_, attempt)| attempt.to_string()).unwrap_or_default(),
            is_parent: of.is_parent && of.array.is_none_or(Subject::has_nodes),
            is_dynamic: of.is_dynamic(),
            is_array: of.array.is_some_and(|array| !array.is_task),
            is_in_dynamic_chain: of.is_in_dynamic_chain,
            spec_node_id: of.node.id.clone(),
            node_name: of.node.name.clone(),
            event_version: EVENT_VERSION,
            ..Default::default()
        }
    }

    /// What a task's node is told with. The workflow that it made is told once; what is taken from the
    /// cache has nothing of its own that could be checkpointed.
    fn task_node(
        &self,
        of: &Subject<'_>,
        phase: &NodePhase,
        cache: Option<&CacheReport>,
    ) -> TaskNodeMetadata {
        let dynamic_workflow = match phase {
            NodePhase::Growing(workflow) => Some(DynamicWorkflowNodeMetadata {
                id: workflow.primary.as_ref().and_then(|made| made.template.as_ref()?.id.clone()),
                compiled_workflow: Some(workflow.as_ref().clone()),
                dynamic_job_spec_uri: self.paths.job_spec(&of.place, of.attempt),
            }),
            _ => None,
        };
        let cache = cache.cloned().unwrap_or_default();
        let has_own = !of.is_dynamic() && cache.status != CatalogCacheStatus::CacheHit;
        let checkpoint = || self.paths.checkpoint(&of.place, of.attempt);
        TaskNodeMetadata {
            cache_status: cache.status.into(),
            catalog_key: cache.key.map(|key| *key),
            reservation_status: cache.reservation.into(),
            checkpoint_uri: if has_own { checkpoint() } else { String::new() },
            dynamic_workflow,
        }
    }

    /// The start node has no inputs of its own: what it puts out is what the workflow was given.
    fn node_input(&self, of: &Subject<'_>) -> Option<node_execution_event::InputValue> {
        let uri = || node_execution_event::InputValue::InputUri(self.paths.inputs(&of.place, of.attempt));
        (of.node.kind != NodeKind::Start).then(uri)
    }

    fn node_result(
        &self,
        of: &Subject<'_>,
        phase: &NodePhase,
        at: Timestamp,
    ) -> Option<node_execution_event::OutputResult> {
        use node_execution_event::OutputResult;
        match phase {
            // What the end node takes in is what the workflow puts out; it has nothing more to add.
            _ if phase.is_success() && of.node.kind == NodeKind::End => None,
            _ if phase.is_success() && matches!(of.node.kind, NodeKind::Sleep(_)) => None,
            NodePhase::Recovered(_) | NodePhase::Succeeded { .. } => {
                Some(OutputResult::OutputUri(self.paths.outputs(&of.place, of.attempt)))
            }
            NodePhase::Failed(failure) => Some(OutputResult::Error(error(failure, at))),
            NodePhase::Aborted(cause) => Some(OutputResult::Error(aborted("NodeAborted", cause, at))),
            NodePhase::Queued | NodePhase::Running | NodePhase::Growing(_) | NodePhase::Skipped => None,
        }
    }

    fn attempt(&self, of: &Subject<'_>, phase: &AttemptPhase, at: Timestamp) -> TaskExecutionEvent {
        let told = self.task_attempt(of, phase, at);
        if of.array.is_none() {
            return told;
        }
        let metadata =
            TaskExecutionMetadata { plugin_identifier: ARRAY_PLUGIN.to_owned(), ..Default::default() };
        TaskExecutionEvent {
            task_type: ARRAY_TYPE.to_owned(),
            logs: Vec::new(),
            metadata: Some(metadata),
            ..told
        }
    }

    /// News of an array's items, as parts of its attempt.
    fn items(&self, of: &Subject<'_>, items: &[ItemNews], version: u32, at: Timestamp) -> TaskExecutionEvent {
        let mut told = self.attempt(of, &AttemptPhase::Running, at);
        told.phase_version = version;
        let parts = items.iter().map(|news| self.item(of, news));
        told.metadata.get_or_insert_default().external_resources = parts.collect();
        told
    }

    fn item(&self, of: &Subject<'_>, news: &ItemNews) -> ExternalResourceInfo {
        let place = of.place.clone().item(of.attempt, news.index);
        let numbered = |log: TaskLog| TaskLog { name: format!("{}-{}", log.name, news.index), ..log };
        ExternalResourceInfo {
            external_id: self.paths.generated_name(&place, news.attempt),
            index: news.index,
            retry_attempt: news.attempt,
            phase: phase::item(news.phase).into(),
            logs: match news.phase {
                ItemPhase::Queued => Vec::new(),
                _ => vec![numbered(self.log(&place, news.attempt))],
            },
            ..Default::default()
        }
    }

    fn task_attempt(&self, of: &Subject<'_>, phase: &AttemptPhase, at: Timestamp) -> TaskExecutionEvent {
        TaskExecutionEvent {
            task_id: of.task.and_then(|task| task.id.clone()),
            parent_node_execution_id: Some(self.node_id(of)),
            retry_attempt: of.attempt,
            phase: phase::attempt(phase).into(),
            producer_id: PRODUCER.to_owned(),
            logs: match phase {
                // A task that waits has no log yet.
                AttemptPhase::Queued => Vec::new(),
                _ => vec![self.log(&of.place, of.attempt)],
            },
            occurred_at: Some(at.into()),
            input_value: Some(task_execution_event::InputValue::InputUri(
                self.paths.inputs(&of.place, of.attempt),
            )),
            output_result: self.attempt_result(of, phase, at),
            task_type: of.task.map(|task| task.r#type.clone()).unwrap_or_default(),
            metadata: Some(TaskExecutionMetadata {
                generated_name: self.paths.generated_name(&of.place, of.attempt),
                plugin_identifier: PLUGIN.to_owned(),
                instance_class: instance_class(of.interruptible).into(),
                ..Default::default()
            }),
            event_version: EVENT_VERSION,
            ..Default::default()
        }
    }

    fn attempt_result(
        &self,
        of: &Subject<'_>,
        phase: &AttemptPhase,
        at: Timestamp,
    ) -> Option<task_execution_event::OutputResult> {
        use task_execution_event::OutputResult;
        match phase {
            AttemptPhase::Queued | AttemptPhase::Running => None,
            AttemptPhase::Succeeded { .. } => {
                Some(OutputResult::OutputUri(self.paths.outputs(&of.place, of.attempt)))
            }
            AttemptPhase::Failed(failure) => Some(OutputResult::Error(error(failure, at))),
            AttemptPhase::Aborted(cause) => Some(OutputResult::Error(aborted("Task Aborted", cause, at))),
        }
    }

    fn log(&self, place: &Place, attempt: u32) -> TaskLog {
        let ExecutionId { project, domain, name } = &self.execution;
        let segments = [project.as_str(), domain, name, &place.unique_id];
        let path: String = segments.iter().flat_map(|segment| ["/".to_owned(), escape(segment)]).collect();
        TaskLog {
            uri: format!("{}{path}/{attempt}", self.log_url_prefix),
            name: "Task log".to_owned(),
            message_format: task_log::MessageFormat::Unknown.into(),
            ..Default::default()
        }
    }
}

/// What the other execution knew of a node that is taken from there.
fn recovered(phase: &NodePhase) -> Option<TargetMetadata> {
    let NodePhase::Recovered(Recovered { target, .. }) = phase else { return None };
    Some(match target.as_deref()? {
        Known::WorkflowNodeMetadata(child) => {
            let execution_id = child.execution_id.clone();
            TargetMetadata::WorkflowNodeMetadata(WorkflowNodeMetadata { execution_id })
        }
        Known::TaskNodeMetadata(task) => TargetMetadata::TaskNodeMetadata(TaskNodeMetadata {
            cache_status: task.cache_status,
            catalog_key: task.catalog_key.clone(),
            checkpoint_uri: task.checkpoint_uri.clone(),
            ..Default::default()
        }),
    })
}

/// What an event is about.
struct Subject<'a> {
    node: &'a PlanNode,
    /// The task that it runs, or that its items run.
    task: Option<&'a TaskTemplate>,
    array: Option<&'a Array>,
    /// Whether the attempt has other nodes inside.
    is_parent: bool,
    /// Whether it is inside of what a task made, at any depth.
    is_in_dynamic_chain: bool,
    launch_plan: Option<&'a Identifier>,
    place: Place,
    attempt: u32,
    /// Whether the attempt may be taken away half-done.
    interruptible: bool,
    /// The unique id of the node that it is inside of, and the attempt of that.
    parent: Option<(String, u32)>,
}

impl<'a> Subject<'a> {
    /// An attempt that goes on: it may be taken away as the tries of its node say.
    fn now(plan: &'a Plan, state: &RunState, node: NodeIx, attempt: u32) -> Subject<'a> {
        let interruptible = match state.node(node) {
            NodeState::Active(active) => plan.is_interruptible(node, active.tries),
            _ => false,
        };
        Subject { interruptible, ..Subject::new(plan, state, node, attempt) }
    }

    fn new(plan: &'a Plan, state: &RunState, ix: NodeIx, attempt: u32) -> Subject<'a> {
        let node = plan.node(ix);
        let array = plan.array_of(ix);
        let task = match array.map_or(node.kind, |array| array.item.kind) {
            NodeKind::Task(task) => Some(plan.task(task).as_ref()),
            _ => None,
        };
        let outer = std::iter::successors(node.parent, |ix| plan.node(*ix).parent);
        let launch_plan = match node.kind {
            NodeKind::LaunchPlan(used) => Some(plan.launch_plan(used)),
            _ => None,
        };
        let parent = |parent| (place(plan, state, parent).unique_id, state.node(parent).attempt());
        Subject {
            node,
            task,
            array,
            is_parent: plan.is_parent(ix, attempt),
            is_in_dynamic_chain: outer.into_iter().any(|ix| matches!(plan.node(ix).kind, NodeKind::Task(_))),
            launch_plan,
            place: place(plan, state, ix),
            attempt,
            interruptible: false,
            parent: node.parent.map(parent),
        }
    }

    /// Whether it is a task whose attempt made a workflow.
    fn is_dynamic(&self) -> bool {
        self.is_parent && matches!(self.node.kind, NodeKind::Task(_))
    }

    /// Whether an array's items are nodes to those who hear of it: executions are, tasks are parts of its
    /// own attempt.
    fn has_nodes(array: &Array) -> bool {
        matches!(array.item.kind, NodeKind::LaunchPlan(_))
    }
}

fn instance_class(interruptible: bool) -> InstanceClass {
    if interruptible { InstanceClass::Interruptible } else { InstanceClass::Default }
}

fn error(failure: &Failure, at: Timestamp) -> ExecutionError {
    let kind = match failure.kind {
        ErrorKind::Unknown => execution_error::ErrorKind::Unknown,
        ErrorKind::User => execution_error::ErrorKind::User,
        ErrorKind::System => execution_error::ErrorKind::System,
    };
    ExecutionError {
        code: failure.code.clone(),
        message: trimmed(&failure.message),
        kind: kind.into(),
        timestamp: Some(failure.raised_at.unwrap_or(at).into()),
        ..Default::default()
    }
}

fn aborted(code: &str, cause: &str, at: Timestamp) -> ExecutionError {
    ExecutionError {
        code: code.to_owned(),
        message: trimmed(cause),
        timestamp: Some(at.into()),
        ..Default::default()
    }
}

/// Head and tail of a text that is longer than [`MESSAGE_LIMIT`].
fn trimmed(text: &str) -> String {
    if text.len() <= MESSAGE_LIMIT {
        return text.to_owned();
    }
    let half = MESSAGE_LIMIT / 2;
    let head = text.floor_char_boundary(half);
    let tail = text.ceil_char_boundary(text.len() - half);
    format!("{}\n... {} bytes left out ...\n{}", &text[..head], tail - head, &text[tail..])
}

/// The segment with everything but unreserved characters percent-encoded.
fn escape(segment: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    segment
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
