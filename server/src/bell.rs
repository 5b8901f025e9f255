//! Telling those who wait in this process that something happened to what they wait for.

use tokio::sync::broadcast::{self, error::RecvError};

/// How many rings may be missed before a listener is told to look for itself.
const BACKLOG: usize = 1024;

/// Rings with a name; who waits for that name looks again.
#[derive(Debug)]
pub(crate) struct Bell<K>(broadcast::Sender<K>);

impl<K: Clone + PartialEq> Bell<K> {
    pub(crate) fn new() -> Bell<K> {
        Bell(broadcast::Sender::new(BACKLOG))
    }

    /// Rings for all who listen by now.
    pub(crate) fn ring(&self, name: K) {
        // Nobody may be listening.
        let _ = self.0.send(name);
    }

    /// Hears everything from now on. Look at the state only after this.
    pub(crate) fn listen(&self) -> Listener<K> {
        Listener(self.0.subscribe())
    }
}

/// One who listens.
#[derive(Debug)]
pub(crate) struct Listener<K>(broadcast::Receiver<K>);

impl<K: Clone + PartialEq> Listener<K> {
    /// Waits for a ring with this name, or for one that may have been missed.
    pub(crate) async fn heard(&mut self, name: &K) {
        loop {
            match self.0.recv().await {
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
        let bell = Bell::new();
        let mut listener = bell.listen();
        bell.ring("other");
        bell.ring("mine");
        listener.heard(&"mine").await;
    }

    #[tokio::test]
    async fn whoever_missed_rings_looks_again() {
        let bell = Bell::new();
        let mut listener = bell.listen();
        (0..=BACKLOG).for_each(|_| bell.ring("other"));
        listener.heard(&"mine").await;
    }
}
