//! ListTasks.

use aileron_idl::admin::{ResourceListRequest, TaskList};

use super::listing::Listing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::tasks::{self, TABLE};

impl App {
    /// Tasks with their closures.
    pub(crate) async fn list_tasks(&self, request: ResourceListRequest) -> Result<TaskList, ServiceError> {
        let Listing { scope, filter, page } = Listing::parse(&TABLE, request)?;
        let found = tasks::list(self.store.readers(), &scope, &filter, &page).await?;
        Ok(TaskList { token: found.token, tasks: found.rows.into_iter().map(|row| row.task).collect() })
    }
}
