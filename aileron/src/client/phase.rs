//! Times and phases as people read them.

use aileron_idl::core::workflow_execution::Phase;
use jiff::Timestamp as Instant;
use prost_types::{Duration, Timestamp};

/// Whether an execution has ended.
pub(super) const fn is_over(phase: Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed | Phase::Aborted | Phase::TimedOut)
}

/// A time in UTC to the second; `-` for none.
pub(super) fn time(at: Option<&Timestamp>) -> String {
    let instant = at.and_then(|at| Instant::new(at.seconds, 0).ok());
    instant.map_or_else(|| "-".to_owned(), |instant| instant.to_string())
}

/// A length of time to the millisecond below a minute, to the second above; `-` for none.
pub(super) fn length(duration: Option<&Duration>) -> String {
    let Some(Duration { seconds, nanos }) = duration else { return "-".to_owned() };
    match seconds {
        0..60 => format!("{seconds}.{:03} s", nanos / 1_000_000),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_exact_as_they_are_short() {
        let text = |seconds, nanos| length(Some(&Duration { seconds, nanos }));
        assert_eq!(text(1, 20_000_000), "1.020 s");
        assert_eq!(text(75, 0), "1 min 15 s");
        assert_eq!(text(7300, 0), "2 h 1 min");
        assert_eq!(length(None), "-");
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(Some(&Timestamp { seconds: 0, nanos: 5 })), "1970-01-01T00:00:00Z");
    }
}
