//! The loop of one run: observe, decide, persist, carry out.
//!
//! Persisting comes before carrying out. After a crash in between, the engine asks for the same
//! effects again, and an effect carried out twice is one carried out once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aileron_crd::{ExecutionEvent, FlyteWorkflow};
use aileron_engine::{
    AttemptSeen, Decision, Effect, Event, Failure, Growth, Inside, Look, NodeIx, NodeState, Observations,
    Place, Plan,
};
use aileron_engine::{NodeKind, Progress, RunPhase, RunState, Timestamp, bind, decide, outputs_from, place};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use aileron_idl::core::{Identifier, TaskLog};
use prost_types::Struct;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::attempt::{Act, Attempt, Harvest, Item, Job, Lists, Outputs};
use super::host::Host;
use super::journal::{Grown, KeptInside, LiveRun, Round, RunId};
use super::news::Versions;
use super::plan;
use crate::events::Narrator;
use crate::paths::Paths;
use crate::{clock, told, waiting};

/// How often everything is looked at, in case a message was lost.
const NET: Duration = Duration::from_secs(60);
/// First and longest pause before a round is persisted again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What is the same throughout a run.
#[derive(Debug)]
pub(crate) struct RunFacts {
    pub(crate) id: RunId,
    pub(crate) workflow: FlyteWorkflow,
    /// The workflow that was launched.
    pub(crate) workflow_id: Option<Identifier>,
    pub(crate) paths: Paths,
    /// Whether an earlier driver may have begun attempts of it.
    pub(crate) resumed: bool,
}

/// What a run is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something is now known of an attempt.
    Seen { node: NodeIx, attempt: u32, seen: AttemptSeen },
    /// An attempt that is not running yet waits for this.
    Waits { node: NodeIx, attempt: u32, waits: Waits },
    /// This is known of an attempt, beside how far it is.
    Facts { node: NodeIx, attempt: u32, facts: Facts },
    /// The run is to end, for this cause; `noted` is answered once that is durable.
    Abort { cause: String, noted: oneshot::Sender<()> },
    /// Someone wants to go on once all that was told before is persisted; `noted` is answered then.
    Persist { noted: oneshot::Sender<()> },
    /// Someone asks what its nodes wait for.
    Explain { page: waiting::Page, answer: oneshot::Sender<ListWaitingNodesResponse> },
}

/// What an attempt waits for before it runs, for whoever wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Whether it has room already, and is being prepared.
    pub(crate) initializing: bool,
    /// For what.
    pub(crate) reason: String,
}

/// What is known of an attempt for whoever looks at it, beside how far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// What carries it out; empty for what its type stands for.
    pub(crate) plugin: String,
    /// Pages about it.
    pub(crate) links: Vec<TaskLog>,
    /// What its plugin says of it.
    pub(crate) info: Option<Struct>,
}

/// The latest facts of a node's attempt, and what is told of them.
struct Known {
    attempt: u32,
    facts: Facts,
    /// Whether they are news.
    is_new: bool,
}

/// A run's two ends of its channel of messages.
pub(crate) struct Inbox {
    pub(crate) receiver: UnboundedReceiver<Message>,
    pub(crate) sender: UnboundedSender<Message>,
}

/// The driver stops: whoever opens it next goes on from what is persisted.
struct Stopping;

/// Where to look in the next round.
enum Where {
    Everywhere,
    At(Vec<NodeIx>),
}

struct Run {
    host: Arc<Host>,
    /// What is the same throughout.
    fixed: Arc<RunFacts>,
    plan: Plan,
    narrator: Narrator,
    state: RunState,
    seen: Observations,
    inbox: Inbox,
    /// The latest attempt of each node that this driver takes care of.
    attempts: HashMap<NodeIx, (u32, CancellationToken)>,
    /// Who waits to hear that something is durable.
    noted: Vec<oneshot::Sender<()>>,
    /// The inputs of the arrays whose items go.
    lists: HashMap<NodeIx, Lists>,
    /// What attempts wait for that is not told yet.
    waits: Vec<ExecutionEvent>,
    /// What is known of attempts under way.
    facts: BTreeMap<NodeIx, Known>,
    versions: Versions,
}

/// How carrying a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// The run has ended, and that is persisted.
    ToItsEnd,
    /// The driver stops before that.
    UntilStop,
}

