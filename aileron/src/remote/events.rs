//! Reporting events: many a call; where the control plane takes one a call, in order for each execution and many
//! executions at once.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::event_failure_reason::Reason;
use aileron_idl::admin::{
    EventFailureReason, NodeExecutionEventRequest, TaskExecutionEventRequest, WorkflowExecutionEventRequest,
};
use aileron_idl::aileron::v1::{EventOutcome, ReportEventsRequest, ReportedEvent, reported_event};
use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_propeller::sink::{EventSink, SinkError};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use prost::{Message as _, Name as _};
use tonic::{Code, Status};
use tonic_types::pb;

use super::Remote;

/// Executions whose events are sent at the same time.
const AT_ONCE: usize = 32;
/// Most bytes of events in one call, far below what any server takes.
const BATCH_BYTES: usize = 1 << 20;

impl EventSink for Remote {
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>> {
        async move {
            if self.takes_batches.load(Ordering::Relaxed) {
                match self.send_together(&events).await {
                    Ok(delivered) => return delivered,
                    Err(NoBatches) => self.takes_batches.store(false, Ordering::Relaxed),
                }
            }
            let delivered = self.send_each(events).await;
            // One that knows no events at all is something else at the control plane's address.
            if matches!(delivered, Err(SinkError::Unavailable(_))) {
                self.takes_batches.store(true, Ordering::Relaxed);
            }
            delivered
        }
        .boxed()
    }
}

/// The control plane takes one event a call: Flyte's; or ours from one that may report from some projects alone, as a
/// batch is about all of them.
struct NoBatches;

