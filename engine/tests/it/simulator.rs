//! The third driver: attempts are entries in a table, time jumps, and everything that may go wrong
//! between the engine and its world does, by a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aileron_engine::{
    AttemptSeen, BlockIx, Decision, Effect, ErrorKind, Event, Failure, Growth, Inside, Look, NodeIx,
    NodeKind, NodeState, Observations, Plan, Progress, Reason, Recovered, RunPhase, RunState, SYSTEM_RETRIES,
    Timestamp, check, decide, outputs_from, report,
};
use aileron_idl::core::CatalogCacheStatus;
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::catalog::Asked;
use crate::faults::Faults;
use crate::oracle::succeeds;
use crate::program::{Body, Outcome, Program, Step, name};
use crate::world::{Attempt, Key, NEVER, World};

/// In nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

pub(crate) struct Simulator<'p> {
    program: &'p Program,
    plan: Plan,
    rng: ChaCha8Rng,
    faults: Faults,
    now: Timestamp,
    world: World,
    state: RunState,
    seen: Observations,
    dirty: BTreeSet<NodeIx>,
    /// As text, as a driver has them.
    saved: BTreeMap<NodeIx, String>,
    saved_phase: String,
    saved_growth: Vec<Growth>,
    saved_blocks: BTreeMap<BlockIx, String>,
    full_look: bool,
    /// Whether the driver has just begun again.
    recovering: bool,
    /// How many steps nothing is carried out or seen any more.
    outage: u32,
    /// What was decided and is not kept yet, and for how many steps the database takes nothing.
    unkept: Option<(Decision, u32)>,
    /// What was seen once and will be seen again.
    delayed: Vec<(Key, AttemptSeen)>,
    /// Effects that will be carried out again.
    late: Vec<Effect>,
    /// Attempts that are never begun.
    stuck: BTreeSet<Key>,
    pub(crate) interruptions: usize,
    forgotten: usize,
    abort_at: Option<usize>,
    /// What was under way, and how far, when the abort came.
    aborted: BTreeSet<String>,
    steps: usize,
    wake_at: Option<Timestamp>,
    pub(crate) events: Vec<Event>,
}

/// How a simulated run ended.
pub(crate) struct Ended {
    pub(crate) phase: RunPhase,
    pub(crate) nodes: BTreeMap<String, NodeState>,
    pub(crate) events: Vec<Event>,
    pub(crate) live: usize,
    pub(crate) plan: Plan,
    /// How many attempts the platform took away.
    pub(crate) interruptions: usize,
    /// How many ended well and left nothing that could be found.
    pub(crate) forgotten: usize,
    /// What was under way when the abort came: `kind: progress` each.
    pub(crate) aborted: BTreeSet<String>,
}

impl<'p> Simulator<'p> {
    pub(crate) fn new(program: &'p Program, faults: Faults, rng: ChaCha8Rng) -> Self {
        let plan = program.plan();
        Simulator {
            state: RunState::new(&plan),
            plan,
            program,
            rng,
            faults,
            now: Timestamp(1_000_000_000),
            world: World::default(),
            seen: Observations::default(),
            dirty: BTreeSet::new(),
            saved: BTreeMap::new(),
            saved_phase: text(&RunPhase::Ready),
            saved_growth: Vec::new(),
            saved_blocks: BTreeMap::new(),
            full_look: true,
            recovering: false,
            outage: 0,
            unkept: None,
            delayed: Vec::new(),
            late: Vec::new(),
            stuck: BTreeSet::new(),
            interruptions: 0,
            forgotten: 0,
            aborted: BTreeSet::new(),
            abort_at: None,
            steps: 0,
            wake_at: None,
            events: Vec::new(),
        }
    }

    pub(crate) fn abort_at(mut self, step: usize) -> Self {
        self.abort_at = Some(step);
        self
    }

