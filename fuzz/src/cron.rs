//! Any schedule's ticks are whole seconds, later and later, and counted from any of them the same.

use aileron_server::fuzzing;

/// Ticks that are looked at.
const TICKS: usize = 8;

/// Checks an expression, and an offset on a line of its own.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (expression, offset) = text.split_once('\n').unwrap_or((text, ""));
    let start = 1_700_000_000;
    let next = match fuzzing::schedule(expression, offset, start) {
        Ok(next) => next,
        Err(error) => return assert!(error.len() <= text.len() + 300, "{error}"),
    };
    let mut last = start;
    for _ in 0..TICKS {
        let Some(tick) = next(last) else { return };
        assert!(tick > last, "{tick} is not after {last}");
        assert_eq!(next(tick - 1), Some(tick), "just before it, another tick is next");
        last = tick;
    }
}
