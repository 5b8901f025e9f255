//! What is asked about the selected node beside what the stream says: its data and attempts, again whenever it has
//! changed, and its attempts now and then while it runs.

use std::ops::ControlFlow;

use aileron_idl::admin::TaskExecution;
use leptos::prelude::*;

use crate::api::{self, ApiError, Code, Data};
use crate::followed::Followed;
use crate::model::node::NodeRow;
use crate::model::run::Run;
use crate::poll::{Poll, set_if_new};

/// How often the attempts of a running node are asked for.
const INTERVAL_MS: i32 = 1_500;

/// What is known of a node.
#[derive(Clone, Copy)]
pub(super) struct Watched {
    pub(super) row: Memo<NodeRow>,
    /// The node's error in full; that of the stream is cut.
    pub(super) run: RwSignal<Run>,
    pub(super) data: RwSignal<Option<Data>>,
    pub(super) attempts: RwSignal<Vec<TaskExecution>>,
    pub(super) error: RwSignal<Option<ApiError>>,
}

impl Watched {
    pub(super) fn start(followed: Followed, node: &str) -> Self {
        let id = followed.node_id(node);
        let key = node.to_owned();
        let watched = Self {
            row: Memo::new(move |_| followed.tree.with(|tree| tree.node(&key).cloned()).unwrap_or_default()),
            run: RwSignal::default(),
            data: RwSignal::new(None),
            attempts: RwSignal::default(),
            error: RwSignal::new(None),
        };
        let execution = followed.run();
        let poll = Poll::start(INTERVAL_MS, async move || {
            let was_over = execution.with_untracked(|run| run.phase.is_terminal());
            let is_known = watched.row.with_untracked(|row| !row.id.is_empty());
            let answer = if is_known { watched.ask(&id).await } else { Ok(false) };
            // A node that has not started is unknown to the server, which is no trouble.
            let is_final = matches!(answer, Ok(true)) || (was_over && answer.is_ok());
            set_if_new(watched.error, answer.err().filter(|error| error.code != Code::NotFound));
            if is_final { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        Effect::new(move |_| {
            watched.row.track();
            poll.nudge();
        });
        watched
    }

    /// Asks for the node first: what is asked after its end is final. True when it has ended.
    async fn ask(self, id: &aileron_idl::core::NodeExecutionIdentifier) -> Result<bool, ApiError> {
        let run = Run::of_node(&api::node(id).await?);
        let is_over = run.phase.is_terminal();
        set_if_new(self.run, run);
        if is_over || self.data.with_untracked(Option::is_none) {
            set_if_new(self.data, Some(api::node_data(id).await?));
        }
        set_if_new(self.attempts, api::attempts(id).await?);
        Ok(is_over)
    }
}