    /// Runs to the end; a run that does not end in time is a failure of property (c).
    pub(crate) fn run(mut self) -> Ended {
        while !self.state.phase().is_terminal() || self.unkept.is_some() {
            self.steps += 1;
            assert!(self.steps < 20_000, "the run does not end: {}", self.under_way());
            if self.abort_at == Some(self.steps) {
                self.seen.abort = Some("asked".into());
                self.aborted = self.state.live().map(|ix| standing(&self.plan, &self.state, ix)).collect();
            }
            self.round();
            self.live_on();
            if self.faults.uncached == 0 {
                self.hold_reservations();
            }
        }
        let is_task = |ix: &NodeIx| matches!(self.plan.node(*ix).kind, NodeKind::Task(_));
        let gap = self.plan.indices().filter(is_task).find(|ix| !self.world.is_gapless(*ix));
        assert_eq!(gap, None, "attempts are missing");
        let nodes = self.plan.indices().map(|ix| (path(&self.plan, ix), self.state.node(ix).clone()));
        Ended {
            phase: self.state.phase().clone(),
            nodes: nodes.collect(),
            live: self.world.live(),
            events: self.events,
            plan: self.plan,
            interruptions: self.interruptions,
            forgotten: self.forgotten,
            aborted: self.aborted,
        }
    }

    fn under_way(&self) -> String {
        let show = |ix| {
            let seen: Vec<_> = self.world.attempts.iter().filter(|((node, _), _)| *node == ix).collect();
            format!("\n{}: {:?} {seen:?}", path(&self.plan, ix), self.state.node(ix))
        };
        let ready: Vec<_> = self.state.ready().collect();
        let live: String = self.state.live().map(show).collect();
        format!("{:?}, ready {ready:?}, slots {}{live}", self.state.phase(), self.state.slots())
    }

    fn chance(&mut self, hundredths: u32) -> bool {
        self.rng.random_range(0..100) < hundredths
    }

    /// Nothing is decided before what was decided is kept, and nothing of that is carried out.
    fn round(&mut self) {
        let decision = match self.unkept.take() {
            None => self.decide(),
            Some((decision, 0)) => decision,
            Some((decision, steps)) => {
                self.unkept = Some((decision, steps - 1));
                return;
            }
        };
        let recovering = std::mem::take(&mut self.recovering);
        if self.chance(self.faults.crash_unsaved) || recovering && self.chance(self.faults.crash_again) {
            return self.crash();
        }
        if self.faults.unkept > 0 && self.chance(self.faults.unkept) {
            let steps = self.rng.random_range(0..15);
            self.unkept = Some((decision, steps));
            return;
        }
        self.save(&decision);
        if self.chance(self.faults.crash_saved) {
            return self.crash();
        }
        self.wake_at = decision.wake_at;
        self.carry_out(decision.effects);
    }

    fn decide(&mut self) -> Decision {
        let dirty: Vec<NodeIx> = std::mem::take(&mut self.dirty).into_iter().collect();
        let full = std::mem::take(&mut self.full_look);
        let look = if full { Look::Everything } else { Look::At(&dirty) };
        let may_grow = |(key, attempt): (&Key, &Attempt)| {
            matches!(attempt, Attempt::Grown { .. }) && (full || dirty.contains(&key.0))
        };
        let grows = self.world.attempts.iter().any(may_grow);
        let before = (grows.then(|| self.plan.clone()), self.state.clone());
        let decision = decide(&mut self.plan, &mut self.state, &self.seen, look, self.now);
        self.hold_properties(before, &decision, look);
        decision
    }

    /// Properties (a), (b) and (d), and that a full look decides no other state.
    fn hold_properties(&mut self, before: (Option<Plan>, RunState), decision: &Decision, look: Look<'_>) {
        assert_eq!(check(&self.plan, &self.state), [], "after {decision:?}");
        let mut again = self.state.clone();
        let repeated = decide(&mut self.plan, &mut again, &self.seen, look, self.now);
        assert!(repeated.grown.is_empty(), "what has grown grows again: {repeated:?}");
        assert!(repeated.events.is_empty() && repeated.touched.is_empty(), "not idempotent: {repeated:?}");
        for effect in &repeated.effects {
            let (Effect::Launch { node, attempt }
            | Effect::LookUp { node, attempt }
            | Effect::Store { node, attempt }
            | Effect::Collect { node, attempt }
            | Effect::Kill { node, attempt }) = *effect;
            let known = self.seen.attempt(node, attempt);
            let asked = decision.effects.contains(effect);
            assert!(asked || known.is_none(), "a new effect on the second look: {effect:?} {known:?}");
        }
        let (mut plan, before) = before;
        let plan = plan.as_mut().unwrap_or(&mut self.plan);
        for ix in plan.indices() {
            assert!(rank(before.node(ix)) <= rank(self.state.node(ix)), "{ix:?} went back");
        }
        let mut whole = before;
        decide(plan, &mut whole, &self.seen, Look::Everything, self.now);
        for ix in self.plan.indices() {
            assert_eq!(whole.node(ix), self.state.node(ix), "a full look decides otherwise at {ix:?}");
        }
        assert_eq!(whole.phase(), self.state.phase());
        self.hold_reasons();
        let idle = matches!(look, Look::At([])) && decision.touched.is_empty();
        assert!(!idle || decision.effects.is_empty(), "nothing is new, and still {decision:?}");
    }

