//! What a driver asks of the control plane, as calls.

use std::time::Duration;

use aileron_idl::admin::{
    ExecutionClosure, ExecutionCreateRequest, ExecutionTerminateRequest, LaunchPlan, NodeExecution,
    NodeExecutionGetRequest, ObjectGetRequest, SignalGetOrCreateRequest, WorkflowExecutionGetRequest,
};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{
    Identifier, Literal, LiteralType, NodeExecutionIdentifier, SignalIdentifier, WorkflowExecutionIdentifier,
};
use aileron_propeller::control::{ControlError, ControlPlane};
use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::Code;

use super::{Remote, found, is_new, refusal};

/// The first wait between two looks at something that others change, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl ControlPlane for Remote {
    fn signal(
        &self,
        id: SignalIdentifier,
        r#type: LiteralType,
    ) -> BoxFuture<'_, Result<Literal, ControlError>> {
        async move {
            let request = SignalGetOrCreateRequest { id: Some(id), r#type: Some(r#type) };
            let mut pause = Pause::default();
            loop {
                let answer = self.signals.clone().get_or_create_signal(request.clone()).await;
                if let Some(value) = answer.map_err(refusal)?.into_inner().value {
                    return Ok(value);
                }
                pause.rest().await;
            }
        }
        .boxed()
    }

    fn launch_plan(&self, id: Identifier) -> BoxFuture<'_, Result<Option<LaunchPlan>, ControlError>> {
        async move { found(self.admin.clone().get_launch_plan(ObjectGetRequest { id: Some(id) }).await) }
            .boxed()
    }

    fn node(
        &self,
        id: NodeExecutionIdentifier,
    ) -> BoxFuture<'_, Result<Option<NodeExecution>, ControlError>> {
        let request = NodeExecutionGetRequest { id: Some(id) };
        async move { found(self.admin.clone().get_node_execution(request).await) }.boxed()
    }

    fn launch(&self, request: ExecutionCreateRequest) -> BoxFuture<'_, Result<(), ControlError>> {
        async move { is_new(self.admin.clone().create_execution(request).await.map(drop)).map(drop) }.boxed()
    }

    fn ended(
        &self,
        id: WorkflowExecutionIdentifier,
    ) -> BoxFuture<'_, Result<ExecutionClosure, ControlError>> {
        async move {
            let request = WorkflowExecutionGetRequest { id: Some(id) };
            let mut pause = Pause::default();
            loop {
                let answer = self.admin.clone().get_execution(request.clone()).await.map_err(refusal)?;
                if let Some(closure) = answer.into_inner().closure.filter(|closure| is_over(closure.phase()))
                {
                    return Ok(closure);
                }
                pause.rest().await;
            }
        }
        .boxed()
    }

    fn terminate(
        &self,
        id: WorkflowExecutionIdentifier,
        cause: String,
    ) -> BoxFuture<'_, Result<(), ControlError>> {
        async move {
            let request = ExecutionTerminateRequest { id: Some(id), cause };
            match self.admin.clone().terminate_execution(request).await {
                Ok(_) => Ok(()),
                // It has ended, or is not known.
                Err(status) if matches!(status.code(), Code::FailedPrecondition | Code::NotFound) => Ok(()),
                Err(status) => Err(refusal(status)),
            }
        }
        .boxed()
    }
}

/// The wait between two looks, each time a little longer.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Pause {
        Pause(WAITS.0)
    }
}

impl Pause {
    async fn rest(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(WAITS.1);
    }
}

fn is_over(phase: Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed | Phase::Aborted | Phase::TimedOut)
}
