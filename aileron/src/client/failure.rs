//! Why a command was not carried out, and what to do about it.

use std::process::ExitCode;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// An error as the user sees it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server refused.
    #[error("{}", refusal(.0))]
    Refused(Box<Status>),
    /// No server answers.
    #[error(
        "no server answers at {endpoint}: {cause}\n  hint: start one with `aileron serve`, or name another with --endpoint"
    )]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the system said.
        cause: String,
    },
    /// The command makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Inputs that do not fit, one a line.
    #[error("the inputs do not fit {launch_plan}{findings}")]
    Inputs {
        /// What was to be launched.
        launch_plan: String,
        /// A line for each.
        findings: String,
    },
    /// What was watched has ended otherwise than well.
    #[error("{name} ended {phase}{cause}")]
    Ended {
        /// The execution.
        name: String,
        /// How.
        phase: &'static str,
        /// The error's code and message, if it has one.
        cause: String,
    },
    /// Not everything was registered.
    #[error("{refused} of {all} were refused{problems}")]
    Unregistered {
        /// How many were not.
        refused: usize,
        /// How many there are.
        all: usize,
        /// A line for each that was not.
        problems: String,
    },
    /// A file did not reach the object store.
    #[error("failed to upload {file}: {cause}")]
    Upload {
        /// Which file.
        file: String,
        /// What was answered.
        cause: String,
    },
    /// A file or stream failed.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No token was given, or none counts.
    #[error(
        "not logged in: {0}\n  hint: set AILERON_TOKEN (`aileron login` prints one), or AILERON_CLIENT_ID and AILERON_CLIENT_SECRET"
    )]
    NotLoggedIn(String),
    /// The server answered something that this program does not understand.
    #[error("the server's answer makes no sense: {0}")]
    Answer(String),
}

impl Failure {
    /// 2 for a command that makes no sense, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) | Failure::Inputs { .. } => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    /// Output that nobody reads any more is no failure: `aileron get ... | head`.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Refused(Box::new(status))
    }
}

fn refusal(status: &Status) -> String {
    let request = status.get_error_details().request_info().map(|info| info.request_id.clone());
    let request = request.map_or(String::new(), |id| format!(" (request {id})"));
    let hint = hint(status.code()).map_or(String::new(), |hint| format!("\n  hint: {hint}"));
    format!("{}: {}{request}{hint}", code_name(status.code()), status.message())
}

fn hint(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::NotFound => "check --project and --domain, and list what there is with `aileron get`",
        Code::AlreadyExists => "choose another name",
        Code::ResourceExhausted => "the server is busy; try again in a moment",
        Code::Unimplemented => "this server cannot do that",
        Code::Unauthenticated => {
            "set AILERON_TOKEN (`aileron login` prints one), or AILERON_CLIENT_ID and AILERON_CLIENT_SECRET"
        }
        Code::PermissionDenied => "ask an admin of the project for the role",
        _ => return None,
    })
}

fn code_name(code: Code) -> String {
    let name = format!("{code:?}");
    let breaks = name.char_indices().filter(|(at, letter)| *at > 0 && letter.is_uppercase());
    let mut text = name.to_uppercase();
    for (at, _) in breaks.collect::<Vec<_>>().into_iter().rev() {
        text.insert(at, '_');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_in_the_protocol() {
        assert_eq!(code_name(Code::NotFound), "NOT_FOUND");
        assert_eq!(code_name(Code::Internal), "INTERNAL");
        assert_eq!(code_name(Code::InvalidArgument), "INVALID_ARGUMENT");
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let failure = Failure::from(Status::not_found("no such thing"));
        assert!(failure.to_string().starts_with("NOT_FOUND: no such thing\n  hint: check"), "{failure}");
    }
}
