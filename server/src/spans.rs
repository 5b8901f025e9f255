//! The time of an execution as a tree of spans. A span is named by what it is of: an execution, a node,
//! an attempt, or one of the operations between them, which are the time nobody's code ran.

use std::collections::{BTreeMap, HashMap};

use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::admin::{NodeExecution, TaskExecution, WorkflowClosure};
use aileron_idl::core::{CompiledWorkflow, Span, span};
use prost_types::Timestamp;

use crate::clock;
use crate::store::executions::ExecutionRow;
use crate::store::node_executions::{NodeRow, Parent};
use crate::store::task_executions::AttemptRow;

const WORKFLOW_SETUP: &str = "WORKFLOW_SETUP";
const WORKFLOW_TEARDOWN: &str = "WORKFLOW_TEARDOWN";
const NODE_SETUP: &str = "NODE_SETUP";
const NODE_IDLE: &str = "NODE_IDLE";
const NODE_RESET: &str = "NODE_RESET";
const NODE_TRANSITION: &str = "NODE_TRANSITION";
const NODE_TEARDOWN: &str = "NODE_TEARDOWN";
const TASK_SETUP: &str = "TASK_SETUP";
const TASK_RUNTIME: &str = "TASK_RUNTIME";
const TASK_TEARDOWN: &str = "TASK_TEARDOWN";

/// Most levels of nodes below nodes.
const DEEPEST: i32 = 64;

/// The rows of one execution, each beside its parent.
pub(crate) struct Spans {
    /// By what they are a part of.
    nodes: HashMap<Parent, Vec<NodeRow>>,
    /// By the id of the node.
    attempts: HashMap<String, Vec<TaskExecution>>,
    /// What a node waits for, by their ids in the workflow.
    upstream: BTreeMap<String, Vec<String>>,
}

impl Spans {
    /// Both lists in the order of creation.
    pub(crate) fn new(workflow: &WorkflowClosure, nodes: Vec<NodeRow>, attempts: Vec<AttemptRow>) -> Spans {
        let mut spans =
            Spans { nodes: HashMap::new(), attempts: HashMap::new(), upstream: upstream(workflow) };
        for row in nodes {
            spans.nodes.entry(row.parent).or_default().push(row);
        }
        for AttemptRow { attempt, .. } in attempts {
            let node = attempt.id.as_ref().and_then(|id| id.node_execution_id.as_ref());
            let node = node.map(|node| node.node_id.clone()).unwrap_or_default();
            spans.attempts.entry(node).or_default().push(attempt);
        }
        spans
    }

    /// The execution and, at a depth other than 0, what is in it.
    pub(crate) fn of_execution(&self, row: ExecutionRow, depth: i32) -> Span {
        let (began, ended) = (row.closure.created_at, row.closure.updated_at);
        let mut parts = Vec::new();
        if depth != 0 {
            let nodes = self.below(Parent::None);
            let started = nodes.iter().find(|row| spec_id(&row.node) == START_NODE).or(nodes.first());
            push(&mut parts, WORKFLOW_SETUP, began, started.and_then(|row| first_moment(&row.node)));
            self.push_nodes(&mut parts, nodes, limited(depth) - 1);
            let last = nodes.iter().filter_map(|row| updated(&row.node)).max_by_key(instant);
            push(&mut parts, WORKFLOW_TEARDOWN, last, ended);
        }
        Span { start_time: began, end_time: ended, id: Some(span::Id::WorkflowId(row.id)), spans: parts }
    }