impl Remote {
    async fn send_together(&self, events: &[ExecutionEvent]) -> Result<Result<(), SinkError>, NoBatches> {
        for request in batches(events) {
            let answer = match self.events.clone().report_events(request).await {
                Ok(answer) => answer.into_inner(),
                Err(status) if matches!(status.code(), Code::Unimplemented | Code::PermissionDenied) => {
                    return Err(NoBatches);
                }
                Err(status) => return Ok(delivery(Err(status))),
            };
            if let Err(error) = answer.outcomes.into_iter().try_for_each(outcome) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    async fn send_each(&self, events: Vec<ExecutionEvent>) -> Result<(), SinkError> {
        let mut by_execution: BTreeMap<WorkflowExecutionIdentifier, Vec<ExecutionEvent>> = BTreeMap::new();
        for event in events {
            let execution = event.execution().cloned().unwrap_or_default();
            by_execution.entry(execution).or_default().push(event);
        }
        let sent = stream::iter(by_execution.into_values().map(Ok));
        sent.try_for_each_concurrent(AT_ONCE, move |events| async move {
            stream::iter(events).map(Ok).try_for_each(|event| self.send(event)).await
        })
        .await
    }

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

/// Events in their order, as requests below the size that a server takes. One that is larger goes alone.
fn batches(events: &[ExecutionEvent]) -> Vec<ReportEventsRequest> {
    let mut requests: Vec<ReportEventsRequest> = Vec::new();
    let mut size = 0;
    for event in events.iter().map(reported) {
        let more = event.encoded_len();
        match requests.last_mut() {
            Some(request) if size + more <= BATCH_BYTES => request.events.push(event),
            _ => {
                requests.push(ReportEventsRequest { events: vec![event] });
                size = 0;
            }
        }
        size += more;
    }
    requests
}

fn reported(event: &ExecutionEvent) -> ReportedEvent {
    use reported_event::Event;
    let event = match event {
        ExecutionEvent::Workflow(event) => Event::Workflow((**event).clone()),
        ExecutionEvent::Node(event) => Event::Node((**event).clone()),
        ExecutionEvent::Task(event) => Event::Task((**event).clone()),
    };
    ReportedEvent { event: Some(event) }
}

/// What the judgement of one event of many means for its delivery.
fn outcome(outcome: EventOutcome) -> Result<(), SinkError> {
    if outcome.known || outcome.code == i32::from(Code::Ok) {
        return Ok(());
    }
    delivery(Err(Status::new(Code::from(outcome.code), outcome.message)))
}

/// What an answer means for delivery: an event that is known, or late, is delivered.
fn delivery(answer: Result<(), Status>) -> Result<(), SinkError> {
    match answer {
        Ok(()) => Ok(()),
        Err(status) if status.code() == Code::AlreadyExists || is_terminal(&status) => Ok(()),
        Err(status) if is_about_the_event(&status) => {
            Err(SinkError::Refused(format!("{}: {}", status.code(), status.message())))
        }
        Err(status) if is_about_the_execution(&status) => {
            Err(SinkError::Held(format!("{}: {}", status.code(), status.message())))
        }
        Err(status) => Err(SinkError::Unavailable(status.message().to_owned())),
    }
}

/// Whether the event itself is refused, for good. Everything else passes, even what nobody mends for hours: a role that
/// was taken away, or an address where something else answers. What is dropped then would be lost.
fn is_about_the_event(status: &Status) -> bool {
    use Code::{FailedPrecondition, InvalidArgument, NotFound, OutOfRange};
    matches!(status.code(), FailedPrecondition | InvalidArgument | NotFound | OutOfRange)
}

/// Whether it is for this event's sake that it is not taken, so that others may be.
fn is_about_the_execution(status: &Status) -> bool {
    use Code::{Aborted, DataLoss, Internal, PermissionDenied, Unknown};
    matches!(status.code(), Aborted | DataLoss | Internal | PermissionDenied | Unknown)
}

/// Whether the answer says that what the event is of has ended before.
fn is_terminal(status: &Status) -> bool {
    let details = pb::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
    let reasons = details.iter().filter(|detail| detail.type_url.ends_with(&EventFailureReason::full_name()));
    let mut reasons = reasons.filter_map(|detail| EventFailureReason::decode(detail.value.as_slice()).ok());
    reasons.any(|failure| matches!(failure.reason, Some(Reason::AlreadyInTerminalState(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_or_late_is_delivered_and_what_can_pass_is_sent_again() {
        assert!(delivery(Err(Status::already_exists("known"))).is_ok());
        for passing in [
            Status::unavailable("away"),
            Status::unauthenticated("no token yet"),
            Status::resource_exhausted("too many calls"),
            Status::unimplemented("something else is at the address"),
        ] {
            assert!(matches!(delivery(Err(passing)), Err(SinkError::Unavailable(_))));
        }
        for own in [
            Status::aborted("its parent is not known yet"),
            Status::permission_denied("its role was taken away in this project"),
            Status::internal("this event alone is too much"),
        ] {
            assert!(matches!(delivery(Err(own)), Err(SinkError::Held(_))));
        }
        let refused = delivery(Err(Status::failed_precondition("no such transition")));
        assert!(matches!(refused, Err(SinkError::Refused(_))));
    }

    #[test]
    fn an_events_own_outcome_is_judged_as_a_call_is() {
        let of = |code: Code, known| EventOutcome { code: code.into(), known, message: "m".to_owned() };
        assert!(outcome(of(Code::Ok, false)).is_ok());
        assert!(outcome(of(Code::FailedPrecondition, true)).is_ok());
        assert!(matches!(outcome(of(Code::Aborted, false)), Err(SinkError::Held(_))));
        assert!(matches!(outcome(of(Code::Unavailable, false)), Err(SinkError::Unavailable(_))));
        assert!(matches!(outcome(of(Code::FailedPrecondition, false)), Err(SinkError::Refused(_))));
    }

    #[test]
    fn batches_are_in_order_and_of_a_size() {
        let event = |name: &str, size: usize| {
            let id = WorkflowExecutionIdentifier { name: name.to_owned(), ..Default::default() };
            let event = aileron_idl::event::WorkflowExecutionEvent {
                execution_id: Some(id),
                producer_id: "p".repeat(size),
                ..Default::default()
            };
            ExecutionEvent::Workflow(Box::new(event))
        };
        let half = BATCH_BYTES / 2;
        let events = [event("a", 1), event("b", half), event("c", half), event("d", 3 * half), event("e", 1)];
        let counts: Vec<_> = batches(&events).iter().map(|request| request.events.len()).collect();
        assert_eq!(counts, [2, 1, 1, 1]);
        assert!(batches(&[]).is_empty());
    }
}
