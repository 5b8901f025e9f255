//! What the data plane should have: for whoever looks whether it still does.

use std::time::Duration;

use aileron_crd::ExecutionId;

use crate::clock;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::outbox;

/// Executions read at once.
const PAGE: u32 = 1000;

impl App {
    /// Executions that the data plane was given, that have not ended and of which nothing was told for so long.
    pub(crate) async fn under_way(&self, quiet: Duration) -> Result<Vec<ExecutionId>, ServiceError> {
        let before = clock::earlier(&clock::now(), quiet);
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page =
                outbox::under_way(self.store.readers(), &self.data_plane.name, &before, after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            for (key, id) in page {
                found.push(ExecutionId::from(&id));
                after = key;
            }
            if is_last {
                return Ok(found);
            }
        }
    }
}
