//! The questions that the pages ask about executions.

use aileron_idl::admin::{
    DynamicNodeWorkflowResponse, Execution, ExecutionList, GetDynamicNodeWorkflowRequest, NodeExecution,
    NodeExecutionGetDataRequest, NodeExecutionGetDataResponse, NodeExecutionGetRequest, Project,
    ProjectListRequest, Projects, ResourceListRequest, SignalList, SignalListRequest, TaskExecution,
    TaskExecutionList, TaskExecutionListRequest, UrlBlob, WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetDataResponse, WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetMetricsResponse, WorkflowExecutionGetRequest,
};
use aileron_idl::aileron::v1::{
    ListWaitingNodesRequest, ListWaitingNodesResponse, WaitingNode, WatchExecutionRequest,
    WatchExecutionResponse, WatchExecutionsRequest, WatchExecutionsResponse,
};
use aileron_idl::core::{
    CompiledWorkflowClosure, LiteralMap, NodeExecutionIdentifier, Span, WorkflowExecutionIdentifier,
};
use aileron_idl::service::{
    ArtifactType, CreateDownloadLinkRequest, CreateDownloadLinkResponse, CreateDownloadLocationRequest,
    CreateDownloadLocationResponse, UserInfoRequest, UserInfoResponse, create_download_link_request,
};
use prost::Message;

use super::fetch::{self, Method, Stream};
use super::status::{ApiError, Code};
use crate::model::log::Log;
use crate::model::reader::Reader;
use crate::model::route;
use crate::model::sorted;

/// Levels of nodes inside nodes whose time is asked for.
const SPANS_DEPTH: i32 = 12;
/// Rows asked for at a time; answers stay well below gRPC's usual limit of 4 MB.
pub(super) const PAGE: u32 = 1_000;

pub(super) const fn admin(name: &'static str) -> Method {
    Method { service: "flyteidl.service.AdminService", name }
}

pub(super) const fn data_proxy(name: &'static str) -> Method {
    Method { service: "flyteidl.service.DataProxyService", name }
}

pub(super) const fn signals_service(name: &'static str) -> Method {
    Method { service: "flyteidl.service.SignalService", name }
}

const fn live(name: &'static str) -> Method {
    Method { service: "aileron.v1.LiveService", name }
}

/// What the nodes of an execution wait for: those that neither run nor have ended, at most 1,000.
pub async fn waiting(id: &WorkflowExecutionIdentifier) -> Result<Vec<WaitingNode>, ApiError> {
    let method = Method { service: "aileron.v1.WaitingService", name: "ListWaitingNodes" };
    let request = ListWaitingNodesRequest { id: Some(id.clone()), limit: PAGE, ..Default::default() };
    let answer: ListWaitingNodesResponse = fetch::unary(method, &request).await?;
    Ok(answer.nodes)
}

/// Who asks.
///
/// # Errors
/// UNIMPLEMENTED where callers are not told apart.
pub async fn reader() -> Result<Reader, ApiError> {
    let method = Method { service: "flyteidl.service.IdentityService", name: "UserInfo" };
    let answer: UserInfoResponse = fetch::unary(method, &UserInfoRequest {}).await?;
    Ok(Reader::of(answer))
}

/// Every project with its domains.
pub async fn projects() -> Result<Vec<Project>, ApiError> {
    let mut request = ProjectListRequest { limit: PAGE, ..Default::default() };
    let mut projects = Vec::new();
    loop {
        let page: Projects = fetch::unary(admin("ListProjects"), &request).await?;
        projects.extend(page.projects);
        if page.token.is_empty() {
            return Ok(projects);
        }
        request.token = page.token;
    }
}

/// One page of executions.
pub async fn executions(request: &ResourceListRequest) -> Result<ExecutionList, ApiError> {
    fetch::unary(admin("ListExecutions"), request).await
}

/// The executions of a place as they change.
pub async fn watch_executions(
    request: &WatchExecutionsRequest,
) -> Result<Stream<WatchExecutionsResponse>, ApiError> {
    fetch::stream(live("WatchExecutions"), request).await
}

/// One execution and its nodes as they change.
pub async fn watch_execution(
    request: &WatchExecutionRequest,
) -> Result<Stream<WatchExecutionResponse>, ApiError> {
    fetch::stream(live("WatchExecution"), request).await
}

/// One execution.
pub async fn execution(id: &WorkflowExecutionIdentifier) -> Result<Execution, ApiError> {
    fetch::unary(admin("GetExecution"), &WorkflowExecutionGetRequest { id: Some(id.clone()) }).await
}

/// What was given and what came out. Values above the server's limit for inlining are fetched from where they lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// What was given.
    pub inputs: LiteralMap,
    /// What came out.
    pub outputs: LiteralMap,
    /// Values that lie on another host, which a page of this server does not ask: what they are and where.
    pub elsewhere: Vec<(&'static str, String)>,
}

/// An execution's inputs and outputs.
pub async fn execution_data(id: &WorkflowExecutionIdentifier) -> Result<Data, ApiError> {
    let request = WorkflowExecutionGetDataRequest { id: Some(id.clone()) };
    let answer: WorkflowExecutionGetDataResponse = fetch::unary(admin("GetExecutionData"), &request).await?;
    #[expect(deprecated, reason = "there is no other way to large values")]
    data((answer.full_inputs, answer.inputs), (answer.full_outputs, answer.outputs)).await
}

