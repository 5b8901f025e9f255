//! The items of an array: what a failed one means for it, when it is done, and how they are reported.

use super::Round;
use crate::event::{AttemptPhase, Event, ItemNews};
use crate::{Active, Failure, NodeIx, Progress, Timestamp};

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

    /// Items are told as parts of their array's attempt: all that a round has news of, at once.
    pub(super) fn report_item(
        &mut self,
        array: NodeIx,
        index: u32,
        attempt: u32,
        phase: AttemptPhase,
        at: Timestamp,
    ) {
        let news = ItemNews { index, attempt, phase };
        let now = self.state.tally(self.plan, array).steps;
        if let Some(Event::Items { node, items, version, at: last, .. }) = self.decision.events.last_mut()
            && *node == array
        {
            items.push(news);
            (*version, *last) = (now, at.max(*last));
            return;
        }
        let attempt = self.state.node(array).attempt();
        let items = vec![news];
        self.decision.events.push(Event::Items { node: array, attempt, items, version: now, at });
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
