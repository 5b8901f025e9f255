//! Reporting events, one call each, in order for each execution and many executions at once.

use std::collections::BTreeMap;

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::event_failure_reason::Reason;
use aileron_idl::admin::{
    EventFailureReason, NodeExecutionEventRequest, TaskExecutionEventRequest, WorkflowExecutionEventRequest,
};
use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_propeller::sink::{EventSink, SinkError};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use prost::{Message as _, Name as _};
use tonic::{Code, Status};
use tonic_types::pb;

use super::{Remote, passes};

/// Executions whose events are sent at the same time.
const AT_ONCE: usize = 32;

impl EventSink for Remote {
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>> {
        let mut by_execution: BTreeMap<WorkflowExecutionIdentifier, Vec<ExecutionEvent>> = BTreeMap::new();
        for event in events {
            by_execution.entry(execution(&event)).or_default().push(event);
        }
        let sent = stream::iter(by_execution.into_values().map(Ok));
        sent.try_for_each_concurrent(AT_ONCE, move |events| async move {
            stream::iter(events).map(Ok).try_for_each(|event| self.send(event)).await
        })
        .boxed()
    }
}

impl Remote {
    async fn send(&self, event: ExecutionEvent) -> Result<(), SinkError> {
        let (mut admin, request_id) = (self.admin.clone(), String::new());
        let answer = match event {
            ExecutionEvent::Workflow(event) => {
                let request = WorkflowExecutionEventRequest { request_id, event: Some(*event) };
                admin.create_workflow_event(request).await.map(drop)
            }
            ExecutionEvent::Node(event) => {
                let request = NodeExecutionEventRequest { request_id, event: Some(*event) };
                admin.create_node_event(request).await.map(drop)
            }
            ExecutionEvent::Task(event) => {
                let request = TaskExecutionEventRequest { request_id, event: Some(*event) };
                admin.create_task_event(request).await.map(drop)
            }
        };
        delivery(answer)
    }
}

/// What an answer means for delivery: an event that is known, or late, is delivered.
fn delivery(answer: Result<(), Status>) -> Result<(), SinkError> {
    match answer {
        Ok(()) => Ok(()),
        Err(status) if status.code() == Code::AlreadyExists || is_terminal(&status) => Ok(()),
        Err(status) if passes(&status) => Err(SinkError::Unavailable(status.message().to_owned())),
        Err(status) => Err(SinkError::Refused(format!("{}: {}", status.code(), status.message()))),
    }
}

/// Whether the answer says that what the event is of has ended before.
fn is_terminal(status: &Status) -> bool {
    let details = pb::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
    let reasons = details.iter().filter(|detail| detail.type_url.ends_with(&EventFailureReason::full_name()));
    let mut reasons = reasons.filter_map(|detail| EventFailureReason::decode(detail.value.as_slice()).ok());
    reasons.any(|failure| matches!(failure.reason, Some(Reason::AlreadyInTerminalState(_))))
}

fn execution(event: &ExecutionEvent) -> WorkflowExecutionIdentifier {
    let id = match event {
        ExecutionEvent::Workflow(event) => event.execution_id.clone(),
        ExecutionEvent::Node(event) => event.id.as_ref().and_then(|node| node.execution_id.clone()),
        ExecutionEvent::Task(event) => {
            event.parent_node_execution_id.as_ref().and_then(|node| node.execution_id.clone())
        }
    };
    id.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_or_late_is_delivered_and_what_can_pass_is_sent_again() {
        assert!(delivery(Err(Status::already_exists("known"))).is_ok());
        for passing in [Status::unavailable("away"), Status::aborted("its parent is not known yet")] {
            assert!(matches!(delivery(Err(passing)), Err(SinkError::Unavailable(_))));
        }
        let refused = delivery(Err(Status::failed_precondition("no such transition")));
        assert!(matches!(refused, Err(SinkError::Refused(_))));
    }
}