/// A node's inputs and outputs.
pub async fn node_data(id: &NodeExecutionIdentifier) -> Result<Data, ApiError> {
    let request = NodeExecutionGetDataRequest { id: Some(id.clone()) };
    let answer: NodeExecutionGetDataResponse = fetch::unary(admin("GetNodeExecutionData"), &request).await?;
    #[expect(deprecated, reason = "there is no other way to large values")]
    data((answer.full_inputs, answer.inputs), (answer.full_outputs, answer.outputs)).await
}

type Given = (Option<LiteralMap>, Option<UrlBlob>);

async fn data(inputs: Given, outputs: Given) -> Result<Data, ApiError> {
    let mut data = Data::default();
    data.inputs = follow(inputs, "inputs", &mut data.elsewhere).await?;
    data.outputs = follow(outputs, "outputs", &mut data.elsewhere).await?;
    Ok(data)
}

/// The values themselves; by their URL when the answer has only that.
async fn follow(
    (full, blob): Given,
    what: &'static str,
    elsewhere: &mut Vec<(&'static str, String)>,
) -> Result<LiteralMap, ApiError> {
    let fail = |code, message: String| ApiError { question: "values", code, message };
    let full = full.unwrap_or_default();
    let Some(url) = blob.map(|blob| blob.url).filter(|url| !url.is_empty() && full.literals.is_empty())
    else {
        return Ok(full);
    };
    let Some(path) = crate::browser::path_of(&url) else {
        elsewhere.push((what, url));
        return Ok(full);
    };
    let (response, bytes) =
        fetch::get(&path).await.map_err(|error| fail(Code::Unreachable, fetch::describe(&error)))?;
    if !response.ok() {
        return Err(fail(Code::NotTheApi, format!("HTTP {} for the {what}", response.status())));
    }
    LiteralMap::decode(bytes.as_slice()).map_err(|error| fail(Code::NotTheApi, error.to_string()))
}

/// What a dynamic node made.
pub async fn dynamic_workflow(id: &NodeExecutionIdentifier) -> Result<CompiledWorkflowClosure, ApiError> {
    let request = GetDynamicNodeWorkflowRequest { id: Some(id.clone()) };
    let answer: DynamicNodeWorkflowResponse = fetch::unary(admin("GetDynamicNodeWorkflow"), &request).await?;
    Ok(answer.compiled_workflow.unwrap_or_default())
}

/// The time of an execution as measured spans.
pub async fn metrics(id: &WorkflowExecutionIdentifier) -> Result<Span, ApiError> {
    let request = WorkflowExecutionGetMetricsRequest { id: Some(id.clone()), depth: SPANS_DEPTH };
    let answer: WorkflowExecutionGetMetricsResponse =
        fetch::unary(admin("GetExecutionMetrics"), &request).await?;
    Ok(answer.span.unwrap_or_default())
}

/// The address under which a stored object can be fetched for a while.
pub async fn download_url(uri: &str) -> Result<String, ApiError> {
    let request = CreateDownloadLocationRequest { native_url: uri.to_owned(), ..Default::default() };
    let answer: CreateDownloadLocationResponse =
        fetch::unary(data_proxy("CreateDownloadLocation"), &request).await?;
    Ok(answer.signed_url)
}

/// One node, its error in full.
pub async fn node(id: &NodeExecutionIdentifier) -> Result<NodeExecution, ApiError> {
    fetch::unary(admin("GetNodeExecution"), &NodeExecutionGetRequest { id: Some(id.clone()) }).await
}

/// A node's attempts, the first one first.
pub async fn attempts(id: &NodeExecutionIdentifier) -> Result<Vec<TaskExecution>, ApiError> {
    let request =
        TaskExecutionListRequest { node_execution_id: Some(id.clone()), limit: PAGE, ..Default::default() };
    let mut answer: TaskExecutionList = fetch::unary(admin("ListTaskExecutions"), &request).await?;
    let number = |attempt: &TaskExecution| attempt.id.as_ref().map_or(0, |id| id.retry_attempt);
    sorted::sort_by_key(&mut answer.task_executions, number);
    Ok(answer.task_executions)
}

/// The address of a node's deck, if it has one; on another host it is a link, never shown in the page.
pub async fn deck(id: &NodeExecutionIdentifier) -> Result<String, ApiError> {
    let request = CreateDownloadLinkRequest {
        artifact_type: ArtifactType::Deck as i32,
        source: Some(create_download_link_request::Source::NodeExecutionId(id.clone())),
        ..Default::default()
    };
    let answer: CreateDownloadLinkResponse = fetch::unary(data_proxy("CreateDownloadLink"), &request).await?;
    let urls = answer.pre_signed_urls.map(|urls| urls.signed_url).unwrap_or_default();
    Ok(urls.into_iter().next().unwrap_or_default())
}

/// The text of something on this server.
pub async fn text(path: &str) -> Result<String, ApiError> {
    let fail = |code, message: String| ApiError { question: "file", code, message };
    let (response, bytes) =
        fetch::get(path).await.map_err(|error| fail(Code::Unreachable, fetch::describe(&error)))?;
    match response.ok() {
        true => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        false => Err(fail(Code::NotTheApi, format!("HTTP {}", response.status()))),
    }
}

/// The signals of an execution: what its gates wait for, and what was answered.
pub async fn signals(id: &WorkflowExecutionIdentifier) -> Result<SignalList, ApiError> {
    let request =
        SignalListRequest { workflow_execution_id: Some(id.clone()), limit: PAGE, ..Default::default() };
    fetch::unary(signals_service("ListSignals"), &request).await
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
