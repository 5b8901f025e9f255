//! Tokens that were checked a moment ago, so that a token is checked once a second however often it is sent.
//!
//! A moment is as long as somebody who was disabled may go on, and no token counts longer than it says.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::Caller;

/// How long a checked token is remembered.
const REMEMBERED: Duration = Duration::from_secs(1);
/// Most tokens that are remembered.
const MOST: usize = 10_000;
/// Bytes at a token's end by which it is found: those of its signature, which differ as random ones do.
const TAIL: usize = 32;

/// The tokens, and whose each is.
#[derive(Debug, Default)]
pub(crate) struct CheckedTokens(RwLock<HashMap<[u8; TAIL], Checked, BuildHasherDefault<OfRandom>>>);

/// Of bytes that are random already, as signatures are: whoever could choose them could sign, so nobody makes them collide.
#[derive(Debug, Default)]
struct OfRandom(u64);

impl Hasher for OfRandom {
    fn write(&mut self, bytes: &[u8]) {
        // Odd, so that each letter counts in bits of both ends, by which a table finds its places.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        if let Some(last) = bytes.last_chunk() {
            let spread = u64::from_le_bytes(*last).wrapping_mul(SPREAD);
            self.0 = spread ^ spread >> 32;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Debug)]
struct Checked {
    token: String,
    caller: Arc<Caller>,
    until: Instant,
}

impl CheckedTokens {
    /// Whose a token is, if it was checked a moment ago: this very one, to its last byte.
    pub(crate) fn get(&self, token: &str) -> Option<Arc<Caller>> {
        let tail = token.as_bytes().last_chunk()?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(tail)?;
        (found.token == token && found.until > Instant::now()).then(|| found.caller.clone())
    }

    /// Remembers whose a token is, for as long as it counts at the most.
    pub(crate) fn keep(&self, token: &str, caller: Arc<Caller>, counts: Duration) {
        let Some(tail) = token.as_bytes().last_chunk() else { return };
        let checked =
            Checked { token: token.to_owned(), caller, until: Instant::now() + counts.min(REMEMBERED) };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(*tail, checked);
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::{Via, Who};
    use super::*;

    fn ann() -> Arc<Caller> {
        Arc::new(Caller::known(Who::Person("ann".to_owned()), Via::Token))
    }

    #[test]
    fn a_token_is_known_to_its_last_and_first_byte() {
        let tokens = CheckedTokens::default();
        let token = format!("head.claims.{}", "s".repeat(TAIL));
        tokens.keep(&token, ann(), Duration::MAX);
        assert_eq!(tokens.get(&token), Some(ann()));
        for other in [
            format!("Head.claims.{}", "s".repeat(TAIL)),
            format!("head.other.{}", "s".repeat(TAIL)),
            format!("head.claims.{}t", "s".repeat(TAIL - 1)),
            "s".repeat(TAIL),
            String::new(),
        ] {
            assert_eq!(tokens.get(&other), None, "{other}");
        }
    }

    #[test]
    fn a_token_is_forgotten_when_it_no_longer_counts() {
        let tokens = CheckedTokens::default();
        let token = "s".repeat(TAIL);
        tokens.keep(&token, ann(), Duration::ZERO);
        assert_eq!(tokens.get(&token), None);
    }

    #[test]
    fn only_so_many_are_kept() {
        let tokens = CheckedTokens::default();
        for number in 0..=MOST {
            tokens.keep(&format!("{number:0TAIL$}"), ann(), Duration::MAX);
        }
        assert_eq!(tokens.0.read().unwrap().len(), 1);
    }
}
