//! The table: what each error is in gRPC and in HTTP, and the typed details it carries.

use aileron_idl::admin::{
    CreateWorkflowFailureReason, EventErrorAlreadyInTerminalState, EventErrorIncompatibleCluster,
    EventFailureReason, InactiveProject, WorkflowErrorExistsDifferentStructure,
    WorkflowErrorExistsIdenticalStructure, create_workflow_failure_reason, event_failure_reason,
};
use aileron_storage::StorageError;
use http::StatusCode;
use prost::{Message, Name};
use prost_types::Any;
use tonic::{Code, Status};

use crate::error::ServiceError;
use crate::store::StoreError;

/// Most bytes of a message as it travels in a header: many clients read 16 KiB of headers in all, and the
/// details repeat the message in base64.
const MESSAGE_BYTES: usize = 5_000;

/// The gRPC code of an error. Never `Unknown`: clients start a login on it as on `Unauthenticated`, which is for who
/// is not known, and not for who may not.
pub(crate) fn code(error: &ServiceError) -> Code {
    match error {
        ServiceError::Missing(_)
        | ServiceError::Invalid { .. }
        | ServiceError::List(_)
        | ServiceError::UnknownProject(_)
        | ServiceError::InactiveProject(_)
        | ServiceError::UnknownDomain { .. }
        | ServiceError::Uncompilable { .. }
        | ServiceError::Inputs(_)
        | ServiceError::DifferentStructure { .. }
        | ServiceError::Corrupt(_) => Code::InvalidArgument,
        ServiceError::NotFound { .. }
        | ServiceError::NoDynamicWorkflow(_)
        | ServiceError::NoActiveLaunchPlan(_) => Code::NotFound,
        ServiceError::IdenticalStructure { .. }
        | ServiceError::AlreadyExists(_)
        | ServiceError::ConcurrencyLimit { .. }
        | ServiceError::RepeatedEvent(_) => Code::AlreadyExists,
        ServiceError::Terminal { .. }
        | ServiceError::InvalidTransition { .. }
        | ServiceError::IncompatibleCluster(_) => Code::FailedPrecondition,
        ServiceError::Unauthenticated(_) | ServiceError::BadToken(_) => Code::Unauthenticated,
        ServiceError::Signature(_)
        | ServiceError::Denied { .. }
        | ServiceError::NotOfRun { .. }
        | ServiceError::CrossSite(_) => Code::PermissionDenied,
        ServiceError::TooLarge { .. } => Code::ResourceExhausted,
        ServiceError::DataPlane(_) | ServiceError::Elsewhere(_) => Code::Unavailable,
        ServiceError::Unsupported(_) => Code::Unimplemented,
        // A reporter of events tries again on it, in order.
        ServiceError::ParentUnknown(_) => Code::Aborted,
        ServiceError::Storage(error) => storage_code(error),
        ServiceError::Store(error) => store_code(error),
    }
}

fn storage_code(error: &StorageError) -> Code {
    match error {
        StorageError::Foreign { .. } => Code::InvalidArgument,
        StorageError::NotFound(_) => Code::NotFound,
        StorageError::Range { .. } => Code::OutOfRange,
        StorageError::Blocked(_) => Code::FailedPrecondition,
        StorageError::TooLarge { .. } | StorageError::Full(_) => Code::ResourceExhausted,
        StorageError::Decode { .. } | StorageError::Damaged { .. } | StorageError::Store { .. } => {
            Code::Internal
        }
    }
}

fn store_code(error: &StoreError) -> Code {
    match error {
        StoreError::Duplicate(_) => Code::AlreadyExists,
        StoreError::TooLong(_) => Code::InvalidArgument,
        StoreError::Full => Code::ResourceExhausted,
        StoreError::TooSlow => Code::DeadlineExceeded,
        StoreError::Aborted | StoreError::Unreachable(_) | StoreError::Closed => Code::Unavailable,
        StoreError::Newer(_) | StoreError::Decode { .. } | StoreError::Migrate(_) | StoreError::Sql(_) => {
            Code::Internal
        }
    }
}

