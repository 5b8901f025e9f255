//! An execution: how it stands, and the tree of its nodes with their attempts.

use std::fmt::Write as _;

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    Execution, NodeExecution, NodeExecutionListRequest, TaskExecution, TaskExecutionListRequest,
    WorkflowExecutionGetRequest, node_execution_closure, task_execution_closure,
};
use aileron_idl::core::{ExecutionError, NodeExecutionIdentifier};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Describe;
use super::waiting::{self, Waiting};
use crate::client::connect::Admin;
use crate::client::failure::Failure;
use crate::client::output::{Format, print, print_value, value};
use crate::client::phase::{length, time};
use crate::client::watch;

/// Most nodes that one call asks for.
const PAGE: u32 = 100;
/// How deep nodes may lie in nodes.
const DEEPEST: usize = 64;
/// The two nodes that every workflow has beside its own.
const ENDS: [&str; 2] = ["start-node", "end-node"];

/// A node with what is below it.
struct Branch {
    node: NodeExecution,
    attempts: Vec<TaskExecution>,
    children: Vec<Branch>,
}

impl Describe {
    pub(super) async fn execution(&self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let id = self.target.execution(&self.name);
        if self.watch {
            watch::ended(&mut admin, &id).await?;
        }
        let request = WorkflowExecutionGetRequest { id: Some(id.clone()) };
        let execution = admin.get_execution(request).await?.into_inner();
        let request = NodeExecutionListRequest {
            workflow_execution_id: Some(id.clone()),
            limit: PAGE,
            ..NodeExecutionListRequest::default()
        };
        let nodes = branches(&mut admin, request, 0).await?;
        let waiting = waiting::ask(&self.target, id).await?;
        if self.output == Format::Table {
            return print(&(head(&execution) + &tree(&nodes, 0) + &waiting.text()));
        }
        let nodes: Result<Vec<Value>, Failure> = nodes.iter().map(branch_value).collect();
        let waiting = match &waiting {
            Waiting::Nodes(nodes, _) => nodes.iter().map(value).collect::<Result<Vec<Value>, Failure>>()?,
            Waiting::Untold(_) => Vec::new(),
        };
        let all = json!({ "execution": value(&execution)?, "nodes": nodes?, "waiting": waiting });
        print_value(self.output, &all)
    }
}

/// The nodes that a request lists, page by page, each with what is below it.
fn branches(
    admin: &mut Admin,
    mut request: NodeExecutionListRequest,
    depth: usize,
) -> BoxFuture<'_, Result<Vec<Branch>, Failure>> {
    async move {
        let mut found = Vec::new();
        loop {
            let page = admin.list_node_executions(request.clone()).await?.into_inner();
            for node in page.node_executions.into_iter().filter(is_own) {
                found.push(branch(admin, &request, node, depth).await?);
            }
            if page.token.is_empty() {
                return Ok(found);
            }
            request.token = page.token;
        }
    }
    .boxed()
}

/// The two ends of a workflow say nothing.
fn is_own(node: &NodeExecution) -> bool {
    node.metadata.as_ref().is_none_or(|metadata| !ENDS.contains(&metadata.spec_node_id.as_str()))
}

async fn branch(
    admin: &mut Admin,
    request: &NodeExecutionListRequest,
    node: NodeExecution,
    depth: usize,
) -> Result<Branch, Failure> {
    let is_parent = node.metadata.as_ref().is_some_and(|metadata| metadata.is_parent_node);
    let id = node.id.clone().unwrap_or_default();
    let children = if is_parent && depth < DEEPEST {
        let below = NodeExecutionListRequest {
            unique_parent_id: id.node_id.clone(),
            token: String::new(),
            ..request.clone()
        };
        branches(admin, below, depth + 1).await?
    } else {
        Vec::new()
    };
    Ok(Branch { attempts: attempts(admin, id).await?, node, children })
}

async fn attempts(admin: &mut Admin, node: NodeExecutionIdentifier) -> Result<Vec<TaskExecution>, Failure> {
    let request = TaskExecutionListRequest {
        node_execution_id: Some(node),
        limit: PAGE,
        ..TaskExecutionListRequest::default()
    };
    Ok(admin.list_task_executions(request).await?.into_inner().task_executions)
}

fn branch_value(branch: &Branch) -> Result<Value, Failure> {
    let attempts: Result<Vec<Value>, Failure> = branch.attempts.iter().map(value).collect();
    let children: Result<Vec<Value>, Failure> = branch.children.iter().map(branch_value).collect();
    Ok(json!({ "node": value(&branch.node)?, "attempts": attempts?, "children": children? }))
}

fn head(execution: &Execution) -> String {
    let closure = execution.closure.clone().unwrap_or_default();
    let plan = execution.spec.as_ref().and_then(|spec| spec.launch_plan.clone()).unwrap_or_default();
    let name = execution.id.as_ref().map(|id| id.name.clone()).unwrap_or_default();
    let mut text = format!("name         {name}\nlaunch plan  {} {}\n", plan.name, plan.version);
    let _ = writeln!(text, "phase        {}", closure.phase().as_str_name());
    let _ = writeln!(text, "started      {}", time(closure.started_at.as_ref()));
    let _ = writeln!(text, "duration     {}", length(closure.duration.as_ref()));
    match &closure.output_result {
        Some(OutputResult::Error(error)) => text += &told(error, "error        "),
        Some(OutputResult::AbortMetadata(abort)) => {
            let _ = writeln!(text, "aborted      {}", abort.cause);
        }
        _ => {}
    }
    text + "\n"
}

/// An error's code and the last line of its message, where Python says what is wrong.
fn told(error: &ExecutionError, before: &str) -> String {
    let line = error.message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    format!("{before}{}: {}\n", error.code, line.trim())
}

fn tree(branches: &[Branch], depth: usize) -> String {
    branches.iter().map(|branch| shown(branch, depth) + &tree(&branch.children, depth + 1)).collect()
}

fn shown(branch: &Branch, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let closure = branch.node.closure.clone().unwrap_or_default();
    let name = branch.node.metadata.as_ref().map(|metadata| metadata.spec_node_id.clone());
    let name = name.filter(|name| !name.is_empty());
    let name = name.or_else(|| branch.node.id.as_ref().map(|id| id.node_id.clone())).unwrap_or_default();
    let mut text =
        format!("{indent}{name}  {}  {}\n", closure.phase().as_str_name(), length(closure.duration.as_ref()));
    if branch.attempts.len() > 1 {
        text.extend(branch.attempts.iter().map(|attempt| attempt_line(attempt, &indent)));
    }
    if let Some(node_execution_closure::OutputResult::Error(error)) = &closure.output_result {
        text += &told(error, &format!("{indent}  "));
    }
    text
}

fn attempt_line(attempt: &TaskExecution, indent: &str) -> String {
    let closure = attempt.closure.clone().unwrap_or_default();
    let number = attempt.id.as_ref().map(|id| id.retry_attempt).unwrap_or_default();
    let line = format!(
        "{indent}  attempt {number}  {}  {}\n",
        closure.phase().as_str_name(),
        length(closure.duration.as_ref())
    );
    match &closure.output_result {
        Some(task_execution_closure::OutputResult::Error(error)) => {
            line + &told(error, &format!("{indent}    "))
        }
        _ => line,
    }
}