    /// Every reason that is given for a node that does not run is true.
    fn hold_reasons(&self) {
        let state = |ix: &NodeIx| self.state.node(*ix);
        let failed = |ix: NodeIx| matches!(state(&ix), NodeState::Failed { .. });
        let starting = *self.state.phase() == RunPhase::Running && !self.plan.indices().any(failed);
        for (ix, reason) in report(&self.plan, &self.state) {
            let holds = match &reason {
                Reason::Upstream(missing) => {
                    !missing.is_empty() && missing.iter().all(|from| !state(from).is_success())
                }
                Reason::Items { waiting, .. } => *waiting > 0,
                Reason::Parallelism(limit) => self.state.slots() >= *limit,
                Reason::BackingOff(until) => {
                    matches!(state(&ix), NodeState::BackingOff { until: at, .. } if at == until)
                        && *until > self.now
                }
                Reason::Sleeping(until) => *until > self.now || !starting,
                Reason::Reservation(owner) => *owner != path(&self.plan, ix),
                Reason::Gate { .. } | Reason::Slot { .. } | Reason::Lookup => state(&ix).is_live(),
                Reason::Ending => !starting,
            };
            assert!(holds, "{ix:?} does not wait for {reason:?}: {:?}", state(&ix));
        }
    }

    fn save(&mut self, decision: &Decision) {
        for ix in &decision.touched {
            match self.state.block(&self.plan, *ix) {
                Some((ix, block)) => {
                    self.saved_blocks.insert(ix, text(&block));
                }
                None => drop(self.saved.insert(*ix, text(self.state.node(*ix)))),
            }
        }
        self.saved_growth.extend(decision.grown.iter().cloned());
        self.saved_phase = text(self.state.phase());
        self.events.extend(decision.events.iter().cloned());
    }

    fn crash(&mut self) {
        // Nothing outside the driver knows that the inputs of a node with children are ready.
        let inside = |attempt: &Attempt| match attempt {
            Attempt::Inside { .. } | Attempt::Collecting { .. } => true,
            Attempt::LookingUp | Attempt::Looked(_) | Attempt::Storing => true,
            Attempt::Grown { inside, .. } => matches!(inside, Inside::Items(_)),
            _ => false,
        };
        self.world.attempts.retain(|_, attempt| !inside(attempt));
        self.plan = self.program.plan();
        for growth in &self.saved_growth {
            self.plan.grow(growth).expect("what grew once grows again");
        }
        let blocks = self.saved_blocks.iter();
        let blocks = blocks.map(|(ix, text)| (*ix, read(text)));
        let saved = self.saved.iter().map(|(ix, text)| (*ix, read(text)));
        self.state = RunState::restore(&self.plan, read(&self.saved_phase), saved, blocks);
        self.recovering = true;
        self.unkept = None;
        self.lose_some();
        let abort = self.seen.abort.take();
        self.seen = Observations::default();
        self.seen.abort = abort;
        self.look_at_all();
    }

    /// What is seen is what is there.
    fn look_at_all(&mut self) {
        for key in self.world.attempts.keys().copied().collect::<Vec<_>>() {
            self.see(key);
        }
        self.full_look = true;
    }

    /// Some of what ran is gone with the driver.
    fn lose_some(&mut self) {
        let running: Vec<Key> = self
            .world
            .attempts
            .iter()
            .filter(|(_, attempt)| matches!(attempt, Attempt::Running { .. }))
            .map(|(key, _)| *key)
            .collect();
        for key in running {
            if self.chance(self.faults.lose) {
                self.lose(key, AttemptSeen::Lost { at: self.now });
            }
        }
    }

    fn lose(&mut self, key: Key, seen: AttemptSeen) {
        // One that has run for long enough counts, however it ends.
        if self.times_out(key.0) {
            *self.world.tried.entry(key.0).or_default() += 1;
        }
        self.world.attempts.insert(key, Attempt::Ended(seen));
    }