/// The HTTP status of a gRPC code, as gRPC gateways agree on.
pub(crate) fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status of an answer to a plain HTTP request (uploads and downloads), where no gateway's table
/// rules and HTTP has the better word.
pub(crate) fn plain_http_status(error: &ServiceError) -> StatusCode {
    match error {
        ServiceError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        ServiceError::Store(StoreError::Full) => StatusCode::INSUFFICIENT_STORAGE,
        ServiceError::Storage(error) if matches!(**error, StorageError::Range { .. }) => {
            StatusCode::RANGE_NOT_SATISFIABLE
        }
        ServiceError::Storage(error) if matches!(**error, StorageError::Full(_)) => {
            StatusCode::INSUFFICIENT_STORAGE
        }
        ServiceError::Storage(error) if matches!(**error, StorageError::Blocked(_)) => StatusCode::CONFLICT,
        other => http_status(code(other)),
    }
}

/// The typed detail that clients look for.
fn detail(error: &ServiceError) -> Option<Any> {
    use create_workflow_failure_reason::Reason as Structure;
    use event_failure_reason::Reason as Event;
    match error {
        ServiceError::InactiveProject(id) => {
            Some(any(&InactiveProject { id: id.clone(), ..InactiveProject::default() }))
        }
        ServiceError::Terminal { phase, .. } => {
            let state = EventErrorAlreadyInTerminalState { current_phase: phase.clone() };
            Some(any(&EventFailureReason { reason: Some(Event::AlreadyInTerminalState(state)) }))
        }
        ServiceError::IncompatibleCluster(cluster) => {
            let state = EventErrorIncompatibleCluster { cluster: cluster.clone() };
            Some(any(&EventFailureReason { reason: Some(Event::IncompatibleCluster(state)) }))
        }
        ServiceError::IdenticalStructure { kind: "workflow", id } => {
            let same = WorkflowErrorExistsIdenticalStructure { id: Some((**id).clone()) };
            Some(any(&CreateWorkflowFailureReason {
                reason: Some(Structure::ExistsIdenticalStructure(same)),
            }))
        }
        ServiceError::DifferentStructure { kind: "workflow", id, .. } => {
            let other = WorkflowErrorExistsDifferentStructure { id: Some((**id).clone()) };
            Some(any(&CreateWorkflowFailureReason {
                reason: Some(Structure::ExistsDifferentStructure(other)),
            }))
        }
        _ => None,
    }
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("type.googleapis.com/{}", M::full_name()), value: message.encode_to_vec() }
}

impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Status {
        let code = code(&error);
        if code == Code::Internal {
            tracing::error!(error = error.full_text(), "request failed");
        }
        let message = shortened(error.full_text());
        let Some(detail) = detail(&error) else { return Status::new(code, message) };
        let whole =
            tonic_types::pb::Status { code: code as i32, message: message.clone(), details: vec![detail] };
        Status::with_details(code, message, whole.encode_to_vec().into())
    }
}

