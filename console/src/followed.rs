//! One execution as it is followed: what its stream has said, and what was asked for beside.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use aileron_idl::admin::Execution;
use aileron_idl::aileron::v1::{Progress, WaitingNode, WatchExecutionRequest, WatchExecutionResponse};
use aileron_idl::core::{CompiledWorkflowClosure, NodeExecutionIdentifier, WorkflowExecutionIdentifier};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use crate::api::{self, ApiError, Code, Data};
use crate::live::Live;
use crate::model::dag::Dag;
use crate::model::node::NodeRow;
use crate::model::outline::Outline;
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::scene::Source;
use crate::model::tree::Tree;
use crate::model::waiting;
use crate::poll::{Poll, set_if_new};

/// How often it is asked what nodes wait for.
const WAITING_MS: i32 = 2_000;

/// The execution, as signals.
#[derive(Clone, Copy)]
pub(crate) struct Followed {
    pub(crate) id: StoredValue<WorkflowExecutionIdentifier>,
    pub(crate) execution: RwSignal<Option<Execution>>,
    pub(crate) closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    pub(crate) dag: RwSignal<Option<Arc<Dag>>>,
    pub(crate) outline: RwSignal<Outline>,
    pub(crate) tree: RwSignal<Tree>,
    /// What dynamic nodes made, by their ids in the execution.
    pub(crate) made: RwSignal<BTreeMap<String, Arc<CompiledWorkflowClosure>>>,
    /// The nodes' states by their ids in the execution, at any depth.
    pub(crate) runs: RwSignal<BTreeMap<String, Run>>,
    /// What nodes wait for, as their data plane tells it; nothing when it does not.
    pub(crate) waiting: RwSignal<Vec<WaitingNode>>,
    pub(crate) data: RwSignal<Option<Data>>,
    pub(crate) error: RwSignal<Option<ApiError>>,
}

