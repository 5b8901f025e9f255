//! The items of one array: a byte each, and a record only for those that are under way.
//!
//! They are persisted in blocks, so that a change of one item costs the same for any size of the array.
//! A block whose items have all succeeded takes some ten bytes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::news::{self, News};
use super::{Active, NodeState, Progress};
use crate::event::ItemNews;
use crate::{NodeIx, Plan, Tries};

/// Items of one block.
const BLOCK: u32 = 64;

const WAITING: u8 = 0;
/// Codes of ends: `FIRST_END + 3 * attempt` plus 0 for success, 1 for failure, 2 for an abort.
const FIRST_END: u8 = 1;
const LAST_END: u8 = 249;
/// Codes of first attempts that are under way as most are.
const REQUESTED: u8 = 252;
const PENDING: u8 = 253;
const RUNNING: u8 = 254;
/// The item has a record.
const RECORD: u8 = 255;

/// The states of all codes but [`RECORD`]; those of no state are never used.
static STATES: LazyLock<Vec<NodeState>> = LazyLock::new(|| (0..RECORD).map(state_of).collect());

/// Which block of which array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockIx {
    /// The array.
    pub array: NodeIx,
    /// The block's number, from 0.
    pub number: u32,
}

/// Some items in a row, as they are persisted: runs of equal codes, and the records of others by their
/// place in the block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block(Vec<(u8, u8)>, Vec<(u8, NodeState)>);

/// How the items of an array stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many have ended in any way.
    pub(crate) ended: u32,
    /// How many have succeeded.
    pub(crate) succeeded: u32,
    /// How many have failed.
    pub(crate) failed: u32,
    /// Grows with every step of any item: the same for equal states.
    pub(crate) steps: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Items {
    codes: Vec<u8>,
    records: BTreeMap<u32, NodeState>,
    /// No item before this one waits.
    next: u32,
    tally: Tally,
    pub(super) news: News,
}

impl Items {
    pub(super) fn new(size: u32) -> Items {
        let codes = vec![WAITING; size as usize];
        Items { codes, records: BTreeMap::new(), next: 0, tally: Tally::default(), news: News::default() }
    }

    pub(super) fn get(&self, item: u32) -> &NodeState {
        match self.codes[item as usize] {
            RECORD => self.records.get(&item).unwrap_or(&NodeState::Waiting),
            code => &STATES[code as usize],
        }
    }

    /// Changes an item, and gives its state before.
    pub(super) fn set(&mut self, item: u32, next: NodeState) -> NodeState {
        let place = &mut self.codes[item as usize];
        let before = match *place {
            RECORD => self.records.remove(&item).unwrap_or(NodeState::Waiting),
            code => STATES[code as usize].clone(),
        };
        self.tally.change(&before, &next);
        *place = code_of(&next);
        if *place == RECORD {
            self.records.insert(item, next);
        }
        before
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// All news that there are; after a restart, how every item has ended.
    pub(super) fn last_news(&mut self) -> Vec<ItemNews> {
        let mut news = self.news.take_all();
        if self.news.restored {
            news.clear();
            let items = (0..).take(self.codes.len());
            items.for_each(|item| news.extend(news::ends(item, self.get(item))));
        }
        news
    }

    /// The first item that waits.
    pub(super) fn next_waiting(&mut self) -> Option<u32> {
        while *self.codes.get(self.next as usize)? != WAITING {
            self.next += 1;
        }
        Some(self.next)
    }

    pub(super) fn block(&self, number: u32) -> Block {
        let first = number * BLOCK;
        let last = (first + BLOCK).min(u32::try_from(self.codes.len()).unwrap_or(u32::MAX));
        let mut block = Block::default();
        for (place, item) in (0..).zip(first..last) {
            let code = self.codes[item as usize];
            match block.0.last_mut() {
                Some((before, count)) if *before == code => *count += 1,
                _ => block.0.push((code, 1)),
            }
            block.1.extend(self.records.get(&item).map(|record| (place, record.clone())));
        }
        block
    }
}

impl Block {
    /// The number of the block that an item is in.
    pub(super) fn number(item: u32) -> u32 {
        item / BLOCK
    }