/// Cuts a message so that it fits a header once its bytes are escaped.
fn shortened(message: String) -> String {
    let mut bytes = 0;
    for (at, letter) in message.char_indices() {
        bytes += if letter.is_ascii_graphic() || letter == ' ' { 1 } else { 3 * letter.len_utf8() };
        if bytes > MESSAGE_BYTES {
            return format!("{}... (shortened from {} bytes)", &message[..at], message.len());
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::filter::FilterError;
    use expect_test::expect;

    /// One line an error: gRPC code, HTTP status, type of the detail.
    fn row(error: ServiceError) -> String {
        let status = Status::from(error);
        let details = tonic_types::pb::Status::decode(status.details()).unwrap().details;
        let detail = details.first().map_or("-", |any| any.type_url.rsplit('.').next().unwrap());
        format!(
            "{:?} {} {detail}: {}\n",
            status.code(),
            http_status(status.code()).as_u16(),
            status.message()
        )
    }

    #[test]
    fn each_error_has_a_code_a_status_and_details() {
        let id = || Box::new(aileron_idl::core::Identifier { name: "w".into(), ..Default::default() });
        let text = |text: &str| text.to_owned();
        let rows: String = [
            ServiceError::Missing(text("id.name")),
            ServiceError::invalid("name", "A B", "use letters"),
            FilterError::Limit.into(),
            ServiceError::UnknownProject(text("p")),
            ServiceError::InactiveProject(text("p")),
            ServiceError::UnknownDomain { domain: text("d"), known: text("a, b") },
            ServiceError::not_found("TASK", &"t"),
            ServiceError::IdenticalStructure { kind: "workflow", id: id() },
            ServiceError::DifferentStructure { kind: "workflow", id: id(), diff: text("d") },
            ServiceError::IdenticalStructure { kind: "task", id: id() },
            StoreError::Duplicate(text("k")).into(),
            ServiceError::RepeatedEvent(text("e")),
            ServiceError::Terminal { entity: text("e"), phase: text("FAILED") },
            ServiceError::InvalidTransition { entity: text("e"), from: text("A"), to: text("B") },
            ServiceError::IncompatibleCluster(text("c")),
            ServiceError::ParentUnknown(text("n0")),
            ServiceError::Signature(text("expired")),
            ServiceError::TooLarge { what: "the upload", limit: 5 },
            StorageError::Range { uri: text("u"), size: 5 }.into(),
            StorageError::Full(text("u")).into(),
            StorageError::Blocked(text("u")).into(),
            StoreError::Full.into(),
            StoreError::Aborted.into(),
            StoreError::TooSlow.into(),
        ]
        .into_iter()
        .map(row)
        .collect();
        expect![[r#"
            InvalidArgument 400 -: missing id.name
            InvalidArgument 400 -: invalid value for name, value:[A B]: use letters
            InvalidArgument 400 -: invalid value for limit: it must be greater than 0
            InvalidArgument 400 -: project [p] not found; register it first
            InvalidArgument 400 InactiveProject: project [p] is not active; activate it to use it
            InvalidArgument 400 -: domain [d] is unrecognized; known are a, b
            NotFound 404 -: missing entity of type TASK with identifier t
            AlreadyExists 409 CreateWorkflowFailureReason: workflow with identical structure already exists: ::w:
            InvalidArgument 400 CreateWorkflowFailureReason: workflow with different structure already exists: ::w:. (Please register a new version of the workflow.)
            d
            AlreadyExists 409 -: task with identical structure already exists: ::w:
            AlreadyExists 409 -: value with matching already exists (k)
            AlreadyExists 409 -: e was recorded before
            FailedPrecondition 400 EventFailureReason: e is already in the terminal phase FAILED
            FailedPrecondition 400 -: invalid phase change from A to B for e
            FailedPrecondition 400 EventFailureReason: the execution runs on another cluster than [c]
            Aborted 409 -: n0 must be reported before its parts
            PermissionDenied 403 -: expired
            ResourceExhausted 429 -: the upload has more than the 5 bytes that are allowed
            OutOfRange 400 -: the object at `u` has 5 bytes; there is nothing in the range that was asked for
            ResourceExhausted 429 -: no space left in the object store for `u`; free some and try again
            FailedPrecondition 400 -: `u` cannot be written: a part of its path is an object already or a link, or there are objects below it; use another name
            ResourceExhausted 429 -: no space left for the metadata store; free some and try again
            Unavailable 503 -: the metadata store rolled the transaction back; try again
            DeadlineExceeded 504 -: the query took too long and was ended; narrow the filter, by name, phase or created_at
        "#]].assert_eq(&rows);
    }

    #[test]
    fn a_long_message_fits_the_headers() {
        let status = Status::from(ServiceError::Inputs("line\n".repeat(100_000)));
        let mut headers = http::HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        assert!(size < 8_000, "{size}");
        assert!(status.message().contains("shortened from 500000 bytes"));
    }
}
