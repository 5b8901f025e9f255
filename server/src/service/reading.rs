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
        let read = async {
            let found = tasks::find(self.store.readers(), id).await?;
            found.map(Arc::new).ok_or_else(|| ServiceError::not_found("TASK", id))
        };
        self.caches.tasks.get_or_read(&key(id), read).await
    }

    /// A workflow's row.
    pub(crate) async fn workflow(&self, id: &Identifier) -> Result<WorkflowRow, ServiceError> {
        let found = workflows::find(self.store.readers(), id).await?;
        found.ok_or_else(|| ServiceError::not_found("WORKFLOW", id))
    }

    /// A workflow's row by the key that a launch plan refers to.
    pub(crate) async fn workflow_of(&self, plan: &LaunchPlanRow) -> Result<Arc<WorkflowRow>, ServiceError> {
        let key = plan.workflow_key;
        let read = async {
            let found = workflows::get(self.store.readers(), key).await?;
            found.map(Arc::new).ok_or_else(|| ServiceError::not_found("WORKFLOW", &key))
        };
        self.caches.workflows.get_or_read(&key, read).await
    }

    /// A compiled closure.
    pub(crate) async fn closure(&self, uri: &str) -> Result<Arc<WorkflowClosure>, ServiceError> {
        let read = async { Ok(Arc::new(self.settings.storage.get_message(uri).await?)) };
        self.caches.closures.get_or_read(&uri.to_owned(), read).await
    }

    /// A launch plan, to launch it; its state may be old.
    pub(crate) async fn launch_plan(&self, id: &Identifier) -> Result<Arc<LaunchPlanRow>, ServiceError> {
        let read = async {
            let found = launch_plans::find(self.store.readers(), id).await?;
            found.map(Arc::new).ok_or_else(|| ServiceError::not_found("LAUNCH_PLAN", id))
        };
        self.caches.launch_plans.get_or_read(&key(id), read).await
    }
}
