//! GetTask.

use aileron_idl::admin::{ObjectGetRequest, Task};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// A task by id.
    pub(crate) async fn get_task(&self, request: ObjectGetRequest) -> Result<Task, ServiceError> {
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        Ok(self.task(&id).await?.task.clone())
    }
}
