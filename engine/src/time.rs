//! Instants as the engine sees them: numbers that a driver's clock made.

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
}
