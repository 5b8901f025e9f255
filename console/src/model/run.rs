//! What an execution, a node and an attempt have in common: a phase, times, and maybe a failure.

use std::collections::BTreeMap;

use aileron_idl::admin::{
    AbortMetadata, Execution, NodeExecution, TaskExecution, execution_closure, node_execution_closure,
    task_execution_closure,
};
use aileron_idl::core::ExecutionError;
use aileron_idl::core::execution_error::ErrorKind;
use prost_types::{Duration, Timestamp};

use super::phase::Phase;
use super::sorted;
use super::time;

/// The state of something that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Where it stands.
    pub phase: Phase,
    /// When it started, in milliseconds since 1970.
    pub started: Option<f64>,
    /// How long it took in milliseconds, once it has ended.
    pub took: Option<f64>,
    /// Why it ended badly.
    pub failure: Option<Failure>,
}

/// The states of an execution's nodes by node id, from what was reported and the ids of all nodes.
///
/// Once the execution `is_over`, what was never reported is [`Phase::NotRun`].
pub fn of_nodes<'a>(
    reported: &[NodeExecution],
    ids: impl Iterator<Item = &'a str>,
    is_over: bool,
) -> BTreeMap<String, Run> {
    let by_id = |node: &NodeExecution| Some((node.id.as_ref()?.node_id.clone(), Run::of_node(node)));
    let mut runs = sorted::map(reported.iter().filter_map(by_id));
    for id in ids.filter(|_| is_over) {
        runs.entry(id.to_owned()).or_insert(Run { phase: Phase::NotRun, ..Run::default() });
    }
    runs
}

/// Why something ended badly.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Whose fault it is.
    pub origin: Origin,
    /// The error's code, such as `USER:ValueError`.
    pub code: String,
    /// The message in full; often a traceback.
    pub message: String,
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The task's code.
    User,
    /// The machinery that ran it.
    System,
    /// Someone who asked for the end.
    Abort,
    /// Not told.
    Unknown,
}

impl Origin {
    /// A word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::User => "User error",
            Self::System => "System error",
            Self::Abort => "Aborted",
            Self::Unknown => "Error",
        }
    }
}

impl Run {
    /// An execution's state.
    pub fn of_execution(execution: &Execution) -> Self {
        let Some(closure) = &execution.closure else { return Self::default() };
        let failure = match &closure.output_result {
            Some(execution_closure::OutputResult::Error(error)) => Some(Failure::of(error)),
            Some(execution_closure::OutputResult::AbortMetadata(abort)) => Some(Failure::of_abort(abort)),
            _ => None,
        };
        Self::new(
            Phase::of_execution(closure.phase),
            closure.started_at.as_ref(),
            closure.duration.as_ref(),
            failure,
        )
    }

    /// A node's state.
    pub fn of_node(node: &NodeExecution) -> Self {
        let Some(closure) = &node.closure else { return Self::default() };
        let failure = match &closure.output_result {
            Some(node_execution_closure::OutputResult::Error(error)) => Some(Failure::of(error)),
            _ => None,
        };
        Self::new(
            Phase::of_node(closure.phase),
            closure.started_at.as_ref(),
            closure.duration.as_ref(),
            failure,
        )
    }

    /// An attempt's state.
    pub fn of_attempt(attempt: &TaskExecution) -> Self {
        let Some(closure) = &attempt.closure else { return Self::default() };
        let failure = match &closure.output_result {
            Some(task_execution_closure::OutputResult::Error(error)) => Some(Failure::of(error)),
            _ => None,
        };
        Self::new(
            Phase::of_attempt(closure.phase),
            closure.started_at.as_ref(),
            closure.duration.as_ref(),
            failure,
        )
    }

    fn new(
        phase: Phase,
        started: Option<&Timestamp>,
        took: Option<&Duration>,
        failure: Option<Failure>,
    ) -> Self {
        // Until the end the wire's duration is absent or zero; then the clock tells.
        let took = took.map(time::span).filter(|_| phase.is_terminal());
        Self { phase, started: started.map(time::millis), took, failure }
    }

    /// Whether there is a time to tell.
    pub fn has_begun(&self) -> bool {
        self.elapsed(0.0).is_some()
    }

    /// How long it has run by `now`, in milliseconds; `None` before it starts.
    pub fn elapsed(&self, now: f64) -> Option<f64> {
        match (self.took, self.started) {
            (Some(took), _) => Some(took),
            (None, Some(started)) if !self.phase.is_terminal() => Some(now - started),
            _ => None,
        }
    }
}

impl Failure {
    /// The line that says it shortest: a traceback's last one.
    pub fn headline(&self) -> &str {
        self.message.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no message")
    }

