//! Registered entities by id, through the caches.

use std::sync::Arc;

use aileron_idl::admin::WorkflowClosure;
use aileron_idl::core::Identifier;

use crate::error::ServiceError;
use crate::server::App;
use crate::store::launch_plans::LaunchPlanRow;
use crate::store::tasks::TaskRow;
use crate::store::workflows::WorkflowRow;
use crate::store::{launch_plans, tasks, workflows};

/// The names alone: clients leave the resource type out, or send another.
fn key(id: &Identifier) -> Identifier {
    Identifier { resource_type: 0, org: String::new(), ..id.clone() }
}

impl App {
    /// A task.
    pub(crate) async fn task(&self, id: &Identifier) -> Result<Arc<TaskRow>, ServiceError> {
        let epoch = match self.caches.tasks.get(&key(id)) {
            Ok(known) => return Ok(known),
            Err(epoch) => epoch,
        };
        let found = tasks::find(self.store.readers(), id).await?;
        let found = Arc::new(found.ok_or_else(|| ServiceError::not_found("TASK", id))?);
        self.caches.tasks.keep(key(id), found.clone(), epoch);
        Ok(found)
    }

    /// A workflow's row.
    pub(crate) async fn workflow(&self, id: &Identifier) -> Result<WorkflowRow, ServiceError> {
        let found = workflows::find(self.store.readers(), id).await?;
        found.ok_or_else(|| ServiceError::not_found("WORKFLOW", id))
    }

    /// A workflow's row by the key that a launch plan refers to.
    pub(crate) async fn workflow_of(&self, plan: &LaunchPlanRow) -> Result<Arc<WorkflowRow>, ServiceError> {
        let epoch = match self.caches.workflows.get(&plan.workflow_key) {
            Ok(known) => return Ok(known),
            Err(epoch) => epoch,
        };
        let found = workflows::get(self.store.readers(), plan.workflow_key).await?;
        let found = found.ok_or_else(|| ServiceError::not_found("WORKFLOW", &plan.workflow_key))?;
        let found = Arc::new(found);
        self.caches.workflows.keep(plan.workflow_key, found.clone(), epoch);
        Ok(found)
    }

    /// A compiled closure.
    pub(crate) async fn closure(&self, uri: &str) -> Result<Arc<WorkflowClosure>, ServiceError> {
        let epoch = match self.caches.closures.get(&uri.to_owned()) {
            Ok(known) => return Ok(known),
            Err(epoch) => epoch,
        };
        let closure: WorkflowClosure = self.settings.storage.get_message(uri).await?;
        let closure = Arc::new(closure);
        self.caches.closures.keep(uri.to_owned(), closure.clone(), epoch);
        Ok(closure)
    }

    /// A launch plan, to launch it; its state may be old.
    pub(crate) async fn launch_plan(&self, id: &Identifier) -> Result<Arc<LaunchPlanRow>, ServiceError> {
        let epoch = match self.caches.launch_plans.get(&key(id)) {
            Ok(known) => return Ok(known),
            Err(epoch) => epoch,
        };
        let found = launch_plans::find(self.store.readers(), id).await?;
        let found = Arc::new(found.ok_or_else(|| ServiceError::not_found("LAUNCH_PLAN", id))?);
        self.caches.launch_plans.keep(key(id), found.clone(), epoch);
        Ok(found)
    }
}