/// Carries a run on from what is persisted of it, to its end or the driver's.
pub(crate) async fn carry(host: Arc<Host>, run: LiveRun, resumed: bool, inbox: Inbox) -> Carried {
    let LiveRun { id, workflow, phase, grown, nodes, blocks } = run;
    let paths = Paths::new(&host.storage, &workflow);
    let narrator = Narrator::new(workflow.execution_id.clone(), paths.clone(), &host.log_url_prefix);
    let loaded = tokio::select! {
        loaded = plan::load(&host.storage, &workflow, grown) => loaded,
        () = host.stop.cancelled() => return Carried::UntilStop,
    };
    let outcome = match loaded {
        Ok(plan) => {
            let state = RunState::restore(&plan, phase, nodes, blocks);
            let workflow_id = plan.workflow().cloned();
            let versions = Versions::of(&workflow);
            let fixed = Arc::new(RunFacts { id, workflow, workflow_id, paths, resumed });
            let run = Run {
                host: host.clone(),
                fixed,
                plan,
                narrator,
                state,
                seen: Observations::default(),
                inbox,
                attempts: HashMap::new(),
                noted: Vec::new(),
                lists: HashMap::new(),
                waits: Vec::new(),
                facts: BTreeMap::new(),
                versions,
            };
            { run }.drive().await
        }
        Err(failure) => {
            let event = narrator.run(&aileron_engine::RunEventPhase::Failed(failure.clone()), clock::now());
            let phase = Some(RunPhase::Failed(failure));
            persist(&host, Round { phase, events: vec![event], ..Round::of(id) }).await
        }
    };
    match outcome {
        Ok(()) => Carried::ToItsEnd,
        Err(Stopping) => Carried::UntilStop,
    }
}

impl Run {
    async fn drive(&mut self) -> Result<(), Stopping> {
        let mut look = Where::Everywhere;
        loop {
            let looked = match &look {
                Where::Everywhere => Look::Everything,
                Where::At(nodes) => Look::At(nodes),
            };
            let decision = decide(&mut self.plan, &mut self.state, &self.seen, looked, clock::now());
            self.persist(&decision).await?;
            for noted in self.noted.drain(..) {
                let _nobody_waits = noted.send(());
            }
            self.forget(&decision.touched);
            if self.state.phase().is_terminal() {
                return Ok(());
            }
            let launched = self.carry_out(&decision.effects);
            look = if launched.is_empty() { self.wait(decision.wake_at).await? } else { Where::At(launched) };
        }
    }

    async fn persist(&mut self, decision: &Decision) -> Result<(), Stopping> {
        let waits = std::mem::take(&mut self.waits);
        let facts = self.facts_told(&decision.events);
        let nothing =
            waits.is_empty() && facts.is_empty() && decision.touched.is_empty() && decision.events.is_empty();
        if nothing && !decision.phase_changed {
            return Ok(());
        }
        let now = clock::now();
        let tell = |event| self.told(event, now);
        let node = |ix: &NodeIx| (*ix, self.state.node(*ix).clone());
        let (items, nodes): (Vec<NodeIx>, Vec<NodeIx>) =
            decision.touched.iter().partition(|ix| self.plan.item(**ix).is_some());
        let blocks: BTreeMap<_, _> =
            items.iter().filter_map(|ix| self.state.block(&self.plan, *ix)).collect();
        let round = Round {
            run: self.fixed.id,
            phase: decision.phase_changed.then(|| self.state.phase().clone()),
            grown: decision.grown.iter().map(|growth| self.kept(growth)).collect(),
            nodes: nodes.iter().map(node).collect(),
            blocks: blocks.into_iter().collect(),
            events: waits.into_iter().chain(decision.events.iter().map(tell)).chain(facts).collect(),
        };
        persist(&self.host, round).await
    }

    /// The message for an event, with what is known of the attempt that it is about.
    fn told(&self, event: &Event, now: Timestamp) -> ExecutionEvent {
        let told = self.narrator.tell(&self.plan, &self.state, event, now);
        let Event::Attempt { node, attempt, .. } = event else { return told };
        match self.facts.get(node).filter(|known| known.attempt == *attempt) {
            Some(known) => with_facts(told, &known.facts),
            None => told,
        }
    }

