//! What went wrong with a question, and what the reader can do about it.

/// A question that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{question}: {}: {message}", code.name())]
pub struct ApiError {
    /// What was asked: the RPC's name.
    pub question: &'static str,
    /// Which kind of failure.
    pub code: Code,
    /// The server's words, or the browser's when the server was not reached.
    pub message: String,
}

/// gRPC's status codes, as far as a reader would act differently, and one for no answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The server was not reached, or broke off.
    Unreachable,
    /// Something answered, but not this API.
    NotTheApi,
    /// The question was wrong.
    InvalidArgument,
    /// No such thing.
    NotFound,
    /// Nobody is signed in.
    Unauthenticated,
    /// Whoever is signed in may not.
    PermissionDenied,
    /// The server does not know this question.
    Unimplemented,
    /// The server is starting, stopping or overloaded.
    Unavailable,
    /// Any other gRPC status, by number.
    Other(u32),
}

impl Code {
    /// The code of a gRPC status number other than 0.
    pub fn of_grpc(number: u32) -> Self {
        match number {
            3 => Self::InvalidArgument,
            5 => Self::NotFound,
            7 => Self::PermissionDenied,
            12 => Self::Unimplemented,
            8 | 14 => Self::Unavailable,
            16 => Self::Unauthenticated,
            _ => Self::Other(number),
        }
    }

    /// The code as it is called in logs and documents.
    pub fn name(self) -> String {
        match self {
            Self::Unreachable => "UNREACHABLE".to_owned(),
            Self::NotTheApi => "NOT_THE_API".to_owned(),
            Self::InvalidArgument => "INVALID_ARGUMENT".to_owned(),
            Self::NotFound => "NOT_FOUND".to_owned(),
            Self::Unauthenticated => "UNAUTHENTICATED".to_owned(),
            Self::PermissionDenied => "PERMISSION_DENIED".to_owned(),
            Self::Unimplemented => "UNIMPLEMENTED".to_owned(),
            Self::Unavailable => "UNAVAILABLE".to_owned(),
            Self::Other(number) => format!("STATUS_{number}"),
        }
    }

    /// What the reader can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "Check that `aileron serve` is running at this address. This page keeps trying."
            }
            Self::NotTheApi => {
                "A proxy may have answered in the server's place. Open the server's own address."
            }
            Self::InvalidArgument => "Check the address of this page: project, domain and name.",
            Self::NotFound => {
                "Check the name, or go back to the list: it may belong to another project or domain."
            }
            Self::Unauthenticated => "You are not logged in, or the session has ended.",
            Self::PermissionDenied => "Ask whoever runs this server for access to this project.",
            Self::Unimplemented => "This console and the server are of different versions. Reload this page.",
            Self::Unavailable => "The server is busy or restarting. This page keeps trying.",
            Self::Other(_) => "The server's log has more on it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_question_code_and_message() {
        let error = ApiError {
            question: "GetExecution",
            code: Code::of_grpc(5),
            message: "no such execution".into(),
        };
        assert_eq!(error.to_string(), "GetExecution: NOT_FOUND: no such execution");
    }

    #[test]
    fn an_unusual_code_keeps_its_number() {
        assert_eq!(Code::of_grpc(15).name(), "STATUS_15");
    }
}
