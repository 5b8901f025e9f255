//! Events as bytes of one outbox row.

use aileron_crd::ExecutionEvent;
use aileron_idl::event::{NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent};
use prost::{DecodeError, Message, Oneof};

#[derive(Clone, PartialEq, Message)]
struct Batch {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Workflow(Box<WorkflowExecutionEvent>),
    #[prost(message, tag = "2")]
    Node(Box<NodeExecutionEvent>),
    #[prost(message, tag = "3")]
    Task(Box<TaskExecutionEvent>),
}

pub(super) fn encode(events: Vec<ExecutionEvent>) -> Vec<u8> {
    let entry = |event| {
        let kind = match event {
            ExecutionEvent::Workflow(event) => Kind::Workflow(event),
            ExecutionEvent::Node(event) => Kind::Node(event),
            ExecutionEvent::Task(event) => Kind::Task(event),
        };
        Entry { kind: Some(kind) }
    };
    Batch { events: events.into_iter().map(entry).collect() }.encode_to_vec()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<ExecutionEvent>, DecodeError> {
    let kinds = Batch::decode(bytes)?.events.into_iter().filter_map(|entry| entry.kind);
    Ok(kinds
        .map(|kind| match kind {
            Kind::Workflow(event) => ExecutionEvent::Workflow(event),
            Kind::Node(event) => ExecutionEvent::Node(event),
            Kind::Task(event) => ExecutionEvent::Task(event),
        })
        .collect())
}
