//! The engine's events as the messages that the control plane records.

use aileron_crd::{ExecutionEvent, ExecutionId};
use aileron_engine::{AttemptPhase, ErrorKind, Event, Failure, NodeIx, NodeKind, NodePhase, Place, Plan};
use aileron_engine::{END_NODE, PlanNode, RunEventPhase, RunState, Timestamp, child_execution, phase, place};
use aileron_idl::core::{
    ExecutionError, Identifier, NodeExecutionIdentifier, TaskLog, TaskTemplate, WorkflowExecutionIdentifier,
    execution_error, task_log,
};
use aileron_idl::event::task_execution_metadata::InstanceClass;
use aileron_idl::event::{
    NodeExecutionEvent, ParentNodeExecutionMetadata, TaskExecutionEvent, TaskExecutionMetadata,
    TaskNodeMetadata, WorkflowExecutionEvent, WorkflowNodeMetadata, node_execution_event,
    task_execution_event, workflow_execution_event,
};

use node_execution_event::TargetMetadata;

use crate::paths::Paths;

/// Who sends the events.
pub const PRODUCER: &str = "propeller";
/// Form of node and task events.
const EVENT_VERSION: i32 = 1;
/// What runs tasks, as the control plane knows it.
const PLUGIN: &str = "container";
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
            Event::Node { node, phase, attempt, at } => {
                let told = self.node(&Subject::new(plan, state, *node, *attempt), phase, *at);
                ExecutionEvent::Node(Box::new(NodeExecutionEvent { reported_at: Some(now.into()), ..told }))
            }
            Event::Attempt { node, attempt, phase, at } => {
                let told = self.attempt(&Subject::new(plan, state, *node, *attempt), phase, *at);
                ExecutionEvent::Task(Box::new(TaskExecutionEvent { reported_at: Some(now.into()), ..told }))
            }
        }
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

    fn node(&self, of: &Subject<'_>, phase: &NodePhase, at: Timestamp) -> NodeExecutionEvent {
        let checkpoint = |_| self.paths.checkpoint(&of.place, of.attempt);
        let task = of.task.map(checkpoint).map(|checkpoint_uri| {
            let metadata = TaskNodeMetadata { checkpoint_uri, ..Default::default() };
            TargetMetadata::TaskNodeMetadata(metadata)
        });
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
                NodePhase::Succeeded { deck: true } => self.paths.deck(&of.place, of.attempt),
                _ => String::new(),
            },
            target_metadata: task.or(child),
            target_entity: of.task.and_then(|task| task.id.clone()).or_else(|| of.launch_plan.cloned()),
            parent_node_metadata: of
                .parent
                .as_ref()
                .map(|(node_id, _)| ParentNodeExecutionMetadata { node_id: node_id.clone() }),
            retry_group: of.parent.as_ref().map(|(_, attempt)| attempt.to_string()).unwrap_or_default(),
            is_parent: of.node.kind.is_parent(),
            spec_node_id: of.node.id.clone(),
            node_name: of.node.name.clone(),
            event_version: EVENT_VERSION,
            ..Default::default()
        }
    }

    /// The start node has no inputs of its own: what it puts out is what the workflow was given.
    fn node_input(&self, of: &Subject<'_>) -> Option<node_execution_event::InputValue> {
        let uri = || node_execution_event::InputValue::InputUri(self.paths.inputs(&of.place));
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
            NodePhase::Succeeded { .. } if of.node.kind == NodeKind::End => None,
            NodePhase::Succeeded { .. } if matches!(of.node.kind, NodeKind::Sleep(_)) => None,
            NodePhase::Succeeded { .. } => {
                Some(OutputResult::OutputUri(self.paths.outputs(&of.place, of.attempt)))
            }
            NodePhase::Failed(failure) => Some(OutputResult::Error(error(failure, at))),
            NodePhase::Aborted(cause) => Some(OutputResult::Error(aborted("NodeAborted", cause, at))),
            NodePhase::Queued | NodePhase::Running | NodePhase::Skipped => None,
        }
    }

    fn attempt(&self, of: &Subject<'_>, phase: &AttemptPhase, at: Timestamp) -> TaskExecutionEvent {
        TaskExecutionEvent {
            task_id: of.task.and_then(|task| task.id.clone()),
            parent_node_execution_id: Some(self.node_id(of)),
            retry_attempt: of.attempt,
            phase: phase::attempt(phase).into(),
            producer_id: PRODUCER.to_owned(),
            logs: self.logs(of, phase),
            occurred_at: Some(at.into()),
            input_value: Some(task_execution_event::InputValue::InputUri(self.paths.inputs(&of.place))),
            output_result: self.attempt_result(of, phase, at),
            task_type: of.task.map(|task| task.r#type.clone()).unwrap_or_default(),
            metadata: Some(TaskExecutionMetadata {
                generated_name: self.paths.generated_name(&of.place, of.attempt),
                plugin_identifier: PLUGIN.to_owned(),
                instance_class: instance_class(of.node).into(),
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

    /// A task that waits has no log yet.
    fn logs(&self, of: &Subject<'_>, phase: &AttemptPhase) -> Vec<TaskLog> {
        if *phase == AttemptPhase::Queued {
            return Vec::new();
        }
        let ExecutionId { project, domain, name } = &self.execution;
        let segments = [project.as_str(), domain, name, &of.place.unique_id];
        let path: String = segments.iter().flat_map(|segment| ["/".to_owned(), escape(segment)]).collect();
        vec![TaskLog {
            uri: format!("{}{path}/{}", self.log_url_prefix, of.attempt),
            name: "Task log".to_owned(),
            message_format: task_log::MessageFormat::Unknown.into(),
            ..Default::default()
        }]
    }
}

/// What an event is about.
struct Subject<'a> {
    node: &'a PlanNode,
    task: Option<&'a TaskTemplate>,
    launch_plan: Option<&'a Identifier>,
    place: Place,
    attempt: u32,
    /// The unique id of the node that it is inside of, and the attempt of that.
    parent: Option<(String, u32)>,
}

impl<'a> Subject<'a> {
    fn new(plan: &'a Plan, state: &RunState, ix: NodeIx, attempt: u32) -> Subject<'a> {
        let node = plan.node(ix);
        let task = match node.kind {
            NodeKind::Task(task) => Some(plan.task(task)),
            _ => None,
        };
        let launch_plan = match node.kind {
            NodeKind::LaunchPlan(used) => Some(plan.launch_plan(used)),
            _ => None,
        };
        let parent = |parent| (place(plan, state, parent).unique_id, state.node(parent).attempt());
        Subject {
            node,
            task,
            launch_plan,
            place: place(plan, state, ix),
            attempt,
            parent: node.parent.map(parent),
        }
    }
}

fn instance_class(node: &PlanNode) -> InstanceClass {
    if node.interruptible { InstanceClass::Interruptible } else { InstanceClass::Default }
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
