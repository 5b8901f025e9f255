//! Who runs next: a limit on parallel attempts, shared fairly.
//!
//! Executions take turns, so a large one does not hold up a small one; within one execution the first
//! to ask is the first to run. [`Turns`] is the rule, without any waiting; [`Slots`] lets tasks wait.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Queues of waiting tickets by execution, and how many slots are taken.
#[derive(Debug)]
struct Turns<T> {
    limit: usize,
    taken: usize,
    /// Executions that have something waiting, the next one first.
    order: VecDeque<i64>,
    waiting: HashMap<i64, VecDeque<T>>,
}

impl<T> Turns<T> {
    fn new(limit: usize) -> Turns<T> {
        Turns { limit, taken: 0, order: VecDeque::new(), waiting: HashMap::new() }
    }

    fn ask(&mut self, run: i64, ticket: T) {
        let queue = self.waiting.entry(run).or_default();
        if queue.is_empty() {
            self.order.push_back(run);
        }
        queue.push_back(ticket);
    }

    /// A slot for what runs already; it may exceed the limit.
    fn take_anyway(&mut self) {
        self.taken += 1;
    }

    fn give_back(&mut self) {
        self.taken -= 1;
    }

    /// The next ticket in turn, if there is a slot; it is taken then.
    fn next(&mut self) -> Option<T> {
        if self.taken >= self.limit {
            return None;
        }
        let run = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&run)?;
        let ticket = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(&run);
        } else {
            self.order.push_back(run);
        }
        self.taken += 1;
        Some(ticket)
    }
}

/// The slots of this machine. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    turns: Arc<Mutex<Turns<oneshot::Sender<Slot>>>>,
}

/// How full the slots are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) limit: usize,
    pub(super) taken: usize,
    pub(super) waiting: usize,
}

/// A taken slot; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Slots,
}

impl Slots {
    pub(super) fn new(limit: NonZeroUsize) -> Slots {
        Slots { turns: Arc::new(Mutex::new(Turns::new(limit.get()))) }
    }

    /// Waits for a slot on behalf of a run. Dropping the future takes the wish back.
    pub(super) async fn wait(&self, run: i64) -> Slot {
        let (ticket, granted) = oneshot::channel();
        self.turns().ask(run, ticket);
        self.grant();
        match granted.await {
            Ok(slot) => slot,
            // The sender lives in the queue until it is granted.
            Err(_) => self.take_anyway(),
        }
    }

    /// A slot for what runs already.
    pub(super) fn take_anyway(&self) -> Slot {
        self.turns().take_anyway();
        Slot { slots: self.clone() }
    }

    /// Hands free slots to those in turn who still wait. A slot that was not received comes back as it
    /// is dropped; the lock is not held meanwhile.
    fn grant(&self) {
        while let Some(ticket) = self.next() {
            drop(ticket.send(Slot { slots: self.clone() }));
        }
    }

    fn next(&self) -> Option<oneshot::Sender<Slot>> {
        let mut turns = self.turns();
        loop {
            let ticket = turns.next()?;
            if !ticket.is_closed() {
                return Some(ticket);
            }
            turns.give_back();
        }
    }

    /// How many slots there are, are taken, and are waited for.
    pub(super) fn level(&self) -> Level {
        let turns = self.turns();
        let tickets = turns.waiting.values().flatten();
        let waiting = tickets.filter(|ticket| !ticket.is_closed()).count();
        Level { limit: turns.limit, taken: turns.taken, waiting }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<oneshot::Sender<Slot>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.turns().give_back();
        self.slots.grant();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which tickets are served with one slot.
    fn served(asked: &[(i64, &'static str)]) -> Vec<&'static str> {
        let mut turns = Turns::new(1);
        for (run, ticket) in asked {
            turns.ask(*run, *ticket);
        }
        let mut served = Vec::new();
        while let Some(ticket) = turns.next() {
            served.push(ticket);
            turns.give_back();
        }
        served
    }

    #[test]
    fn executions_take_turns() {
        let asked = [(1, "a0"), (1, "a1"), (1, "a2"), (2, "b0"), (3, "c0"), (2, "b1")];
        assert_eq!(served(&asked), ["a0", "b0", "c0", "a1", "b1", "a2"]);
    }

    #[test]
    fn no_more_than_the_limit_run() {
        let mut turns = Turns::new(2);
        (0..5).for_each(|ticket| turns.ask(1, ticket));
        assert_eq!((turns.next(), turns.next(), turns.next()), (Some(0), Some(1), None));
        turns.take_anyway();
        turns.give_back();
        assert_eq!(turns.next(), None);
        turns.give_back();
        assert_eq!(turns.next(), Some(2));
    }

    #[tokio::test]
    async fn a_wish_that_is_taken_back_holds_no_slot() {
        let slots = Slots::new(NonZeroUsize::MIN);
        let first = slots.wait(1).await;
        {
            let mut taken_back = Box::pin(slots.wait(1));
            assert!(futures::poll!(&mut taken_back).is_pending());
        }
        let mut next = Box::pin(slots.wait(2));
        assert!(futures::poll!(&mut next).is_pending());
        drop(first);
        assert!(futures::poll!(&mut next).is_ready());
    }
}
