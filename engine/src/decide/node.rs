//! A node's own steps: how it starts, succeeds, fails and takes others with it.

use aileron_idl::core::CatalogCacheStatus::CacheSkipped;

use super::Round;
use crate::event::{Event, NodePhase};
use crate::{
    CacheReport, Effect, Failure, Nanos, NodeIx, NodeKind, NodeState, Plan, Progress, Timestamp, Tries,
};

/// Which of a node's steps its users see. Only tasks have attempts to show, and arrays of tasks, whose
/// items are parts of them.
pub(super) struct Shown {
    queued: bool,
    pub(super) running: bool,
    pub(super) attempts: bool,
}

pub(super) fn shown(plan: &Plan, ix: NodeIx) -> Shown {
    match plan.node(ix).kind {
        NodeKind::Start => Shown { queued: false, running: false, attempts: false },
        NodeKind::End => Shown { queued: true, running: false, attempts: false },
        NodeKind::Task(_) if plan.item(ix).is_some() => {
            Shown { queued: false, running: false, attempts: true }
        }
        NodeKind::Task(_) => Shown { queued: true, running: true, attempts: true },
        NodeKind::Array(array) => {
            let attempts = matches!(plan.array(array).item.kind, NodeKind::Task(_));
            Shown { queued: true, running: true, attempts }
        }
        _ => Shown { queued: true, running: true, attempts: false },
    }
}

impl Round<'_> {
    pub(super) fn start(&mut self, ix: NodeIx) {
        match &self.plan.node(ix).cache {
            _ if self.plan.recovers(ix) => return self.look_up(ix),
            Some(rule) if rule.overwrite => {
                self.report_cached(ix, NodePhase::Queued, 0, self.now, CacheSkipped.into());
            }
            Some(_) => return self.look_up(ix),
            None if shown(self.plan, ix).queued => {
                self.report_node(ix, NodePhase::Queued, 0, self.now);
            }
            None => {}
        }
        self.request(ix, Tries::default(), false);
    }

    /// Asks for the attempt that these accounts stand at.
    pub(super) fn request(&mut self, ix: NodeIx, tries: Tries, announced: bool) {
        let deadline = self.plan.queueing_budget(ix).map(|Nanos(nanos)| self.now.plus_nanos(nanos));
        self.set(ix, NodeState::requested(tries, announced, deadline));
        self.decision.effects.push(Effect::Launch { node: ix, attempt: tries.attempt });
    }

    /// Starts the attempts whose pause is over, and ends the sleeps and the attempts whose time is.
    pub(super) fn resume_due(&mut self) {
        for ix in self.state.due(self.now) {
            match self.state.node(ix).clone() {
                NodeState::BackingOff { .. } => self.state.ripen(self.plan, ix),
                NodeState::Active(active) => match active.progress {
                    Progress::Requested | Progress::Pending => self.leave_queue(ix, &active),
                    Progress::Sleeping { .. } => self.succeed(ix, active.tries.attempt, false, self.now),
                    _ => self.time_out(ix, &active),
                },
                _ => {}
            }
        }
    }

    pub(super) fn succeed(&mut self, ix: NodeIx, attempt: u32, deck: bool, at: Timestamp) {
        self.report_node(ix, NodePhase::Succeeded { deck }, attempt, at);
        self.set(ix, NodeState::Succeeded { attempt });
    }

    pub(super) fn fail(&mut self, ix: NodeIx, attempt: u32, failure: Failure) {
        self.report_node(ix, NodePhase::Failed(failure.clone()), attempt, self.now);
        self.set(ix, NodeState::Failed { attempt });
        self.skip_dependents(ix);
        match self.plan.node(ix).parent {
            None => self.fail_run(failure.of_whole()),
            Some(owner) => self.fail_inside(owner, ix, failure.of_whole()),
        }
    }

    /// Everything behind a failed node will not run. Each node is skipped once.
    fn skip_dependents(&mut self, failed: NodeIx) {
        let mut next = vec![failed];
        while let Some(from) = next.pop() {
            for to in self.plan.node(from).downstream() {
                if *self.state.node(*to) == NodeState::Waiting {
                    self.report_node(*to, NodePhase::Skipped, 0, self.now);
                    self.set(*to, NodeState::Skipped);
                    next.push(*to);
                }
            }
        }
    }

    /// The items of an array of tasks are no nodes to anyone but us.
    pub(super) fn report_node(&mut self, node: NodeIx, phase: NodePhase, attempt: u32, at: Timestamp) {
        self.report(Event::Node { node, phase, attempt, at, cache: None });
    }

    pub(super) fn report_cached(
        &mut self,
        node: NodeIx,
        phase: NodePhase,
        attempt: u32,
        at: Timestamp,
        report: CacheReport,
    ) {
        self.report(Event::Node { node, phase, attempt, at, cache: Some(report) });
    }

    fn report(&mut self, event: Event) {
        let Event::Node { node, .. } = event else { return };
        let is_task = matches!(self.plan.node(node).kind, NodeKind::Task(_));
        if self.plan.item(node).is_none() || !is_task {
            self.decision.events.push(event);
        }
    }
}
