//! The questions that the pages ask.

use aileron_idl::admin::{
    Execution, ExecutionList, NodeExecution, NodeExecutionGetDataRequest, NodeExecutionGetDataResponse,
    NodeExecutionGetRequest, NodeExecutionList, NodeExecutionListRequest, ObjectGetRequest, Project,
    ProjectListRequest, Projects, ResourceListRequest, TaskExecution, TaskExecutionList,
    TaskExecutionListRequest, Workflow, WorkflowExecutionGetDataRequest, WorkflowExecutionGetDataResponse,
    WorkflowExecutionGetRequest,
};
use aileron_idl::core::{
    CompiledWorkflowClosure, Identifier, NodeExecutionIdentifier, WorkflowExecutionIdentifier,
};

use super::fetch;
use super::status::{ApiError, Code};
use crate::model::log::Log;
use crate::model::route;

/// Nodes and attempts asked for at a time; answers stay well below gRPC's usual limit of 4 MB.
const PAGE: u32 = 1_000;

/// Every project with its domains.
pub async fn projects() -> Result<Vec<Project>, ApiError> {
    let answer: Projects = fetch::unary("ListProjects", &ProjectListRequest::default()).await?;
    Ok(answer.projects)
}

/// One page of executions.
pub async fn executions(request: &ResourceListRequest) -> Result<ExecutionList, ApiError> {
    fetch::unary("ListExecutions", request).await
}

/// One execution.
pub async fn execution(id: &WorkflowExecutionIdentifier) -> Result<Execution, ApiError> {
    fetch::unary("GetExecution", &WorkflowExecutionGetRequest { id: Some(id.clone()) }).await
}

/// An execution's inputs and outputs.
pub async fn execution_data(
    id: &WorkflowExecutionIdentifier,
) -> Result<WorkflowExecutionGetDataResponse, ApiError> {
    fetch::unary("GetExecutionData", &WorkflowExecutionGetDataRequest { id: Some(id.clone()) }).await
}

/// A workflow, compiled.
pub async fn workflow(id: &Identifier) -> Result<CompiledWorkflowClosure, ApiError> {
    let answer: Workflow = fetch::unary("GetWorkflow", &ObjectGetRequest { id: Some(id.clone()) }).await?;
    Ok(answer.closure.and_then(|closure| closure.compiled_workflow).unwrap_or_default())
}

/// Every top-level node of an execution. Long error messages are cut by the server; see [`node`].
pub async fn nodes(id: &WorkflowExecutionIdentifier) -> Result<Vec<NodeExecution>, ApiError> {
    let mut request = NodeExecutionListRequest {
        workflow_execution_id: Some(id.clone()),
        limit: PAGE,
        ..Default::default()
    };
    let mut nodes = Vec::new();
    loop {
        let page: NodeExecutionList = fetch::unary("ListNodeExecutions", &request).await?;
        nodes.extend(page.node_executions);
        if page.token.is_empty() {
            return Ok(nodes);
        }
        request.token = page.token;
    }
}

/// One node, its error in full.
pub async fn node(id: &NodeExecutionIdentifier) -> Result<NodeExecution, ApiError> {
    fetch::unary("GetNodeExecution", &NodeExecutionGetRequest { id: Some(id.clone()) }).await
}

/// A node's inputs and outputs.
pub async fn node_data(id: &NodeExecutionIdentifier) -> Result<NodeExecutionGetDataResponse, ApiError> {
    fetch::unary("GetNodeExecutionData", &NodeExecutionGetDataRequest { id: Some(id.clone()) }).await
}

/// A node's attempts, the first one first.
pub async fn attempts(id: &NodeExecutionIdentifier) -> Result<Vec<TaskExecution>, ApiError> {
    let request =
        TaskExecutionListRequest { node_execution_id: Some(id.clone()), limit: PAGE, ..Default::default() };
    let mut answer: TaskExecutionList = fetch::unary("ListTaskExecutions", &request).await?;
    answer.task_executions.sort_by_key(|attempt| attempt.id.as_ref().map_or(0, |id| id.retry_attempt));
    Ok(answer.task_executions)
}

/// Reads an attempt's log on from where `log` ends.
pub async fn read_log(node: &NodeExecutionIdentifier, attempt: u32, log: &mut Log) -> Result<(), ApiError> {
    let fail = |code, message| ApiError { question: "log", code, message };
    let execution = node.execution_id.clone().unwrap_or_default();
    let of = (execution.project.as_str(), execution.domain.as_str(), execution.name.as_str());
    let path = route::log(of, &node.node_id, attempt, log.next_offset);
    let (response, bytes) =
        fetch::get(&path).await.map_err(|error| fail(Code::Unreachable, fetch::describe(&error)))?;
    match response.status() {
        200 => {
            let number = |name| fetch::header(&response, name).and_then(|value| value.parse().ok());
            let next = number("x-log-next-offset").unwrap_or(log.next_offset + bytes.len() as u64);
            let is_complete = fetch::header(&response, "x-log-complete").is_some_and(|value| value == "true");
            log.push(&bytes, next, is_complete);
            Ok(())
        }
        404 => Err(fail(Code::NotFound, String::from_utf8_lossy(&bytes).trim().to_owned())),
        status => Err(fail(Code::NotTheApi, format!("HTTP {status}"))),
    }
}