    /// Messages for what is newly known of attempts that run, and of which no other event tells.
    fn facts_told(&mut self, events: &[Event]) -> Vec<ExecutionEvent> {
        let (plan, state, narrator) = (&self.plan, &self.state, &self.narrator);
        let mut told = Vec::new();
        for (node, known) in self.facts.iter_mut().filter(|(_, known)| known.is_new) {
            let is_told = events.iter().any(|event| {
                matches!(event, Event::Attempt { node: of, attempt, .. } if of == node && *attempt == known.attempt)
            });
            let runs = state.node(*node).progress() == Some(&Progress::Running);
            let goes_on = runs && state.node(*node).attempt() == known.attempt;
            if !(is_told || goes_on) {
                continue;
            }
            known.is_new = false;
            if !is_told {
                let now = clock::now();
                let version = self.versions.next(now);
                let event = narrator.goes_on(plan, state, (*node, known.attempt), version, now);
                told.push(with_facts(event, &known.facts));
            }
        }
        told
    }

    /// A workflow that a task made lies in the store already.
    fn kept(&self, growth: &Growth) -> Grown {
        let Growth { node, attempt, inside } = growth;
        let inside = match inside {
            Inside::Items(size) => KeptInside::Items(*size),
            Inside::Workflow(_) => {
                KeptInside::Workflow(self.fixed.paths.made_workflow(&self.place(*node), *attempt))
            }
        };
        Grown { node: *node, attempt: *attempt, inside }
    }

    /// Drops what is known of attempts that the engine is past.
    fn forget(&mut self, touched: &[NodeIx]) {
        for ix in touched {
            if !self.state.node(*ix).is_terminal() {
                continue;
            }
            self.give_back(*ix);
            if let Some((number, _)) = self.attempts.remove(ix) {
                self.seen.forget(*ix, number);
            }
            self.lists.remove(ix);
            self.facts.remove(ix);
        }
    }

    /// A node that ends without outputs lets others compute them.
    fn give_back(&mut self, ix: NodeIx) {
        let (NodeState::Failed { attempt } | NodeState::Aborted { attempt }) = *self.state.node(ix) else {
            return;
        };
        if self.plan.node(ix).cache.as_ref().is_some_and(|rule| rule.serialize) {
            let attempt = self.attempt(ix, attempt);
            self.host.tasks.spawn(attempt.release());
        }
    }

    /// Carries the effects out, and says which nodes have an attempt in our hands now.
    fn carry_out(&mut self, effects: &[Effect]) -> Vec<NodeIx> {
        let mut launched = Vec::new();
        for effect in effects {
            match *effect {
                Effect::Launch { node, attempt } => {
                    self.launch(node, attempt);
                    launched.push(node);
                }
                Effect::LookUp { node, attempt } => self.spawn(node, attempt, Act::LookUp, Attempt::look_up),
                Effect::Store { node, attempt } => self.spawn(node, attempt, Act::Store, Attempt::store),
                Effect::Collect { node, attempt } => self.collect(node, attempt),
                Effect::Kill { node, attempt } => self.kill(node, attempt),
            }
        }
        launched
    }

    fn launch(&mut self, node: NodeIx, number: u32) {
        self.spawn(node, number, Act::Run, Attempt::run);
    }

