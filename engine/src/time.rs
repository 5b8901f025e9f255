//! Instants as the engine sees them, numbers that a driver's clock made, and lengths of time.

use std::fmt;

use serde::{Deserialize, Serialize};

const NANOS: i64 = 1_000_000_000;

/// Nanoseconds since 1970-01-01T00:00:00Z; good until the year 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant moved later by some nanoseconds; it stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus_nanos(self, nanos: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(time: Timestamp) -> Self {
        let nanos = time.0.rem_euclid(NANOS);
        prost_types::Timestamp { seconds: time.0.div_euclid(NANOS), nanos: i32::try_from(nanos).unwrap_or(0) }
    }
}

impl From<&prost_types::Timestamp> for Timestamp {
    fn from(time: &prost_types::Timestamp) -> Self {
        Timestamp(time.seconds.saturating_mul(NANOS).saturating_add(i64::from(time.nanos)))
    }
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nanos(pub i64);

impl From<&prost_types::Duration> for Nanos {
    fn from(duration: &prost_types::Duration) -> Nanos {
        Nanos(duration.seconds.saturating_mul(NANOS).saturating_add(duration.nanos.into()))
    }
}

/// As Go writes durations, which users know from Flyte: `3m0s`, `1.5s`, `20ms`.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        let (minutes, hours) = (nanos / 60_000_000_000, nanos / 3_600_000_000_000);
        f.write_str(if self.0 < 0 { "-" } else { "" })?;
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(nanos, 3)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(nanos, 6)),
            _ => {
                let seconds = decimal(nanos % 60_000_000_000, 9);
                match (hours, minutes) {
                    (0, 0) => write!(f, "{seconds}s"),
                    (0, _) => write!(f, "{minutes}m{seconds}s"),
                    _ => write!(f, "{hours}h{}m{seconds}s", minutes % 60),
                }
            }
        }
    }
}

/// The value with its point moved to the left by some digits, without zeros at the end.
fn decimal(value: u64, digits: usize) -> String {
    let text = format!("{value:0>width$}", width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    format!("{whole}.{fraction}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_read_back() {
        for nanos in [0, 1, -1, 1_700_000_000_123_456_789, -5_000_000_001] {
            let wire = prost_types::Timestamp::from(Timestamp(nanos));
            assert!((0..1_000_000_000).contains(&wire.nanos));
            assert_eq!(Timestamp::from(&wire), Timestamp(nanos));
        }
    }

    #[test]
    fn lengths_are_written_as_go_does() {
        for (nanos, text) in [
            (0, "0s"),
            (7, "7ns"),
            (1_500, "1.5µs"),
            (20_000_000, "20ms"),
            (1_050_000_000, "1.05s"),
            (10_000_000_000, "10s"),
            (180_000_000_000, "3m0s"),
            (3_600_500_000_000, "1h0m0.5s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(Nanos(nanos).to_string(), text);
        }
    }
}