    fn carry_out(&mut self, mut effects: Vec<Effect>) {
        if self.outage > 0 {
            return;
        }
        if self.chance(self.faults.reorder) {
            effects.shuffle(&mut self.rng);
        }
        for effect in effects {
            if self.chance(self.faults.drop) {
                continue;
            }
            let times = 1 + usize::from(self.chance(self.faults.duplicate));
            for _ in 0..times {
                self.carry_out_one(effect);
            }
            if self.comes_late(effect) && self.chance(self.faults.late) {
                self.late.push(effect);
            }
            if self.chance(self.faults.crash_between) {
                return self.crash();
            }
        }
    }

    /// Whether what carries the effect out is somebody who outlives the driver.
    fn comes_late(&self, effect: Effect) -> bool {
        let (Effect::Launch { node, .. } | Effect::Kill { node, .. }) = effect else { return false };
        matches!(self.plan.node(node).kind, NodeKind::Task(_))
    }

    fn carry_out_one(&mut self, effect: Effect) {
        let key = match effect {
            Effect::Launch { node, attempt } => {
                assert!(!self.world.overlaps((node, attempt)), "{node:?} has two attempts at once");
                self.world.launch((node, attempt));
                (node, attempt)
            }
            Effect::LookUp { node, attempt } => {
                self.world.look_up((node, attempt));
                (node, attempt)
            }
            Effect::Store { node, attempt } => {
                self.world.store((node, attempt));
                (node, attempt)
            }
            Effect::Collect { node, attempt } => {
                let is_array = self.plan.array_of(node).is_some();
                let speaks = outputs_from(&self.plan, &self.state, node);
                assert!(is_array || speaks.is_some(), "nothing to collect");
                self.world.collect((node, attempt), self.now);
                (node, attempt)
            }
            Effect::Kill { node, attempt } => {
                self.world.kill((node, attempt));
                (node, attempt)
            }
        };
        self.notice(key);
    }

    fn notice(&mut self, key: Key) {
        if self.outage > 0 {
            return;
        }
        if self.chance(self.faults.stale)
            && let Some(old) = self.seen.attempt(key.0, key.1)
        {
            self.delayed.push((key, old.clone()));
        }
        self.see(key);
    }

    fn see(&mut self, key: Key) {
        if let Some(seen) = self.world.seen(key) {
            self.seen.set(key.0, key.1, seen);
            self.dirty.insert(key.0);
        }
    }

    /// The world moves: some attempts begin, some end, time passes.
    fn live_on(&mut self) {
        let step = self.rng.random_range(1..500_000_000);
        self.now = self.now.plus_nanos(step);
        self.trouble();
        let live: Vec<(Key, Attempt)> = self
            .world
            .attempts
            .iter()
            .filter(|(_, attempt)| !matches!(attempt, Attempt::Ended(_)))
            .map(|(key, attempt)| (*key, attempt.clone()))
            .collect();
        let hangs = |(key, attempt): &(Key, Attempt)| match attempt {
            Attempt::Pending => self.stuck.contains(key),
            Attempt::Running { until, .. } => *until == NEVER,
            Attempt::Inside { .. } | Attempt::Grown { .. } | Attempt::Looked(_) => true,
            _ => false,
        };
        if live.iter().all(hangs) && self.dirty.is_empty() {
            self.idle();
        }
        for (key, attempt) in live {
            if self.rng.random_ratio(1, 2) {
                self.advance(key, &attempt);
            }
        }
    }

    /// What goes wrong by itself, whatever the driver does.
    fn trouble(&mut self) {
        if self.chance(self.faults.clock) {
            let step = self.rng.random_range(-HOUR..HOUR);
            self.now = Timestamp(self.now.0.saturating_add(step).max(1));
        }
        self.begin_or_end_outage();
        for effect in std::mem::take(&mut self.late) {
            match self.rng.random_ratio(1, 4) {
                true => self.carry_out_late(effect),
                false => self.late.push(effect),
            }
        }
        for (key, old) in std::mem::take(&mut self.delayed) {
            if self.rng.random_ratio(1, 2) {
                self.seen.set(key.0, key.1, old);
                self.dirty.insert(key.0);
            } else {
                self.delayed.push((key, old));
            }
        }
        self.take_away();
    }

