//! `aileron attempt`: a task's command, kept apart. The driver calls it; it is not for people.
//!
//! The program calls itself once more from within, which a word says. As it is called for every task, it does nothing
//! else that a program may do first.

use std::ffi::OsString;
use std::process::ExitCode;

use aileron_isolation::{Apart, IsolationError, Lacks, NOT_APART, run, run_inside};

const ATTEMPT: &str = "attempt";
const INSIDE: &str = "--inside";

/// The exit code of the command, if this is such a call.
pub(crate) fn attempt() -> Option<ExitCode> {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.first().is_none_or(|word| word != ATTEMPT) {
        return None;
    }
    let inside = words.get(1).is_some_and(|word| word == INSIDE);
    words.drain(..1 + usize::from(inside));
    Some(match apart(inside, words) {
        Ok(code) => code.into(),
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            tell(&format!("the task was not run, as it cannot be kept apart: {error}{cause}"));
            NOT_APART.into()
        }
    })
}

fn apart(inside: bool, words: Vec<OsString>) -> Result<u8, IsolationError> {
    let (apart, command) = Apart::of_words(words)?;
    if inside {
        return run_inside(&apart, &command);
    }
    if let Some(lacking) = Lacks::here().told() {
        tell(&format!("the task is kept apart without {lacking}, which this kernel lacks"));
    }
    let program = std::env::current_exe();
    let program = program.map_err(|source| IsolationError::Start { program: ATTEMPT.into(), source })?;
    run(&apart, (&program, &[ATTEMPT.into(), INSIDE.into()]), &command)
}

/// Standard error is the task's log.
fn tell(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "aileron: {line}");
}
