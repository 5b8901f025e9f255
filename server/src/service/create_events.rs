//! CreateWorkflowEvent, CreateNodeEvent and CreateTaskEvent: single events from a data plane that is
//! another process.

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{
    NodeExecutionEventRequest, NodeExecutionEventResponse, TaskExecutionEventRequest,
    TaskExecutionEventResponse, WorkflowExecutionEventRequest, WorkflowExecutionEventResponse,
};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// An execution changed its phase.
    pub(crate) async fn create_workflow_event(
        &self,
        request: WorkflowExecutionEventRequest,
    ) -> Result<WorkflowExecutionEventResponse, ServiceError> {
        let event = request.event.ok_or_else(|| ServiceError::Missing("event".to_owned()))?;
        self.record_one(ExecutionEvent::Workflow(Box::new(event))).await?;
        Ok(WorkflowExecutionEventResponse {})
    }

    /// A node changed its phase.
    pub(crate) async fn create_node_event(
        &self,
        request: NodeExecutionEventRequest,
    ) -> Result<NodeExecutionEventResponse, ServiceError> {
        let event = request.event.ok_or_else(|| ServiceError::Missing("event".to_owned()))?;
        self.record_one(ExecutionEvent::Node(Box::new(event))).await?;
        Ok(NodeExecutionEventResponse {})
    }

    /// An attempt changed its phase, or has news.
    pub(crate) async fn create_task_event(
        &self,
        request: TaskExecutionEventRequest,
    ) -> Result<TaskExecutionEventResponse, ServiceError> {
        let event = request.event.ok_or_else(|| ServiceError::Missing("event".to_owned()))?;
        self.record_one(ExecutionEvent::Task(Box::new(event))).await?;
        Ok(TaskExecutionEventResponse {})
    }

    async fn record_one(&self, event: ExecutionEvent) -> Result<(), ServiceError> {
        self.record_events(vec![event]).await.pop().unwrap_or(Ok(()))
    }
}
