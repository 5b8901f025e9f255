//! ListSignals.

use aileron_idl::admin::{SignalList, SignalListRequest};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::signals::{self, TABLE};

impl App {
    /// The signals of an execution that its gates have asked for.
    pub(crate) async fn list_signals(&self, request: SignalListRequest) -> Result<SignalList, ServiceError> {
        let execution = names::execution_id(request.workflow_execution_id.as_ref())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let found = signals::list(self.store.readers(), execution, &filter, &page).await?;
        Ok(SignalList { token: found.token, signals: found.rows })
    }
}
