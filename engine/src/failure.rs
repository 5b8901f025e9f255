//! How an attempt failed, and what it is reported as.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Whose fault a failure is; it decides which budget of tries it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    /// Nobody said; counted like the user's.
    Unknown,
    /// The user's code.
    User,
    /// The platform.
    System,
}

impl ErrorKind {
    /// The name on the wire and in messages.
    pub fn text(self) -> &'static str {
        match self {
            ErrorKind::Unknown => "UNKNOWN",
            ErrorKind::User => "USER",
            ErrorKind::System => "SYSTEM",
        }
    }
}

/// A failure with its code and text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault.
    pub kind: ErrorKind,
    /// Stable code, such as `USER:ValueError` or `OutputsNotFound`.
    pub code: String,
    /// Everything a reader needs: the traceback, or what was expected and found.
    pub message: String,
    /// Whether another attempt may be made, if the budget allows.
    pub recoverable: bool,
    /// When it was raised, where the attempt said so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_at: Option<Timestamp>,
    /// Whether the attempt left a deck all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deck: bool,
}

impl Failure {
    /// The failure as that of whatever the failed node is part of, which has no deck of that name.
    pub(crate) fn of_whole(self) -> Failure {
        Failure { deck: false, ..self }
    }

    /// A failure of the platform that no further attempt would mend.
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure {
            kind: ErrorKind::System,
            code: code.into(),
            message: message.into(),
            recoverable: false,
            raised_at: None,
            deck: false,
        }
    }

    /// A failure of the platform that another attempt may mend.
    pub fn system(code: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure {
            kind: ErrorKind::System,
            code: code.into(),
            message: message.into(),
            recoverable: true,
            raised_at: None,
            deck: false,
        }
    }
}