impl Followed {
    /// Nothing is known yet.
    pub(crate) fn new(id: WorkflowExecutionIdentifier) -> Self {
        Self {
            id: StoredValue::new(id),
            execution: RwSignal::new(None),
            closure: RwSignal::new(None),
            dag: RwSignal::new(None),
            outline: RwSignal::default(),
            tree: RwSignal::default(),
            made: RwSignal::default(),
            runs: RwSignal::default(),
            waiting: RwSignal::default(),
            data: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }

    /// Follows the execution to its end.
    pub(crate) fn follow(self) -> Live {
        let id = self.id.get_value();
        Live::follow(
            move |token| {
                let request = WatchExecutionRequest { id: Some(id.clone()), token };
                async move { api::watch_execution(&request).await }
            },
            move |answer| self.change(answer),
        )
    }

    /// Asks what nodes wait for, until the execution is over; a page beside does it once for all that show it.
    pub(crate) fn ask_waiting(self) {
        Poll::start(WAITING_MS, async move || {
            if self.phase().is_some_and(Phase::is_terminal) {
                set_if_new(self.waiting, Vec::new());
                return ControlFlow::Break(());
            }
            match api::waiting(&self.id.get_value()).await {
                Ok(waiting) => set_if_new(self.waiting, waiting),
                Err(error) if error.code == Code::Unimplemented => return ControlFlow::Break(()),
                // It is asked again: what was true is not any more.
                Err(_) => set_if_new(self.waiting, Vec::new()),
            }
            ControlFlow::Continue(())
        });
    }

    /// What a node waits for, by its id in the execution or by where the graph has it.
    pub(crate) fn why(self, node: &str, now: f64) -> Option<String> {
        self.tree.with(|tree| {
            self.outline.with(|outline| {
                let is_it =
                    |one: &&WaitingNode| one.node_id == node || waiting::path(tree, outline, one) == node;
                let found = self.waiting.with(|all| all.iter().find(is_it).cloned());
                match found {
                    Some(found) => Some(waiting::told(tree, outline, &found, now)),
                    None => waiting::why(tree, outline, node, now),
                }
            })
        })
    }

    /// The execution's phase, times and error.
    pub(crate) fn run(self) -> Memo<Run> {
        Memo::new(move |_| {
            self.execution.with(|execution| execution.as_ref().map(Run::of_execution)).unwrap_or_default()
        })
    }

    /// The identifier of one of its nodes.
    pub(crate) fn node_id(self, node: &str) -> NodeExecutionIdentifier {
        NodeExecutionIdentifier { node_id: node.to_owned(), execution_id: Some(self.id.get_value()) }
    }

    fn change(self, answer: WatchExecutionResponse) -> (Progress, ControlFlow<()>) {
        let progress = answer.progress.unwrap_or_default();
        if !progress.fresh_because.is_empty() {
            self.tree.try_update(|tree| {
                if !tree.nodes().is_empty() {
                    tree.clear();
                }
            });
        }
        if let Some(execution) = answer.execution {
            self.take(execution);
        }
        if !answer.node_executions.is_empty() {
            let rows: Vec<NodeRow> = answer.node_executions.iter().map(NodeRow::of).collect();
            let runs: Vec<_> = rows.iter().map(|row| (row.id.clone(), row.run.clone())).collect();
            self.tree.try_update(|tree| tree.change(rows));
            self.runs.try_update(|known| known.extend(runs));
        }
        let is_over = self.phase().is_some_and(Phase::is_terminal) && progress.caught_up;
        if is_over {
            self.end();
        }
        (progress, if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn phase(self) -> Option<Phase> {
        self.execution
            .try_with_untracked(|execution| execution.as_ref().map(|found| Run::of_execution(found).phase))
            .flatten()
    }

    fn take(self, execution: Execution) {
        let is_first = self.execution.try_with_untracked(Option::is_none) == Some(true);
        let workflow = execution.closure.as_ref().and_then(|closure| closure.workflow_id.clone());
        self.execution.try_set(Some(execution));
        if !is_first {
            return;
        }
        self.ask_data();
        leptos::task::spawn_local(async move {
            let Some(workflow) = workflow else { return };
            match api::workflow(&workflow).await {
                Ok(closure) => self.draw(closure),
                Err(error) => drop(self.error.try_set(Some(error))),
            }
        });
    }

    fn draw(self, closure: CompiledWorkflowClosure) {
        self.outline.try_update(|outline| *outline = Outline::of(&closure));
        let closure = Arc::new(closure);
        self.dag.try_set(Some(Arc::new(Dag::of(Source { closure: closure.clone(), ..Source::default() }))));
        self.closure.try_set(Some(closure));
        if self.phase().is_some_and(Phase::is_terminal) {
            self.settle();
        }
    }

    /// Inputs never change, and outputs come with the end.
    fn ask_data(self) {
        let id = self.id.try_get_value();
        leptos::task::spawn_local(async move {
            let Some(id) = id else { return };
            match api::execution_data(&id).await {
                Ok(data) => drop(self.data.try_set(Some(data))),
                Err(error) => drop(self.error.try_set(Some(error))),
            }
        });
    }

    fn end(self) {
        self.ask_data();
        self.settle();
    }

    /// After the end, what never started is not waiting any more.
    fn settle(self) {
        let ids: Vec<String> = self
            .outline
            .try_with_untracked(|outline| outline.tops().map(|(id, _)| id.clone()).collect())
            .unwrap_or_default();
        self.runs.try_update(|runs| {
            for id in ids {
                runs.entry(id).or_insert(Run { phase: Phase::NotRun, ..Run::default() });
            }
        });
    }

    /// Asks what a dynamic node made, once.
    pub(crate) fn learn(self, node: &str) {
        if self.outline.with_untracked(|outline| outline.knows(node)) {
            return;
        }
        let (id, node) = (self.node_id(node), node.to_owned());
        spawn_local_scoped_with_cancellation(async move {
            // What is not known yet keeps its ids for names.
            if let Ok(closure) = api::dynamic_workflow(&id).await {
                self.outline.update(|outline| outline.learn(&node, &closure));
                self.made.update(|made| drop(made.insert(node, Arc::new(closure))));
            }
        });
    }
}