    fn below(&self, parent: Parent) -> &[NodeRow] {
        self.nodes.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Each node, after the time that passed since the last of those it waited for.
    fn push_nodes(&self, parts: &mut Vec<Span>, nodes: &[NodeRow], depth: i32) {
        let ends: HashMap<&str, Timestamp> =
            nodes.iter().filter_map(|row| Some((spec_id(&row.node), updated(&row.node)?))).collect();
        for row in nodes.iter().filter(|row| ![START_NODE, END_NODE].contains(&spec_id(&row.node))) {
            let waited = self.upstream.get(spec_id(&row.node)).into_iter().flatten();
            let last = waited.filter_map(|id| ends.get(id.as_str()).copied()).max_by_key(instant);
            push(parts, NODE_TRANSITION, last, created(&row.node));
            parts.push(self.of_node(row, depth));
        }
    }

    fn of_node(&self, row: &NodeRow, depth: i32) -> Span {
        let (began, ended) = (created(&row.node), updated(&row.node));
        let mut parts = Vec::new();
        if depth != 0 {
            let id = row.node.id.as_ref().map(|id| id.node_id.as_str()).unwrap_or_default();
            let attempts = self.attempts.get(id).map_or(&[][..], Vec::as_slice);
            let children = row.key.map_or(&[][..], |key| self.below(Parent::Node(key)));
            match (attempts.is_empty(), children.is_empty()) {
                (true, true) => push_idle(&mut parts, &row.node),
                _ => self.push_work(&mut parts, row, attempts, children, depth),
            }
        }
        let id = row.node.id.clone().map(span::Id::NodeId);
        Span { start_time: began, end_time: ended, id, spans: parts }
    }

    /// What a node did: its attempts, then its children.
    fn push_work(
        &self,
        parts: &mut Vec<Span>,
        row: &NodeRow,
        attempts: &[TaskExecution],
        children: &[NodeRow],
        depth: i32,
    ) {
        let first = attempts.first().and_then(attempt_created);
        let first = first.or_else(|| children.first().and_then(|child| created(&child.node)));
        push(parts, NODE_SETUP, created(&row.node), first);
        let mut previous: Option<Timestamp> = None;
        for attempt in attempts {
            push(parts, NODE_RESET, previous, attempt_created(attempt));
            parts.push(of_attempt(attempt, depth - 1));
            previous = attempt_updated(attempt);
        }
        push(parts, NODE_RESET, previous, children.first().and_then(|child| created(&child.node)));
        self.push_nodes(parts, children, depth - 1);
        let ends = children.iter().filter_map(|child| updated(&child.node)).chain(previous);
        push(parts, NODE_TEARDOWN, ends.max_by_key(instant), updated(&row.node));
    }
}

/// A node that nothing ran for: it waited, or another execution ran.
fn push_idle(parts: &mut Vec<Span>, node: &NodeExecution) {
    let closure = node.closure.clone().unwrap_or_default();
    let Some(started) = closure.started_at else {
        push(parts, NODE_SETUP, closure.created_at, closure.updated_at);
        return;
    };
    push(parts, NODE_SETUP, closure.created_at, Some(started));
    let idle = closure.duration.map(|duration| after(&started, &duration)).or(closure.updated_at);
    push(parts, NODE_IDLE, Some(started), idle);
    push(parts, NODE_TEARDOWN, idle, closure.updated_at);
}

fn of_attempt(attempt: &TaskExecution, depth: i32) -> Span {
    let closure = attempt.closure.clone().unwrap_or_default();
    let mut parts = Vec::new();
    if depth != 0 {
        match closure.started_at {
            None => push(&mut parts, TASK_SETUP, closure.created_at, closure.updated_at),
            Some(started) => {
                push(&mut parts, TASK_SETUP, closure.created_at, Some(started));
                let ran = closure.duration.map(|duration| after(&started, &duration)).or(closure.updated_at);
                push(&mut parts, TASK_RUNTIME, Some(started), ran);
                push(&mut parts, TASK_TEARDOWN, ran, closure.updated_at);
            }
        }
    }
    let id = attempt.id.clone().map(span::Id::TaskId);
    Span { start_time: closure.created_at, end_time: closure.updated_at, id, spans: parts }
}

/// Adds an operation, unless an end of it is not known or it ended before it began.
fn push(parts: &mut Vec<Span>, operation: &str, began: Option<Timestamp>, ended: Option<Timestamp>) {
    let (Some(began), Some(ended)) = (began, ended) else { return };
    if instant(&ended) < instant(&began) {
        return;
    }
    let id = Some(span::Id::OperationId(operation.to_owned()));
    parts.push(Span { start_time: Some(began), end_time: Some(ended), id, spans: Vec::new() });
}

/// Negative depths are all there is, within reason.
const fn limited(depth: i32) -> i32 {
    if depth < 0 || depth > DEEPEST { DEEPEST } else { depth }
}

/// What every node waits for, in the workflow and those in it.
fn upstream(workflow: &WorkflowClosure) -> BTreeMap<String, Vec<String>> {
    let compiled = workflow.compiled_workflow.iter();
    let workflows = compiled.flat_map(|compiled| compiled.primary.iter().chain(&compiled.sub_workflows));
    let of = |workflow: &CompiledWorkflow| workflow.connections.clone().unwrap_or_default().upstream;
    workflows.flat_map(of).map(|(id, waits)| (id, waits.ids)).collect()
}

fn spec_id(node: &NodeExecution) -> &str {
    node.metadata.as_ref().map(|metadata| metadata.spec_node_id.as_str()).unwrap_or_default()
}

fn created(node: &NodeExecution) -> Option<Timestamp> {
    node.closure.as_ref()?.created_at
}

fn updated(node: &NodeExecution) -> Option<Timestamp> {
    node.closure.as_ref()?.updated_at
}

/// When a node began: the start, which only marks the beginning, when it ended.
fn first_moment(node: &NodeExecution) -> Option<Timestamp> {
    if spec_id(node) == START_NODE { updated(node) } else { created(node) }
}

fn attempt_created(attempt: &TaskExecution) -> Option<Timestamp> {
    attempt.closure.as_ref()?.created_at
}

fn attempt_updated(attempt: &TaskExecution) -> Option<Timestamp> {
    attempt.closure.as_ref()?.updated_at
}

fn instant(at: &Timestamp) -> (i64, i32) {
    (at.seconds, at.nanos)
}

fn after(start: &Timestamp, by: &prost_types::Duration) -> Timestamp {
    std::time::Duration::try_from(*by).map_or(*start, |by| clock::later(start, by))
}