    fn begin_or_end_outage(&mut self) {
        let begins = self.chance(self.faults.outage);
        match self.outage {
            0 if begins => self.outage = self.rng.random_range(2..15),
            0 => {}
            1 => {
                self.outage = 0;
                self.look_at_all();
            }
            _ => self.outage -= 1,
        }
    }

    /// What the engine is past long since must do no harm.
    fn carry_out_late(&mut self, effect: Effect) {
        match effect {
            Effect::Launch { node, attempt } => self.world.launch((node, attempt)),
            Effect::Kill { node, attempt } => self.world.kill((node, attempt)),
            Effect::LookUp { .. } | Effect::Store { .. } | Effect::Collect { .. } => {}
        }
    }

    fn take_away(&mut self) {
        if self.faults.vanish == 0 && self.faults.interrupt == 0 {
            return;
        }
        let runs = |(_, attempt): &(&Key, &Attempt)| matches!(attempt, Attempt::Running { .. });
        let running: Vec<Key> = self.world.attempts.iter().filter(runs).map(|(key, _)| *key).collect();
        for key in running {
            // Whether the time of one is over that was decided to be, and is not kept yet, a crash may still change.
            let undecided = self.unkept.is_some() && self.times_out(key.0);
            if !undecided && self.chance(self.faults.vanish) {
                self.lose(key, AttemptSeen::Gone);
                self.notice(key);
            } else if self.may_interrupt(key) && self.chance(self.faults.interrupt) {
                self.interruptions += 1;
                let failure = Failure::system("Interrupted", "the platform needs the place");
                self.world.attempts.insert(key, Attempt::Ended(failed(self.now, self.now, failure)));
                self.notice(key);
            }
        }
    }

    fn times_out(&self, node: NodeIx) -> bool {
        self.state.node(node).progress() == Some(&Progress::TimingOut)
    }

    fn may_interrupt(&self, (node, attempt): Key) -> bool {
        let NodeState::Active(active) = self.state.node(node) else { return false };
        // One that has run for long enough has used up its try, whoever ends it.
        let times_out = active.progress == Progress::TimingOut;
        active.tries.attempt == attempt && !times_out && self.plan.is_interruptible(node, active.tries)
    }

    fn idle(&mut self) {
        match self.faults.stale > 0 && self.outage == 0 {
            true => self.look_at_all(),
            false => self.full_look = true,
        }
        if let Some(at) = self.wake_at.filter(|_| self.outage == 0) {
            self.now = self.now.max(at);
        }
    }

    fn advance(&mut self, key: Key, attempt: &Attempt) {
        if *attempt == Attempt::Pending && self.is_stuck(key) {
            return;
        }
        let next = match attempt {
            Attempt::Pending if self.fails_to_store(key) => self.unreadable(None),
            Attempt::Pending => self.begin(key.0),
            Attempt::Running { since, until } if *until <= self.now => self.leave(key, *since),
            Attempt::Reading { .. } if self.chance(self.faults.unread) => return,
            Attempt::Reading { ended, .. } => (**ended).clone(),
            Attempt::Collecting { since } => {
                let (since, at) = (*since, self.now);
                Attempt::Ended(AttemptSeen::Succeeded { since, at, deck: false })
            }
            Attempt::LookingUp | Attempt::Looked(AttemptSeen::HeldBy { .. }) => self.look_up(key.0),
            Attempt::Storing => self.put(key.0),
            Attempt::Running { .. }
            | Attempt::Inside { .. }
            | Attempt::Grown { .. }
            | Attempt::Looked(_)
            | Attempt::Ended(_) => {
                return;
            }
        };
        if next != *attempt {
            self.world.put(key, next);
            self.notice(key);
        }
    }

    /// Whether the object store fails for so long that the attempt does. The platform's budget for such is not used up
    /// by it alone.
    fn fails_to_store(&mut self, (node, attempt): Key) -> bool {
        let NodeState::Active(active) = self.state.node(node) else { return false };
        let may_fail = active.tries.attempt == attempt && active.tries.system < SYSTEM_RETRIES;
        let is_task = matches!(self.plan.node(node).kind, NodeKind::Task(_));
        self.faults.unreadable > 0 && is_task && may_fail && self.chance(self.faults.unreadable)
    }

