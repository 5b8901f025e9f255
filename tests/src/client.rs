//! A client of the API, as one written in another language would be.

use std::time::Duration;

use aileron_idl::admin::{
    Execution, ExecutionClosure, ExecutionCreateRequest, ExecutionSpec, ExecutionTerminateRequest,
    LaunchPlanCreateRequest, LaunchPlanSpec, NodeExecution, NodeExecutionListRequest, ObjectGetRequest,
    TaskCreateRequest, TaskSpec, WorkflowCreateRequest, WorkflowExecutionGetRequest, WorkflowSpec,
};
use aileron_idl::core::{
    Identifier, ResourceType, TaskTemplate, WorkflowExecutionIdentifier, WorkflowTemplate,
    workflow_execution::Phase,
};
use aileron_idl::service::admin_service_client::AdminServiceClient;
use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::certificates::Certificates;
use crate::programs;

/// How often an execution is asked for its phase while somebody waits for its end.
const POLL: Duration = Duration::from_millis(5);

/// One connection.
#[derive(Clone, Debug)]
pub struct Client {
    /// Every call of the API.
    pub admin: AdminServiceClient<Channel>,
}

impl Client {
    /// Connects to `http://HOST:PORT`.
    pub async fn connect(address: &str) -> Result<Client> {
        let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
        Ok(Client { admin: AdminServiceClient::new(channel) })
    }

    /// Connects to `https://localhost:PORT` as a part of the platform, by a folder of certificates.
    pub async fn connect_as_part(address: &str, certificates: &Certificates) -> Result<Client> {
        let channel = Endpoint::from_shared(address.to_owned())?.tls_config(certificates.of_part()?)?;
        Ok(Client { admin: AdminServiceClient::new(channel.connect().await?) })
    }

    /// Registers a task and gives its id.
    pub async fn create_task(&mut self, template: TaskTemplate) -> Result<Identifier> {
        let id = template.id.clone().context("a task has an id")?;
        let spec = TaskSpec { template: Some(template), ..TaskSpec::default() };
        self.admin.create_task(TaskCreateRequest { id: Some(id.clone()), spec: Some(spec) }).await?;
        Ok(id)
    }

    /// Registers a workflow with its default launch plan, and gives the launch plan's id.
    pub async fn create_workflow(&mut self, template: WorkflowTemplate) -> Result<Identifier> {
        let id = template.id.clone().context("a workflow has an id")?;
        let spec = WorkflowSpec { template: Some(template), ..WorkflowSpec::default() };
        self.admin.create_workflow(WorkflowCreateRequest { id: Some(id.clone()), spec: Some(spec) }).await?;
        let plan = Identifier { resource_type: ResourceType::LaunchPlan.into(), ..id.clone() };
        let spec = LaunchPlanSpec { workflow_id: Some(id), ..LaunchPlanSpec::default() };
        self.admin
            .create_launch_plan(LaunchPlanCreateRequest { id: Some(plan.clone()), spec: Some(spec) })
            .await?;
        Ok(plan)
    }

    /// A registered task.
    pub async fn task(&mut self, name: &str, version: &str) -> Result<TaskTemplate> {
        let id = Identifier { version: version.to_owned(), ..programs::identifier(ResourceType::Task, name) };
        let task = self.admin.get_task(ObjectGetRequest { id: Some(id) }).await?.into_inner();
        let compiled = task.closure.and_then(|closure| closure.compiled_task);
        compiled.and_then(|compiled| compiled.template).context("a task has a template")
    }

    /// Launches without inputs, under a generated name.
    pub async fn launch(&mut self, plan: &Identifier) -> Result<WorkflowExecutionIdentifier, Status> {
        let spec = ExecutionSpec { launch_plan: Some(plan.clone()), ..ExecutionSpec::default() };
        let request = ExecutionCreateRequest {
            project: plan.project.clone(),
            domain: plan.domain.clone(),
            spec: Some(spec),
            ..ExecutionCreateRequest::default()
        };
        let answer = self.admin.create_execution(request).await?.into_inner();
        answer.id.ok_or_else(|| Status::internal("the answer has no id"))
    }

    /// The execution as it is now.
    pub async fn execution(&mut self, id: &WorkflowExecutionIdentifier) -> Result<Execution, Status> {
        let request = WorkflowExecutionGetRequest { id: Some(id.clone()) };
        Ok(self.admin.get_execution(request).await?.into_inner())
    }

    /// The execution's closure once it has ended.
    pub async fn end(
        &mut self,
        id: &WorkflowExecutionIdentifier,
        within: Duration,
    ) -> Result<ExecutionClosure> {
        let deadline = Instant::now() + within;
        loop {
            let closure = self.execution(id).await?.closure.context("an execution has a closure")?;
            if is_over(closure.phase()) {
                return Ok(closure);
            }
            if Instant::now() > deadline {
                bail!("{} is {} after {within:?}", id.name, closure.phase().as_str_name());
            }
            sleep(POLL).await;
        }
    }

    /// Waits for the end, which must be a success.
    pub async fn succeed(&mut self, id: &WorkflowExecutionIdentifier, within: Duration) -> Result<()> {
        let closure = self.end(id, within).await?;
        if closure.phase() != Phase::Succeeded {
            bail!("{} ended {}: {:?}", id.name, closure.phase().as_str_name(), closure.output_result);
        }
        Ok(())
    }

    /// Ends an execution early.
    pub async fn abort(&mut self, id: &WorkflowExecutionIdentifier, cause: &str) -> Result<(), Status> {
        let request = ExecutionTerminateRequest { id: Some(id.clone()), cause: cause.to_owned() };
        self.admin.terminate_execution(request).await.map(drop)
    }

    /// All nodes of an execution, page by page, in the order they were created.
    pub async fn nodes(&mut self, id: &WorkflowExecutionIdentifier) -> Result<Vec<NodeExecution>> {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let request = NodeExecutionListRequest {
                workflow_execution_id: Some(id.clone()),
                limit: 100,
                token,
                ..NodeExecutionListRequest::default()
            };
            let page = self.admin.list_node_executions(request).await?.into_inner();
            found.extend(page.node_executions);
            if page.token.is_empty() {
                return Ok(found);
            }
            token = page.token;
        }
    }
}

/// Whether nothing comes after a phase.
pub fn is_over(phase: Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed | Phase::Aborted | Phase::TimedOut)
}
