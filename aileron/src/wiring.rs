//! The adapters that join the control plane and the local driver.

use std::sync::{Arc, OnceLock};

use aileron_crd::{ExecutionEvent, ExecutionId, FlyteWorkflow};
use aileron_idl::admin::{ExecutionClosure, ExecutionCreateRequest, LaunchPlan, NodeExecution};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use aileron_idl::core::{
    Identifier, Literal, LiteralType, NodeExecutionIdentifier, SignalIdentifier, WorkflowExecutionIdentifier,
};
use aileron_propeller::control::{ControlError, ControlPlane};
use aileron_propeller::local::LocalDriver;
use aileron_propeller::sink::{EventSink, SinkError};
use aileron_propeller::waiting;
use aileron_server::{Executor, HandoverError, Server, ServiceError, WaitingError, WaitingPage};
use futures::FutureExt;
use futures::future::BoxFuture;

/// The local driver as the control plane's executor. The two need each other to be made, so the
/// driver comes a moment later; until then hand-overs are put off, as the launcher tries again.
#[derive(Clone, Default)]
pub(crate) struct LocalExecutor(Arc<OnceLock<LocalDriver>>);

impl LocalExecutor {
    /// Gives it the driver. The first one stays.
    pub(crate) fn attach(&self, driver: LocalDriver) {
        self.0.get_or_init(|| driver);
    }

    fn driver(&self) -> Result<&LocalDriver, HandoverError> {
        self.0.get().ok_or_else(|| HandoverError::Unavailable("the local driver is starting".into()))
    }
}

impl Executor for LocalExecutor {
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>> {
        async move {
            let started = self.driver()?.start(workflow).await;
            started.map_err(|error| HandoverError::Unavailable(error.to_string()))
        }
        .boxed()
    }

    fn abort(&self, id: ExecutionId, cause: String) -> BoxFuture<'_, Result<(), HandoverError>> {
        async move {
            let aborted = self.driver()?.abort(id, cause).await;
            aborted.map_err(|error| HandoverError::Unavailable(error.to_string()))
        }
        .boxed()
    }

    fn waiting(
        &self,
        id: ExecutionId,
        page: WaitingPage,
    ) -> BoxFuture<'_, Result<ListWaitingNodesResponse, WaitingError>> {
        async move {
            let driver = self.driver().map_err(|error| WaitingError::Unavailable(error.to_string()))?;
            let page = waiting::Page { first: page.first, limit: page.limit as usize };
            match driver.waiting(&id, page).await {
                Ok(found) => found.ok_or(WaitingError::Unknown),
                Err(error) => Err(WaitingError::Unavailable(error.to_string())),
            }
        }
        .boxed()
    }
}

/// The control plane as the driver's sink, without a wire between.
pub(crate) struct InProcessSink(pub(crate) Server);

impl EventSink for InProcessSink {
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>> {
        async move { self.0.record_events(events).await.into_iter().try_for_each(delivery) }.boxed()
    }
}

/// What an answer means for delivery: an event that is known, or late, is delivered.
fn delivery(answer: Result<(), ServiceError>) -> Result<(), SinkError> {
    match answer {
        Ok(()) | Err(ServiceError::RepeatedEvent(_) | ServiceError::Terminal { .. }) => Ok(()),
        Err(error @ (ServiceError::Storage(_) | ServiceError::Store(_))) => {
            Err(SinkError::Unavailable(error.to_string()))
        }
        Err(error) => Err(SinkError::Refused(error.to_string())),
    }
}

/// The control plane as the driver asks it, without a wire between.
pub(crate) struct InProcessControl(pub(crate) Server);

impl ControlPlane for InProcessControl {
    fn signal(
        &self,
        id: SignalIdentifier,
        r#type: LiteralType,
    ) -> BoxFuture<'_, Result<Literal, ControlError>> {
        async move { self.0.wait_for_signal(id, r#type).await.map_err(refusal) }.boxed()
    }

    fn launch_plan(&self, id: Identifier) -> BoxFuture<'_, Result<Option<LaunchPlan>, ControlError>> {
        async move {
            match self.0.launch_plan(id).await {
                Ok(plan) => Ok(Some(plan)),
                Err(ServiceError::NotFound { .. }) => Ok(None),
                Err(error) => Err(refusal(error)),
            }
        }
        .boxed()
    }

    fn node(
        &self,
        id: NodeExecutionIdentifier,
    ) -> BoxFuture<'_, Result<Option<NodeExecution>, ControlError>> {
        async move { self.0.node_execution(id).await.map_err(refusal) }.boxed()
    }

    fn launch(&self, request: ExecutionCreateRequest) -> BoxFuture<'_, Result<(), ControlError>> {
        async move {
            match self.0.create_execution(request).await {
                Ok(()) | Err(ServiceError::AlreadyExists(_)) => Ok(()),
                Err(error) => Err(refusal(error)),
            }
        }
        .boxed()
    }

    fn ended(
        &self,
        id: WorkflowExecutionIdentifier,
    ) -> BoxFuture<'_, Result<ExecutionClosure, ControlError>> {
        async move { self.0.wait_for_end(id).await.map_err(refusal) }.boxed()
    }

    fn terminate(
        &self,
        id: WorkflowExecutionIdentifier,
        cause: String,
    ) -> BoxFuture<'_, Result<(), ControlError>> {
        async move {
            match self.0.terminate_execution(id, cause).await {
                Ok(()) | Err(ServiceError::Terminal { .. } | ServiceError::NotFound { .. }) => Ok(()),
                Err(error) => Err(refusal(error)),
            }
        }
        .boxed()
    }
}

/// What an error means for whoever asked.
pub(crate) fn refusal(error: ServiceError) -> ControlError {
    match error {
        ServiceError::Storage(_) | ServiceError::Store(_) => ControlError::Unavailable(error.to_string()),
        error => ControlError::Refused(error.to_string()),
    }
}