    fn unreadable(&self, since: Option<Timestamp>) -> Attempt {
        let failure = Failure::system("StorageError", "the object store does not answer");
        Attempt::Ended(AttemptSeen::Failed { since, at: self.now, failure })
    }

    /// A task has ended, and the driver reads what it has left, if it can.
    fn leave(&mut self, key: Key, since: Timestamp) -> Attempt {
        // The next try does what this one has done in vain.
        if self.fails_to_store(key) {
            return self.unreadable(Some(since));
        }
        let mut ended = self.end(key.0, since);
        let is_task = matches!(self.plan.node(key.0).kind, NodeKind::Task(_));
        let well = matches!(ended, Attempt::Ended(AttemptSeen::Succeeded { .. }) | Attempt::Grown { .. });
        if self.faults.forgotten > 0 && is_task && well && self.chance(self.faults.forgotten) {
            self.forgotten += 1;
            let failure = Failure::system("OutputsNotFound", "the task left nothing");
            ended = Attempt::Ended(failed(since, self.now, Failure { kind: ErrorKind::Unknown, ..failure }));
        }
        if self.faults.unread > 0 && self.chance(self.faults.unread) {
            return Attempt::Reading { since, ended: Box::new(ended) };
        }
        ended
    }

    fn is_stuck(&mut self, key: Key) -> bool {
        let is_task = matches!(self.plan.node(key.0).kind, NodeKind::Task(_));
        if self.faults.stuck > 0 && is_task && self.chance(self.faults.stuck) {
            self.stuck.insert(key);
        }
        self.stuck.contains(&key)
    }

    /// What a reader of the cache is told.
    fn look_up(&mut self, node: NodeIx) -> Attempt {
        let step = self.program.step(&self.plan, node);
        if step.is_some_and(|step| self.was_done(node, step)) {
            return Attempt::Ended(AttemptSeen::Recovered { at: self.now, recovered: Recovered::default() });
        }
        if step.is_none_or(|step| step.cached.is_none()) {
            let report = CatalogCacheStatus::CacheDisabled.into();
            return Attempt::Looked(AttemptSeen::NotCached { report });
        }
        if self.chance(self.faults.uncached) {
            let report = CatalogCacheStatus::CacheLookupFailure.into();
            return Attempt::Looked(AttemptSeen::NotCached { report });
        }
        let asked = self.asked(node);
        let holds = |holder| self.saved.get(&holder).is_some_and(|text| read::<NodeState>(text).is_live());
        match self.world.catalog.look_up(asked, self.now, holds) {
            Ok(seen @ AttemptSeen::Cached { .. }) => Attempt::Ended(seen),
            Ok(seen) => Attempt::Looked(seen),
            Err(holder) => {
                let owner = path(&self.plan, holder);
                let report = CatalogCacheStatus::CacheMiss.into();
                Attempt::Looked(AttemptSeen::HeldBy { owner, report })
            }
        }
    }

    /// Whether the other run got as far as this. Only what can succeed has.
    fn was_done(&self, node: NodeIx, step: &Step) -> bool {
        self.program.settings.recovers && node.0.is_multiple_of(3) && step.is_plain() && succeeds(step)
    }

    fn put(&mut self, node: NodeIx) -> Attempt {
        let (asked, at) = (self.asked(node), self.now);
        if self.chance(self.faults.uncached) {
            let report = CatalogCacheStatus::CachePutFailure.into();
            return Attempt::Ended(AttemptSeen::Stored { at, report });
        }
        Attempt::Ended(self.world.catalog.put(asked, at))
    }

    fn asked(&self, node: NodeIx) -> Asked {
        let step = self.program.step(&self.plan, node).expect("a step");
        Asked { node, entry: step.cached.expect("an entry"), serialized: step.serialized() }
    }

    /// Of those that compute the same entry one at a time, at most one does.
    fn hold_reservations(&self) {
        let mut at_it = BTreeMap::new();
        for ((node, _), attempt) in &self.world.attempts {
            let step = self.program.step(&self.plan, *node).filter(|step| step.serialized());
            let (Attempt::Running { .. }, Some(entry)) = (attempt, step.and_then(|step| step.cached)) else {
                continue;
            };
            let other = at_it.insert(entry, *node);
            assert!(other.is_none_or(|other| other == *node), "{other:?} and {node:?} compute {entry}");
        }
    }

