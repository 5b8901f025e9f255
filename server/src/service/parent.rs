//! What an execution takes over from the node that launches it.

use aileron_idl::admin::ExecutionSpec;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::{executions, node_executions};

/// The rows of a child's parent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parent {
    pub(super) execution_key: Option<i64>,
    /// `None` while the node has not been reported: its launch may overtake the news of it.
    pub(super) node_key: Option<i64>,
}

impl App {
    /// A child is one level deeper than its parent, belongs to the same user and runs where the parent may,
    /// unless it says otherwise. The parent must be there.
    pub(super) async fn inherit(&self, spec: &mut ExecutionSpec) -> Result<Parent, ServiceError> {
        let metadata = spec.metadata.get_or_insert_default();
        let Some(node) = metadata.parent_node_execution.clone() else { return Ok(Parent::default()) };
        let id = names::execution_id(node.execution_id.as_ref())?;
        let readers = self.store.readers();
        let parent = executions::find(readers, id).await?;
        let parent = parent.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let of_parent = parent.spec.metadata.unwrap_or_default();
        metadata.nesting = of_parent.nesting.saturating_add(1);
        metadata.principal = of_parent.principal;
        let label = spec.execution_cluster_label.take().filter(|label| !label.value.is_empty());
        spec.execution_cluster_label = label.or(parent.spec.execution_cluster_label);
        let row = node_executions::find(readers, id, &node.node_id).await?;
        Ok(Parent { execution_key: Some(parent.key), node_key: row.and_then(|row| row.key) })
    }
}
