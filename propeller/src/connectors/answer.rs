//! What a connector's refusals mean, by their gRPC codes.

use aileron_engine::{ErrorKind, Failure};
use tonic::{Code, Status};

use crate::web::CallError;

/// Longest error text of a connector's that is passed on, in bytes: connectors send whole tracebacks.
const TEXT: usize = 8 << 10;

/// What an answer other than a good one says of a call.
pub(super) fn meaning(connector: &str, call: &str, status: &Status) -> CallError {
    let text = shortened(status.message());
    let said = format!("connector {connector} answers {call} with {:?}: {text}", status.code());
    let failed = |code: &str| Failure { kind: ErrorKind::User, ..Failure::system(code, said.clone()) };
    match status.code() {
        // A client's own words for a connection that is lost are UNKNOWN.
        Code::Unavailable | Code::Aborted | Code::ResourceExhausted => CallError::Away(said),
        // Its own client says so of a call that took too long.
        Code::DeadlineExceeded | Code::Cancelled => CallError::Late(said),
        Code::Unknown if is_transport(status) => CallError::Away(said),
        Code::NotFound => CallError::Away(format!("{said}; it may have been offered before, and be again")),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            CallError::Refused(Failure { recoverable: false, ..failed("TaskFailedWithError") })
        }
        Code::Unauthenticated | Code::PermissionDenied => {
            CallError::Refused(Failure { kind: ErrorKind::System, ..failed("ConnectorRefused") })
        }
        Code::Unimplemented => CallError::Refused(Failure {
            kind: ErrorKind::System,
            recoverable: false,
            ..failed("ConnectorProtocolError")
        }),
        _ => CallError::Wrong(failed("TaskFailedWithError")),
    }
}

fn is_transport(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// The end of a long text: a traceback's last lines say what happened.
fn shortened(text: &str) -> String {
    if text.len() <= TEXT {
        return text.to_owned();
    }
    let from = text.ceil_char_boundary(text.len() - TEXT);
    format!("... {}", &text[from..])
}

/// An answer that makes no sense.
pub(super) fn nonsense(connector: &str, what: &str) -> CallError {
    let message = format!("connector {connector} {what}; it may speak another version of the protocol");
    CallError::Wrong(Failure::permanent("ConnectorProtocolError", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: Code) -> String {
        match meaning("c", "GetTask", &Status::new(code, "text")) {
            CallError::Away(_) => "away".to_owned(),
            CallError::Late(_) => "late".to_owned(),
            CallError::Wrong(failure) => format!("wrong: {} {}", failure.kind.text(), failure.code),
            CallError::Refused(failure) => {
                format!("refused: {} {}, again: {}", failure.kind.text(), failure.code, failure.recoverable)
            }
        }
    }

    #[test]
    fn every_code_has_its_meaning() {
        for (code, expected) in [
            (Code::Unavailable, "away"),
            (Code::DeadlineExceeded, "late"),
            (Code::ResourceExhausted, "away"),
            (Code::NotFound, "away"),
            (Code::Internal, "wrong: USER TaskFailedWithError"),
            (Code::Unknown, "wrong: USER TaskFailedWithError"),
            (Code::InvalidArgument, "refused: USER TaskFailedWithError, again: false"),
            (Code::PermissionDenied, "refused: SYSTEM ConnectorRefused, again: true"),
            (Code::Unimplemented, "refused: SYSTEM ConnectorProtocolError, again: false"),
        ] {
            assert_eq!(told(code), expected, "{code:?}");
        }
    }
}
