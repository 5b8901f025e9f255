//! How long a broken watch rests before it is begun again.
//!
//! The library's own pauses grow until two minutes have passed without an error. Behind an API server that cuts watches
//! now and then, the ends of pods would be seen half a minute late.

use std::time::Duration;

use kube::runtime::utils::Backoff;

/// The first pause and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Each pause twice as long as the one before, and the first one again once anything was heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses(PAUSE.0)
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let now = self.0;
        self.0 = (now * 2).min(PAUSE.1);
        Some(now)
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.0 = PAUSE.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_end_and_begin_again() {
        let mut pauses = Pauses::default();
        let first: Vec<_> = pauses.by_ref().take(8).map(|pause| pause.as_millis()).collect();
        assert_eq!(first, [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
        pauses.reset();
        assert_eq!(pauses.next(), Some(PAUSE.0));
    }
}
