//! What AWS's refusals mean.

use aileron_engine::{ErrorKind, Failure};
use serde::Deserialize;

use crate::web::CallError;

/// What is in the body of a refusal.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(alias = "Message", default)]
    message: String,
    #[serde(rename = "__type", default)]
    kind: String,
}

/// What an answer other than a good one says of a call. `kind` is what its header calls the error.
pub(super) fn meaning(call: &str, status: u16, kind: Option<&str>, body: &[u8]) -> CallError {
    let said: Said = serde_json::from_slice(body).unwrap_or_default();
    let kind = kind.unwrap_or(&said.kind);
    // A kind may have a namespace before it, and an address behind it.
    let kind = kind.rsplit('#').next().and_then(|kind| kind.split(':').next()).unwrap_or_default();
    let text = format!("AWS Batch answers {call} with {status} {kind}: {}", said.message);
    let refused = |code: &str, whose| {
        CallError::Refused(Failure { kind: whose, ..Failure::permanent(code, text.clone()) })
    };
    match (status, kind) {
        (_, "TooManyRequestsException" | "ThrottlingException" | "Throttling" | "RequestLimitExceeded") => {
            CallError::Away(text)
        }
        // Keys that have expired are made anew while one waits.
        (_, "ExpiredTokenException" | "ExpiredToken" | "RequestExpired") | (408 | 429 | 500.., _) => {
            CallError::Away(text)
        }
        (401 | 403, _) => refused("BatchRefused", ErrorKind::System),
        (400, _) => refused("BadTaskDefinition", ErrorKind::User),
        _ => refused("BatchProtocolError", ErrorKind::System),
    }
}

/// An answer that makes no sense.
pub(super) fn nonsense(call: &str, what: &str) -> CallError {
    let message = format!("AWS Batch answers {call} {what}; see whether `endpoint` is that of AWS Batch");
    CallError::Wrong(Failure::permanent("BatchProtocolError", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, kind: &str, body: &str) -> String {
        match meaning("SubmitJob", status, (!kind.is_empty()).then_some(kind), body.as_bytes()) {
            CallError::Away(text) => format!("away: {text}"),
            CallError::Late(_) => "late".to_owned(),
            CallError::Wrong(failure) | CallError::Refused(failure) => {
                format!("{} {}: {}", failure.kind.text(), failure.code, failure.message)
            }
        }
    }

    #[test]
    fn every_refusal_has_its_meaning() {
        for (status, kind, body, expected) in [
            (429, "TooManyRequestsException", "{}", "away"),
            (400, "ThrottlingException", "", "away"),
            (403, "ExpiredTokenException", "{}", "away"),
            (503, "", "<html>", "away"),
            (
                500,
                "ServerException",
                r#"{"message": "m"}"#,
                "away: AWS Batch answers SubmitJob with 500 ServerException: m",
            ),
            (403, "AccessDeniedException", r#"{"Message": "no"}"#, "SYSTEM BatchRefused"),
            (
                400,
                "ClientException:http://here/",
                r#"{"message": "no queue"}"#,
                "USER BadTaskDefinition: AWS Batch answers SubmitJob with 400 ClientException: no queue",
            ),
            (
                400,
                "",
                r#"{"__type": "com.amazon#ClientException"}"#,
                "USER BadTaskDefinition: AWS Batch answers SubmitJob with 400 ClientException",
            ),
            (404, "", "", "SYSTEM BatchProtocolError"),
        ] {
            let found = told(status, kind, body);
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
