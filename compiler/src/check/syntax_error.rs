//! Texts and durations that must parse.

use aileron_idl::core::{Node, SleepCondition};
use prost_types::Duration;

use crate::diagnostic::{Code, Diagnostic, Location};

/// Nanoseconds of a duration lie below this.
const SECOND: i32 = 1_000_000_000;
/// The longest duration that protobuf allows: about 10,000 years.
const LONGEST: i64 = 315_576_000_000;

/// A promise's variable that is neither a name nor `[i].name`.
pub(crate) fn promise(place: Location, text: &str) -> Diagnostic {
    Diagnostic::error(Code::SyntaxError, place, format!("'{text}' does not name an output"))
        .got(text)
        .hint("write the output's name, or `[0].name` for one element of it")
}

/// A node's timeout.
pub(crate) fn timeout(id: &str, node: &Node) -> Option<Diagnostic> {
    duration(id, "timeout", node.metadata.as_ref()?.timeout.as_ref()?)
}

/// How long a gate sleeps.
pub(crate) fn sleep(id: &str, sleep: &SleepCondition) -> Option<Diagnostic> {
    duration(id, "sleep", sleep.duration.as_ref()?)
}

fn duration(id: &str, what: &str, duration: &Duration) -> Option<Diagnostic> {
    let Duration { seconds, nanos } = duration;
    let valid = (0..=LONGEST).contains(seconds) && (0..SECOND).contains(nanos);
    (!valid).then(|| {
        let message = format!("the {what} of {seconds} s and {nanos} ns is not a time");
        Diagnostic::error(Code::SyntaxError, Location::node(id), message)
            .hint(format!("a {what} is positive, with nanoseconds below one second"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Program, promise};
    use crate::types::samples::int;
    use aileron_idl::core::NodeMetadata;
    use expect_test::expect;

    #[test]
    fn a_promise_that_does_not_parse_is_refused() {
        Program::new()
            .input("a", int())
            .task("t", &[("a", int())], &[])
            .node("n0", "t", &[("a", promise("", "[x].a"))])
            .check(expect!["SyntaxError at n0.a: '[x].a' does not name an output (write the output's name, or `[0].name` for one element of it)"]);
    }

    #[test]
    fn timeouts_are_positive_durations() {
        let valid = |seconds, nanos| {
            let timeout = Some(Duration { seconds, nanos });
            let metadata = Some(NodeMetadata { timeout, ..NodeMetadata::default() });
            timeout_of(metadata).is_none()
        };
        assert!(valid(0, 0) && valid(60, 999_999_999));
        assert!(!valid(-1, 0) && !valid(0, -1) && !valid(0, SECOND) && !valid(i64::MAX, 0));
    }

    fn timeout_of(metadata: Option<NodeMetadata>) -> Option<Diagnostic> {
        timeout("n0", &Node { metadata, ..Node::default() })
    }
}
