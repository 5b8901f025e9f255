//! Names and places of one execution's objects: those that the layout shares, and those that only a
//! driver and its tasks know.

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_engine::Place;
use aileron_storage::Storage;
use aileron_storage::layout::{self, ExecutionPath};

/// Where one execution's objects lie.
#[derive(Clone, Debug)]
pub struct Paths {
    storage: Storage,
    execution: ExecutionId,
    raw_root: String,
}

impl Paths {
    /// The places of a run; bulk data goes below the prefix that was given to it, or `data/P/D/NAME` in the store.
    pub fn new(storage: &Storage, workflow: &FlyteWorkflow) -> Paths {
        let own = &workflow.raw_output_data_config.output_location_prefix;
        Paths::of(storage, &workflow.execution_id, own)
    }

    /// The same for a run of which only the name is known.
    pub fn of(storage: &Storage, execution: &ExecutionId, raw_root: &str) -> Paths {
        let ExecutionId { project, domain, name } = execution;
        let own = || storage.uri(&["data", project, domain, name]);
        let raw_root = if raw_root.is_empty() { own() } else { raw_root.to_owned() };
        Paths { storage: storage.clone(), execution: execution.clone(), raw_root }
    }

    /// Below which attempts put bulk data.
    pub fn raw_root(&self) -> &str {
        &self.raw_root
    }

    fn execution(&self) -> ExecutionPath<'_> {
        let ExecutionId { project, domain, name } = &self.execution;
        ExecutionPath { project, domain, name }
    }

    /// `.../FOLDER/inputs.pb`, the same for all attempts. An item of an array has them in a folder of its
    /// own beside the array's attempts: `.../ITEM/ATTEMPT/inputs.pb`.
    pub fn inputs(&self, node: &Place, attempt: u32) -> String {
        match &node.item_folder {
            None => self.execution().node_inputs(&self.storage, &node.folder),
            Some(folder) => {
                format!("{}/inputs.pb", self.execution().attempt_outputs(&self.storage, folder, attempt))
            }
        }
    }

    /// `.../task.pb` beside the inputs: the task template, for tasks that ask for it.
    pub fn task_template(&self, node: &Place, attempt: u32) -> String {
        let inputs = self.inputs(node, attempt);
        let folder = inputs.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/task.pb")
    }

    /// `.../FOLDER/ATTEMPT`, where one attempt writes.
    pub fn attempt(&self, node: &Place, attempt: u32) -> String {
        self.execution().attempt_outputs(&self.storage, &node.folder, attempt)
    }

    /// `.../FOLDER/ATTEMPT/outputs.pb`.
    pub fn outputs(&self, node: &Place, attempt: u32) -> String {
        format!("{}/outputs.pb", self.attempt(node, attempt))
    }

    /// `.../FOLDER/ATTEMPT/futures.pb`: what a task left that made a workflow.
    pub fn job_spec(&self, node: &Place, attempt: u32) -> String {
        format!("{}/futures.pb", self.attempt(node, attempt))
    }

    /// `.../FOLDER/ATTEMPT/dynamic_compiled.pb`: the workflow that a task made, as it is run.
    pub fn made_workflow(&self, node: &Place, attempt: u32) -> String {
        format!("{}/dynamic_compiled.pb", self.attempt(node, attempt))
    }

    /// `.../FOLDER/ATTEMPT/deck.html`.
    pub fn deck(&self, node: &Place, attempt: u32) -> String {
        format!("{}/deck.html", self.attempt(node, attempt))
    }

    /// `EXECUTION-NODE-ATTEMPT`.
    pub fn generated_name(&self, node: &Place, attempt: u32) -> String {
        format!("{}-{}-{attempt}", self.execution.name, node.unique_id)
    }

    /// Where an attempt puts bulk data.
    pub fn raw_output(&self, node: &Place, attempt: u32) -> String {
        layout::raw_output(&self.raw_root, &self.generated_name(node, attempt))
    }

    /// Where an attempt puts checkpoints.
    pub fn checkpoint(&self, node: &Place, attempt: u32) -> String {
        format!("{}/_flytecheckpoints", self.raw_output(node, attempt))
    }
}