    fn spawn<F>(&mut self, node: NodeIx, number: u32, act: Act, body: impl FnOnce(Arc<Attempt>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let attempt = Arc::new(self.attempt(node, number));
        self.seen.set(node, number, AttemptSeen::Pending);
        let acting = body(attempt.clone());
        self.host.tasks.spawn(async move { attempt.guarded(act, acting).await });
    }

    fn collect(&mut self, node: NodeIx, number: u32) {
        let from = outputs_from(&self.plan, &self.state, node)
            .map(|from| self.fixed.paths.outputs(&self.place(from), self.state.node(from).attempt()));
        let harvest = self.harvest(node);
        if let Some(harvest) = harvest {
            self.spawn(node, number, Act::Collect, |attempt| attempt.harvest(harvest));
        } else if let Some(from) = from {
            self.spawn(node, number, Act::Collect, |attempt| attempt.collect(from));
        }
    }

    /// What the outputs of an array are made of.
    fn harvest(&self, node: NodeIx) -> Option<Harvest> {
        let array = self.plan.array_of(node)?;
        let succeeded = |item| match self.state.node(item) {
            NodeState::Succeeded { attempt } => Some(*attempt),
            _ => None,
        };
        let outputs = match array.item.kind {
            NodeKind::LaunchPlan(used) => Outputs::Of(self.plan.launch_plan(used).clone()),
            NodeKind::Task(task) => {
                let interface = self.plan.task(task).interface.as_ref();
                let outputs = interface.and_then(|interface| interface.outputs.as_ref());
                Outputs::Named(
                    outputs.into_iter().flat_map(|outputs| outputs.variables.keys().cloned()).collect(),
                )
            }
            _ => Outputs::Named(Vec::new()),
        };
        Some(Harvest { attempts: self.plan.children(Some(node)).map(succeeded).collect(), outputs })
    }

    fn place(&self, node: NodeIx) -> Place {
        place(&self.plan, &self.state, node)
    }

    /// An attempt that this driver has not launched may be one of an earlier driver.
    fn kill(&mut self, node: NodeIx, number: u32) {
        match self.attempts.get(&node) {
            Some((ours, kill)) if *ours == number => {
                kill.cancel();
                if !self.has_process(node, number) {
                    self.tell(node, number, AttemptSeen::Gone);
                }
            }
            _ => {
                let attempt = Arc::new(self.attempt(node, number));
                let ending = attempt.clone().end();
                self.host.tasks.spawn(async move { attempt.guarded(Act::End, ending).await });
            }
        }
    }

    /// Whether something of the attempt would have to end first.
    fn has_process(&self, node: NodeIx, number: u32) -> bool {
        let sleeps = matches!(self.plan.node(node).kind, NodeKind::Sleep(_));
        let over =
            |seen: &AttemptSeen| matches!(seen, AttemptSeen::Grew { .. } | AttemptSeen::NotCached { .. });
        let is_over = self.seen.attempt(node, number).is_some_and(over);
        !is_over && !sleeps && !self.plan.is_parent(node, number)
    }

    /// The channel lasts as long as the run.
    fn tell(&self, node: NodeIx, attempt: u32, seen: AttemptSeen) {
        drop(self.inbox.sender.send(Message::Seen { node, attempt, seen }));
    }

    fn attempt(&mut self, node: NodeIx, number: u32) -> Attempt {
        let kill = CancellationToken::new();
        if let Some((before, _)) = self.attempts.insert(node, (number, kill.clone())) {
            self.seen.forget(node, before);
        }
        Attempt {
            host: self.host.clone(),
            run: self.fixed.clone(),
            node,
            number,
            place: self.place(node),
            node_id: self.plan.node(node).id.clone(),
            job: Job::of(&self.plan, node),
            cache: self.plan.node(node).cache.clone(),
            bindings: self.plan.node(node).inputs.clone(),
            item: self.item(node),
            workflow_inputs: self.workflow_inputs(node),
            failure: self.failure(node),
            sources: self.sources(node),
            overrides: self.plan.node(node).overrides.clone(),
            interruptible: self.interruptible(node),
            kill,
            inbox: self.inbox.sender.clone(),
        }
    }

    /// Whether the platform may take the attempt away that the node stands at.
    fn interruptible(&self, node: NodeIx) -> bool {
        let NodeState::Active(active) = self.state.node(node) else { return false };
        self.plan.is_interruptible(node, active.tries)
    }

    /// What an item of an array needs of it.
    fn item(&mut self, node: NodeIx) -> Option<Item> {
        let (index, parent) = (self.plan.item(node)?, self.plan.node(node).parent?);
        let array_inputs = self.fixed.paths.inputs(&self.place(parent), self.state.node(parent).attempt());
        let array = self.plan.array_of(parent)?;
        let lists = self.lists.entry(parent).or_default().clone();
        Some(Item {
            index,
            array_inputs,
            bound: array.bound.clone(),
            wrapped: array.wrapped,
            indexed: array.indexed,
            appended: array.is_task,
            lists,
        })
    }

    /// The nodes that a node reads, and where the outputs of their successful attempts lie.
    fn sources(&self, node: NodeIx) -> Vec<(String, String)> {
        if self.plan.item(node).is_some() {
            return Vec::new();
        }
        let node = self.plan.node(node);
        let scope = self.plan.scope(node.scope);
        let uri = |id: &str| {
            let from = scope.find(id)?;
            let NodeState::Succeeded { attempt } = self.state.node(from) else { return None };
            Some((id.to_owned(), self.fixed.paths.outputs(&self.place(from), *attempt)))
        };
        bind::sources(&node.inputs).into_iter().filter_map(uri).collect()
    }

    /// Where the inputs of the workflow lie that a start node speaks for. One that a task made has none.
    fn workflow_inputs(&self, node: NodeIx) -> Option<String> {
        let node = self.plan.node(node);
        match node.parent {
            _ if node.kind != NodeKind::Start => None,
            None => Some(self.fixed.workflow.offloaded_inputs.clone()),
            Some(parent) if matches!(self.plan.node(parent).kind, NodeKind::Task(_)) => None,
            Some(parent) => {
                Some(self.fixed.paths.inputs(&self.place(parent), self.state.node(parent).attempt()))
            }
        }
    }

    /// What a failure node is to know.
    fn failure(&self, node: NodeIx) -> Option<Failure> {
        let plan = &self.plan;
        let failure = || self.state.failure(plan.node(node).parent).cloned();
        plan.is_failure_node(node).then(failure).flatten()
    }

    /// Waits until there is something new to decide on.
    async fn wait(&mut self, wake_at: Option<Timestamp>) -> Result<Where, Stopping> {
        let until_due = wake_at.map_or(NET, clock::until).min(NET);
        let mut changed = Vec::new();
        tokio::select! {
            biased;
            () = self.host.stop.cancelled() => return Err(Stopping),
            message = self.inbox.receiver.recv() => message.into_iter().for_each(|message| self.note(message, &mut changed)),
            () = tokio::time::sleep(until_due) => return Ok(if until_due == NET { Where::Everywhere } else { Where::At(changed) }),
        }
        while let Ok(message) = self.inbox.receiver.try_recv() {
            self.note(message, &mut changed);
        }
        Ok(Where::At(changed))
    }

    fn note(&mut self, message: Message, changed: &mut Vec<NodeIx>) {
        match message {
            Message::Seen { node, attempt, seen } => {
                // An attempt that the engine is past has nothing more to say.
                if self.attempts.get(&node).is_some_and(|(number, _)| *number == attempt) {
                    self.seen.set(node, attempt, seen);
                    changed.push(node);
                }
            }
            Message::Waits { node, attempt, waits } => {
                let is_pending = self.state.node(node).progress() == Some(&Progress::Pending);
                if is_pending && self.state.node(node).attempt() == attempt && self.plan.item(node).is_none()
                {
                    let (plan, state, now) = (&self.plan, &self.state, clock::now());
                    let version = self.versions.next(now);
                    let told = self.narrator.waits(plan, state, (node, attempt), (&waits, version), now);
                    let known = self.facts.get(&node).filter(|known| known.attempt == attempt);
                    self.waits.push(match known {
                        Some(known) => with_facts(told, &known.facts),
                        None => told,
                    });
                }
            }
            Message::Facts { node, attempt, facts } => self.learn(node, attempt, facts),
            Message::Abort { cause, noted } => {
                self.seen.abort.get_or_insert(cause);
                self.noted.push(noted);
            }
            Message::Persist { noted } => self.noted.push(noted),
            Message::Explain { page, answer } => {
                // Who asked may have gone.
                drop(answer.send(waiting::page(&self.plan, &self.state, page)));
            }
        }
    }
}

impl Run {
    fn learn(&mut self, node: NodeIx, attempt: u32, facts: Facts) {
        let is_ours = self.attempts.get(&node).is_some_and(|(number, _)| *number == attempt);
        if !is_ours || self.plan.item(node).is_some() {
            return;
        }
        let known = self.facts.get(&node).filter(|known| known.attempt == attempt);
        if known.is_none_or(|known| known.facts != facts) {
            self.facts.insert(node, Known { attempt, facts, is_new: true });
        }
    }
}

/// An event of an attempt, with what is known of it.
fn with_facts(event: ExecutionEvent, facts: &Facts) -> ExecutionEvent {
    let ExecutionEvent::Task(mut event) = event else { return event };
    event.logs.extend(facts.links.iter().cloned());
    event.custom_info.clone_from(&facts.info);
    if !facts.plugin.is_empty() {
        event.metadata.get_or_insert_default().plugin_identifier.clone_from(&facts.plugin);
    }
    ExecutionEvent::Task(event)
}

/// Keeps a round, however long the journal takes to have room for it.
async fn persist(host: &Host, round: Round) -> Result<(), Stopping> {
    let mut pause = PAUSE.0;
    while let Err(error) = host.journal.commit(round.clone()).await {
        tracing::warn!(error = told(&error), ?pause, "a round is not persisted; it is tried again");
        tokio::select! {
            () = host.stop.cancelled() => return Err(Stopping),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
        }
    }
    Ok(())
}