    /// The items of the block that have begun.
    pub(super) fn items(self, plan: &Plan, ix: BlockIx) -> impl Iterator<Item = (NodeIx, NodeState)> {
        let items = plan.children(Some(ix.array)).skip((ix.number * BLOCK) as usize);
        let mut records: BTreeMap<u8, NodeState> = self.1.into_iter().collect();
        let codes = self.0.into_iter().flat_map(|(code, count)| std::iter::repeat_n(code, count.into()));
        let states = (0..).zip(codes).map(move |(place, code)| match code {
            RECORD => records.remove(&place).unwrap_or(NodeState::Waiting),
            code => state_of(code),
        });
        items.zip(states).filter(|(_, state)| *state != NodeState::Waiting)
    }
}

impl Tally {
    fn change(&mut self, before: &NodeState, next: &NodeState) {
        let failed = |state: &NodeState| matches!(state, NodeState::Failed { .. });
        let count = |counter: &mut u32, was: bool, is: bool| {
            *counter = *counter - u32::from(was) + u32::from(is);
        };
        count(&mut self.ended, before.is_terminal(), next.is_terminal());
        count(&mut self.succeeded, before.is_success(), next.is_success());
        count(&mut self.failed, failed(before), failed(next));
        self.steps = self.steps.saturating_sub(steps(before)).saturating_add(steps(next));
    }
}

/// How many steps an item has made at least; it never goes down on its way.
fn steps(state: &NodeState) -> u32 {
    let within = match state {
        NodeState::Waiting => return 0,
        NodeState::BackingOff { .. } => 1,
        NodeState::Active(active) => match active.progress {
            Progress::LookingUp | Progress::AwaitingReservation { .. } => 1,
            Progress::Requested => 2,
            Progress::Pending => 3,
            Progress::Running => 4,
            _ => 5,
        },
        _ => 6,
    };
    state.attempt().saturating_mul(8).saturating_add(within)
}

fn code_of(state: &NodeState) -> u8 {
    let end = |attempt: u32, how: u32| {
        let code = attempt.saturating_mul(3).saturating_add(how).saturating_add(FIRST_END.into());
        u8::try_from(code).ok().filter(|code| *code <= LAST_END).unwrap_or(RECORD)
    };
    match state {
        NodeState::Waiting => WAITING,
        NodeState::Succeeded { attempt } => end(*attempt, 0),
        NodeState::Failed { attempt } => end(*attempt, 1),
        NodeState::Aborted { attempt } => end(*attempt, 2),
        NodeState::Active(_) => {
            let usual = [REQUESTED, PENDING, RUNNING];
            usual.into_iter().find(|code| STATES[*code as usize] == *state).unwrap_or(RECORD)
        }
        NodeState::BackingOff { .. } | NodeState::Skipped => RECORD,
    }
}

fn state_of(code: u8) -> NodeState {
    let attempt = u32::from(code.saturating_sub(FIRST_END) / 3);
    match code {
        FIRST_END..=LAST_END => match (code - FIRST_END) % 3 {
            0 => NodeState::Succeeded { attempt },
            1 => NodeState::Failed { attempt },
            _ => NodeState::Aborted { attempt },
        },
        REQUESTED => first(Progress::Requested, false),
        PENDING => first(Progress::Pending, false),
        RUNNING => first(Progress::Running, true),
        _ => NodeState::Waiting,
    }
}

fn first(progress: Progress, announced: bool) -> NodeState {
    NodeState::Active(Box::new(Active { tries: Tries::default(), announced, progress, deadline: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn states() -> Vec<NodeState> {
        let tries = Tries { attempt: 1, system: 1, lost: 0 };
        let until = Timestamp(7);
        let mut states: Vec<_> = (0..RECORD).map(state_of).collect();
        states.push(NodeState::BackingOff { tries, announced: true, until });
        states.push(NodeState::Succeeded { attempt: 1_000 });
        states
    }

    #[test]
    fn an_item_is_what_it_was_set_to() {
        for state in states() {
            let mut items = Items::new(3);
            assert_eq!(items.set(1, state.clone()), NodeState::Waiting);
            assert_eq!((items.get(0), items.get(1)), (&NodeState::Waiting, &state));
            assert_eq!(items.set(1, NodeState::Succeeded { attempt: 0 }), state);
            assert!(items.records.is_empty(), "an end has no record");
            assert_eq!((items.tally.ended, items.tally.succeeded, items.tally.failed), (1, 1, 0));
        }
    }

    #[test]
    fn a_block_of_ended_items_is_small() {
        let mut items = Items::new(200);
        (0..200).for_each(|item| drop(items.set(item, NodeState::Succeeded { attempt: 0 })));
        let text = |number| serde_json::to_string(&items.block(number)).unwrap();
        assert_eq!((text(0), text(3)), ("[[[1,64]],[]]".into(), "[[[1,8]],[]]".into()));
    }

    #[test]
    fn the_next_item_is_the_first_that_waits() {
        let mut items = Items::new(3);
        assert_eq!(items.next_waiting(), Some(0));
        items.set(0, NodeState::Failed { attempt: 0 });
        items.set(1, first(Progress::Running, true));
        assert_eq!(items.next_waiting(), Some(2));
        items.set(2, first(Progress::Requested, false));
        assert_eq!(items.next_waiting(), None);
    }
}
