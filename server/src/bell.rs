//! Telling those who wait in this process that something happened to what they wait for. What happens
//! by another server is not heard, so where there may be one, those who wait look now and then.

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};

/// How many rings may be missed before a listener is told to look for itself.
const BACKLOG: usize = 1024;
/// How long whoever waits for what another server may do goes without a look.
const PERIOD: Duration = Duration::from_secs(1);

/// Rings with a name; who waits for that name looks again.
#[derive(Debug)]
pub(crate) struct Bell<K> {
    rings: broadcast::Sender<K>,
    shared: bool,
}

impl<K: Clone + PartialEq> Bell<K> {
    /// A bell for what only this server changes, or others too.
    pub(crate) fn new(shared: bool) -> Bell<K> {
        Bell { rings: broadcast::Sender::new(BACKLOG), shared }
    }

    /// Rings for all who listen by now.
    pub(crate) fn ring(&self, name: K) {
        // Nobody may be listening.
        let _ = self.rings.send(name);
    }

    /// Hears everything from now on. Look at the state only after this.
    pub(crate) fn listen(&self) -> Listener<K> {
        Listener { rings: self.rings.subscribe(), shared: self.shared }
    }
}

/// One who listens.
#[derive(Debug)]
pub(crate) struct Listener<K> {
    rings: broadcast::Receiver<K>,
    shared: bool,
}

impl<K: Clone + PartialEq> Listener<K> {
    /// Waits for a ring with this name, or for one that may have been missed.
    pub(crate) async fn heard(&mut self, name: &K) {
        let shared = self.shared;
        tokio::select! {
            () = self.rung(name) => {}
            () = tokio::time::sleep(PERIOD), if shared => {}
        }
    }

    /// Waits for any ring.
    pub(crate) async fn heard_any(&mut self) {
        if let Err(RecvError::Closed) = self.rings.recv().await {
            std::future::pending::<()>().await;
        }
    }

    async fn rung(&mut self, name: &K) {
        loop {
            match self.rings.recv().await {
                Ok(rung) if rung == *name => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                // The bell lives as long as the server; without it nothing happens any more.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ring_is_heard_by_whom_it_is_for() {
        let bell = Bell::new(false);
        let mut listener = bell.listen();
        bell.ring("other");
        bell.ring("mine");
        listener.heard(&"mine").await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_server_did_is_looked_for() {
        let bell = Bell::new(true);
        bell.listen().heard(&"theirs").await;
    }

    #[tokio::test]
    async fn whoever_missed_rings_looks_again() {
        let bell = Bell::new(false);
        let mut listener = bell.listen();
        (0..=BACKLOG).for_each(|_| bell.ring("other"));
        listener.heard(&"mine").await;
    }
}
