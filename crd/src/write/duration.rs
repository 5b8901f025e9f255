//! Durations as objects have them: `1h2m3.5s`.

use prost_types::Duration;

const NANOS: i128 = 1_000_000_000;

/// The text of a duration, `times` over. A negative one is none.
pub(super) fn text(duration: Duration, times: i128) -> String {
    let nanos = ((i128::from(duration.seconds) * NANOS + i128::from(duration.nanos)) * times).max(0);
    let (whole, part) = (nanos / NANOS, nanos % NANOS);
    if whole == 0 && part > 0 {
        return small(part);
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, decimal(whole % 60, part, 9));
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        (_, _) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// Less than a second, in the largest unit of which it has one.
fn small(nanos: i128) -> String {
    match nanos {
        1_000_000.. => format!("{}ms", decimal(nanos / 1_000_000, nanos % 1_000_000, 6)),
        1_000.. => format!("{}µs", decimal(nanos / 1_000, nanos % 1_000, 3)),
        _ => format!("{nanos}ns"),
    }
}

/// A number whose fraction has `digits` digits, without the zeros at its end.
fn decimal(whole: i128, part: i128, digits: usize) -> String {
    let fraction = format!("{part:0digits$}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_objects() {
        let text = |seconds, nanos| super::text(Duration { seconds, nanos }, 1);
        assert_eq!(text(180, 0), "3m0s");
        assert_eq!(text(3600, 0), "1h0m0s");
        assert_eq!(text(7323, 500_000_000), "2h2m3.5s");
        assert_eq!(text(1, 5), "1.000000005s");
        assert_eq!(text(0, 1_500_000), "1.5ms");
        assert_eq!(text(0, 7), "7ns");
        assert_eq!(text(0, 0), "0s");
        assert_eq!(super::text(Duration { seconds: 180, nanos: 0 }, 2), "6m0s");
    }
}
