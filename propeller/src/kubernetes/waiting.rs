//! What the nodes of a run wait for, told from its object alone: for whoever has no controller in its process.
//!
//! It is as old as the object's state, about a second; a controller is not asked, and need not be there. Plans are kept:
//! asking again costs what the state does.

use aileron_engine::RunState;
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use aileron_storage::{Storage, StorageError};
use kube::{Client, ResourceExt};

use super::checkpoint::Ledger;
use super::plans::{Plans, Whose};
use super::workflows::{self, Kept, ObjectError};
use crate::run::load_plan;
use crate::waiting::{Page, page};

/// Why it is not known what nodes wait for.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// The cluster does not answer.
    #[error("the API server does not give the workflow's object: {0}")]
    Cluster(#[from] kube::Error),
    /// The object store does not answer, or lacks the state.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The object is none that runs.
    #[error("{0}")]
    Object(String),
    /// Another propeller carries the run, which keeps its state in its own form.
    #[error("the run is carried by a propeller that does not say")]
    Foreign,
}

impl From<ObjectError> for WaitingError {
    fn from(error: ObjectError) -> WaitingError {
        WaitingError::Object(crate::told(&error))
    }
}

/// Tells what nodes wait for.
#[derive(Debug, Default)]
pub struct WaitingNodes {
    plans: Plans,
}

impl WaitingNodes {
    /// One page of the nodes of a run that neither run nor have ended, each with what it waits for. `None` when there is
    /// no such object; nothing before its run has begun.
    ///
    /// # Errors
    /// When that is not known; see [`WaitingError`].
    pub async fn page(
        &self,
        client: &Client,
        storage: &Storage,
        (namespace, name): (&str, &str),
        asked: Page,
    ) -> Result<Option<ListWaitingNodesResponse>, WaitingError> {
        let Some(object) = workflows::api(client, namespace).get_opt(name).await? else { return Ok(None) };
        let has_begun = object.data["status"]["phase"].as_u64().unwrap_or_default() > 0;
        let readable = workflows::read(&object)?;
        let ledger = match readable.state {
            Kept::None if has_begun => return Err(WaitingError::Foreign),
            Kept::None => return Ok(Some(ListWaitingNodesResponse::default())),
            Kept::Here(ledger) => *ledger,
            Kept::At(uri) => {
                let bytes = storage.get(&uri).await?;
                Ledger::unpacked(&String::from_utf8_lossy(&bytes)).map_err(ObjectError::State)?
            }
        };
        // It is not carried here: it needs no number.
        let run = ledger.run(0, readable.workflow);
        let whose = Whose { uid: object.uid().unwrap_or_default(), growths: run.grown.len() };
        let plan = self.plans.get(whose, load_plan(storage, &run.workflow, run.grown)).await;
        let plan = plan.map_err(|failure| WaitingError::Object(failure.message))?;
        let state = RunState::restore(&plan, run.phase, run.nodes, run.blocks);
        Ok(Some(page(&plan, &state, asked)))
    }
}
