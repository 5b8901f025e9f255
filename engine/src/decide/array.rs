//! The items of an array: what a failed one means for it, when it is done, and how they are reported.

use super::{Look, Round};
use crate::event::{AttemptPhase, Event, ItemNews};
use crate::state::News;
use crate::{Active, Failure, NodeIx, Progress};

impl Round<'_> {
    /// Whether every item of the array has ended. Enough have succeeded then, or it would be failing.
    pub(super) fn is_done(&self, ix: NodeIx) -> bool {
        self.state.tally(self.plan, ix).ended == self.plan.size(ix)
    }

    /// An item has failed for good: the array fails once too few are left that may succeed.
    pub(super) fn fail_item(&mut self, array: NodeIx, item: u32, active: &Active, failure: &Failure) {
        let Some(rules) = self.plan.array_of(array) else { return };
        let size = self.plan.size(array);
        let failed = self.state.tally(self.plan, array).failed;
        let needed = rules.needed(size);
        if active.progress != Progress::Running || size - failed >= needed {
            return;
        }
        let failure = too_few(item, failure, failed, size, needed);
        if rules.run_all {
            self.advance(array, active, Progress::Draining(failure));
        } else {
            self.advance(array, active, Progress::Failing(failure));
            self.end_inside(Some(array));
        }
    }

    /// Items are told as parts of their array's attempt.
    pub(super) fn report_item(&mut self, array: NodeIx, index: u32, attempt: u32, phase: &AttemptPhase) {
        if let Some(news) = self.state.news(self.plan, array) {
            news.add(ItemNews { index, attempt, phase: phase.into() });
            self.news.insert(array);
        }
    }

    /// Tells the news of this round, of arrays that go on. What waits to be told longest waits until
    /// everything is looked at, which is when nothing else happens.
    pub(super) fn tell_items(&mut self, look: Look<'_>) {
        let (mut arrays, mut take): (_, fn(&mut News) -> _) = (std::mem::take(&mut self.news), News::take);
        if matches!(look, Look::Everything) {
            arrays.extend(self.state.live().filter(|ix| self.plan.array_of(*ix).is_some()));
            take = News::take_all;
        }
        for array in arrays {
            let items = self.state.news(self.plan, array).map(take).unwrap_or_default();
            self.push_items(array, items, self.state.tally(self.plan, array).steps);
        }
    }

    /// Tells what is left before the array's attempt ends.
    pub(super) fn tell_all_items(&mut self, array: NodeIx) {
        self.news.remove(&array);
        let items = self.state.last_news(self.plan, array);
        // It may repeat what was told, and must be heard all the same.
        let version = self.state.tally(self.plan, array).steps.saturating_add(1);
        self.push_items(array, items, version);
    }

    fn push_items(&mut self, node: NodeIx, items: Vec<ItemNews>, version: u32) {
        if !items.is_empty() {
            let attempt = self.state.node(node).attempt();
            self.decision.events.push(Event::Items { node, attempt, items, version, at: self.now });
        }
    }
}

fn too_few(item: u32, failure: &Failure, failed: u32, size: u32, needed: u32) -> Failure {
    let others = match failed {
        1 => String::new(),
        _ => format!(" ({failed} of {size} items failed, {needed} must succeed)"),
    };
    let message = format!("[{item}]: {}{others}", failure.message);
    Failure { message, recoverable: false, ..failure.clone() }
}