    fn begin(&mut self, node: NodeIx) -> Attempt {
        let since = self.now;
        match self.program.step(&self.plan, node).map(|step| &step.body) {
            Some(Body::Workflow(_)) => Attempt::Inside { since, arm: None },
            Some(Body::Branch(_, Some(arm))) => Attempt::Inside { since, arm: u32::try_from(*arm).ok() },
            Some(Body::Branch(_, None)) => {
                let failure = Outcome::Fatal.failure().expect("a failure");
                Attempt::Ended(failed(since, since, failure))
            }
            Some(Body::Sleep(_)) => Attempt::Inside { since, arm: None },
            Some(Body::Array(array)) => {
                let size = u32::try_from(array.items.len()).expect("few items");
                Attempt::Grown { since, at: since, inside: Inside::Items(size) }
            }
            Some(Body::Task | Body::Gate | Body::Launch | Body::Dynamic(_)) | None => {
                let until = since.plus_nanos(self.rng.random_range(0..2_000_000_000));
                let hangs = self.outcome(node) == Outcome::Hang;
                Attempt::Running { since, until: if hangs { NEVER } else { until } }
            }
        }
    }

    /// What the next try of a node does.
    fn outcome(&self, node: NodeIx) -> Outcome {
        let nth = self.world.tried.get(&node).copied().unwrap_or(0);
        self.program.step(&self.plan, node).map_or(Outcome::Success, |step| step.outcome(nth))
    }

    fn end(&mut self, node: NodeIx, since: Timestamp) -> Attempt {
        let outcome = self.outcome(node);
        *self.world.tried.entry(node).or_default() += 1;
        if let (Outcome::Success, Some(Body::Dynamic(graph))) =
            (outcome, self.program.step(&self.plan, node).map(|step| &step.body))
        {
            let inside = Inside::Workflow(Arc::new(graph.closure("made")));
            return Attempt::Grown { since, at: self.now, inside };
        }
        Attempt::Ended(match outcome.failure() {
            None => AttemptSeen::Succeeded { since, at: self.now, deck: false },
            Some(failure) => failed(since, self.now, failure),
        })
    }
}

/// The kind of a node, and how far it is.
fn standing(plan: &Plan, state: &RunState, ix: NodeIx) -> String {
    let kind = match plan.node(ix).kind {
        _ if plan.item(ix).is_some() => "item",
        NodeKind::Task(_) if plan.is_parent(ix, state.node(ix).attempt()) => "dynamic",
        NodeKind::Task(_) => "task",
        NodeKind::Workflow(_) => "workflow",
        NodeKind::Branch(_) => "branch",
        NodeKind::Sleep(_) => "sleep",
        NodeKind::Gate(_) => "gate",
        NodeKind::LaunchPlan(_) => "launch plan",
        NodeKind::Array(_) => "array",
        NodeKind::Start | NodeKind::End => "end",
    };
    let shown = state.node(ix).progress().map_or("BackingOff".to_owned(), |progress| format!("{progress:?}"));
    let progress = shown.split([' ', '(']).next().unwrap_or_default();
    format!("{kind}: {progress}")
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("a state is data")
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("what was written is read")
}

/// The ids of the nodes that it is inside of, and its own.
fn path(plan: &Plan, ix: NodeIx) -> String {
    let id = plan.item(ix).map_or_else(|| plan.node(ix).id.clone(), |item| name(item as usize));
    plan.node(ix).parent.map_or_else(|| id.clone(), |parent| format!("{}/{id}", path(plan, parent)))
}

fn failed(since: Timestamp, at: Timestamp, failure: Failure) -> AttemptSeen {
    AttemptSeen::Failed { since: Some(since), at, failure }
}

/// Where a state stands on its way; it never goes down.
fn rank(state: &NodeState) -> u64 {
    match state {
        NodeState::Waiting => 0,
        NodeState::Active(active)
            if matches!(active.progress, Progress::LookingUp | Progress::AwaitingReservation { .. }) =>
        {
            1
        }
        NodeState::BackingOff { tries, .. } => 2 + 2 * u64::from(tries.attempt),
        NodeState::Active(active) => 3 + 2 * u64::from(active.tries.attempt),
        NodeState::Succeeded { .. }
        | NodeState::Failed { .. }
        | NodeState::Skipped
        | NodeState::Aborted { .. } => u64::MAX,
    }
}
