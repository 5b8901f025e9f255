//! What the requests of one connection share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A connection, as its requests know it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    pub(super) open: Load,
    /// Where it comes from; unknown for calls in process.
    pub(crate) peer: Option<SocketAddr>,
    /// Whether TLS is spoken on it.
    pub(crate) tls: bool,
    /// The name of the part of the platform that has proved by a certificate to be at its other end.
    pub(crate) part: Option<Arc<str>>,
}

/// How many of something there are now.
#[derive(Clone, Debug, Default)]
pub(super) struct Load(Arc<AtomicUsize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Share(Arc<AtomicUsize>);

impl Load {
    /// One more, unless there are as many as may be.
    pub(super) fn enter(&self, most: usize) -> Option<Share> {
        let below = |now: usize| (now < most).then_some(now + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below).ok()?;
        Some(Share(self.0.clone()))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_dropped_leaves_its_place() {
        let load = Load::default();
        let first = load.enter(1).unwrap();
        assert!(load.enter(1).is_none());
        drop(first);
        assert!(load.enter(1).is_some());
    }
}