    /// The place in the user's own code where it happened: the last file and line of a Python traceback that is not in a
    /// library, and the line itself.
    pub fn place(&self) -> Option<(&str, &str)> {
        let lines: Vec<&str> = self.message.lines().map(str::trim).collect();
        let is_own = |line: &str| {
            let is_file = line.starts_with("File \"") && line.contains(", line ");
            is_file
                && !["site-packages", "/lib/python", "<frozen", "<string>"]
                    .iter()
                    .any(|part| line.contains(part))
        };
        let at = lines.iter().rposition(|line| is_own(line))?;
        Some((lines[at], lines.get(at + 1).copied().unwrap_or_default()))
    }

    /// The failure as Markdown, to be pasted where people talk about it.
    pub fn markdown(&self, of: &str) -> String {
        let place = self.place().map(|(file, line)| format!("\n\n{file}\n\n    {line}")).unwrap_or_default();
        format!(
            "**{}** `{}` in {of}\n\n> {}{place}\n\n```\n{}\n```\n",
            self.origin.label(),
            self.code,
            self.headline(),
            self.message.trim()
        )
    }

    fn of(error: &ExecutionError) -> Self {
        let origin = match ErrorKind::try_from(error.kind) {
            Ok(ErrorKind::User) => Origin::User,
            Ok(ErrorKind::System) => Origin::System,
            _ => Origin::Unknown,
        };
        Self { origin, code: error.code.clone(), message: error.message.clone() }
    }

    fn of_abort(abort: &AbortMetadata) -> Self {
        let by = if abort.principal.is_empty() { String::new() } else { format!("by {}", abort.principal) };
        Self { origin: Origin::Abort, code: by, message: abort.cause.clone() }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::{ExecutionClosure, NodeExecutionClosure};

    use super::*;

    fn node(phase: i32, duration: Option<Duration>) -> NodeExecution {
        let started_at = Some(Timestamp { seconds: 10, nanos: 0 });
        let closure = NodeExecutionClosure { phase, started_at, duration, ..Default::default() };
        NodeExecution { closure: Some(closure), ..Default::default() }
    }

    #[test]
    fn a_running_node_is_timed_by_the_clock() {
        let run = Run::of_node(&node(2, Some(Duration::default())));
        assert_eq!(run.elapsed(12_500.0), Some(2_500.0));
    }

    #[test]
    fn a_finished_node_is_timed_by_what_was_reported() {
        let run = Run::of_node(&node(3, Some(Duration { seconds: 1, nanos: 500_000_000 })));
        assert_eq!(run.elapsed(99_000.0), Some(1_500.0));
    }

    #[test]
    fn a_finished_node_without_a_duration_has_none() {
        assert_eq!(Run::of_node(&node(3, None)).elapsed(99_000.0), None);
    }

    #[test]
    fn an_abort_names_who_and_why() {
        let abort = AbortMetadata { cause: "wrong input".into(), principal: "ada".into() };
        let output_result = Some(execution_closure::OutputResult::AbortMetadata(abort));
        let closure = ExecutionClosure { phase: 7, output_result, ..Default::default() };
        let run = Run::of_execution(&Execution { closure: Some(closure), ..Default::default() });
        let expect = Failure { origin: Origin::Abort, code: "by ada".into(), message: "wrong input".into() };
        assert_eq!(run.failure, Some(expect));
    }

    #[test]
    fn a_traceback_is_headed_by_its_last_line() {
        let message = "Trace:\n\n    Traceback\n\nMessage:\n\n    ValueError: 3 is odd\n".into();
        let failure = Failure { origin: Origin::User, code: "USER:ValueError".into(), message };
        assert_eq!(failure.headline(), "ValueError: 3 is odd");
    }

    #[test]
    fn a_traceback_leads_to_the_users_own_line() {
        let message = "Traceback (most recent call last):\n  File \"/x/site-packages/flytekit/a.py\", line 1, in b\n    c()\n  File \"/code/shop.py\", line 7, in price\n    return 1 / 0\nZeroDivisionError: division by zero";
        let failure = Failure { origin: Origin::User, code: "USER:Unknown".into(), message: message.into() };
        assert_eq!(failure.place(), Some(("File \"/code/shop.py\", line 7, in price", "return 1 / 0")));
        assert!(
            failure
                .markdown("abc/n0")
                .starts_with("**User error** `USER:Unknown` in abc/n0\n\n> ZeroDivisionError")
        );
    }

    #[test]
    fn after_the_end_what_never_started_is_not_waiting_any_more() {
        let mut reported = node(3, None);
        reported.id =
            Some(aileron_idl::core::NodeExecutionIdentifier { node_id: "n0".into(), ..Default::default() });
        let phases = |is_over| {
            let runs = of_nodes(std::slice::from_ref(&reported), ["n0", "n1"].into_iter(), is_over);
            runs.into_iter().map(|(id, run)| (id, run.phase)).collect::<Vec<_>>()
        };
        assert_eq!(phases(false), [("n0".to_owned(), Phase::Succeeded)]);
        assert_eq!(phases(true), [("n0".to_owned(), Phase::Succeeded), ("n1".to_owned(), Phase::NotRun)]);
    }

    #[test]
    fn what_carries_no_closure_is_waiting() {
        assert_eq!(Run::of_execution(&Execution::default()), Run::default());
    }
}
