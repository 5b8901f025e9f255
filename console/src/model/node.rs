//! A node of an execution, as pages show it.

use aileron_idl::admin::{NodeExecution, node_execution_closure};
use aileron_idl::core::catalog_metadata::SourceExecution;
use aileron_idl::core::{CatalogCacheStatus, TaskExecutionIdentifier, WorkflowExecutionIdentifier};

use super::run::Run;
use super::time;

/// A node's state and what is known of it beside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRow {
    /// Its id among all nodes of the execution.
    pub id: String,
    /// Its id in the workflow that it is a node of.
    pub spec_id: String,
    /// Phase, times, error.
    pub run: Run,
    /// When it was ready, in milliseconds since 1970: from then until its start it waited.
    pub created: Option<f64>,
    /// Which attempt of its parent it belongs to.
    pub retry_group: String,
    /// Whether it has nodes inside.
    pub is_parent: bool,
    /// Whether what is inside was made by the run itself.
    pub is_dynamic: bool,
    /// Whether what is inside are the items of a list.
    pub is_array: bool,
    /// What the cache did.
    pub cache: Cache,
    /// Whether it left a deck.
    pub has_deck: bool,
    /// The execution that it launched.
    pub child: Option<WorkflowExecutionIdentifier>,
}

/// What the cache did for a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cache {
    /// The node uses none.
    #[default]
    Off,
    /// Its outputs were there: who computed them.
    Hit(Option<Box<TaskExecutionIdentifier>>),
    /// Nothing was there, and nothing was kept (yet).
    Miss,
    /// Its outputs are kept for others now.
    Kept,
    /// It was told not to look.
    Skipped,
    /// Looking or keeping failed; the task ran all the same.
    Trouble,
    /// What was there was thrown away.
    Evicted,
}

impl Cache {
    /// What it did, in a few words; empty when it is off.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Off => "",
            Self::Hit(_) => "cache hit",
            Self::Miss => "cache miss",
            Self::Kept => "cached",
            Self::Skipped => "cache skipped",
            Self::Trouble => "cache failed",
            Self::Evicted => "cache evicted",
        }
    }

    /// What it did, in full.
    pub fn explanation(&self) -> &'static str {
        match self {
            Self::Off => "This node's task is not cached.",
            Self::Hit(_) => "The outputs were taken from the cache; nothing ran.",
            Self::Miss => {
                "Nothing in the cache had the same task, cache version, interface and inputs, so the task ran."
            }
            Self::Kept => "The task ran, and its outputs are in the cache now.",
            Self::Skipped => "The execution was told to overwrite the cache, so the task ran.",
            Self::Trouble => "The cache did not answer; the task ran all the same.",
            Self::Evicted => "The entry of the cache was removed.",
        }
    }

    fn of(closure: &aileron_idl::admin::NodeExecutionClosure) -> Self {
        let Some(node_execution_closure::TargetMetadata::TaskNodeMetadata(task)) = &closure.target_metadata
        else {
            return Self::Off;
        };
        let source = task.catalog_key.as_ref().and_then(|key| key.source_execution.as_ref());
        match CatalogCacheStatus::try_from(task.cache_status) {
            Ok(CatalogCacheStatus::CacheHit) => Self::Hit(source.map(|source| match source {
                SourceExecution::SourceTaskExecution(id) => Box::new(id.clone()),
            })),
            Ok(CatalogCacheStatus::CacheMiss) => Self::Miss,
            Ok(CatalogCacheStatus::CachePopulated) => Self::Kept,
            Ok(CatalogCacheStatus::CacheSkipped) => Self::Skipped,
            Ok(CatalogCacheStatus::CacheLookupFailure | CatalogCacheStatus::CachePutFailure) => Self::Trouble,
            Ok(CatalogCacheStatus::CacheEvicted) => Self::Evicted,
            Ok(CatalogCacheStatus::CacheDisabled) | Err(_) => Self::Off,
        }
    }
}

impl NodeRow {
    /// The row of a node.
    pub fn of(node: &NodeExecution) -> Self {
        let id = node.id.as_ref().map(|id| id.node_id.clone()).unwrap_or_default();
        let metadata = node.metadata.clone().unwrap_or_default();
        let closure = node.closure.clone().unwrap_or_default();
        let child = match &closure.target_metadata {
            Some(node_execution_closure::TargetMetadata::WorkflowNodeMetadata(child)) => {
                child.execution_id.clone()
            }
            _ => None,
        };
        Self {
            spec_id: if metadata.spec_node_id.is_empty() { id.clone() } else { metadata.spec_node_id },
            id,
            run: Run::of_node(node),
            created: closure.created_at.as_ref().map(time::millis),
            retry_group: metadata.retry_group,
            is_parent: metadata.is_parent_node,
            is_dynamic: metadata.is_dynamic,
            is_array: metadata.is_array,
            cache: Cache::of(&closure),
            has_deck: !closure.deck_uri.is_empty(),
            child,
        }
    }

    /// True for the nodes that stand for a workflow's inputs and outputs.
    pub fn is_boundary(&self) -> bool {
        matches!(self.spec_id.as_str(), "start-node" | "end-node")
    }

    /// When it ended, in milliseconds since 1970.
    pub fn ended(&self) -> Option<f64> {
        Some(self.run.started? + self.run.took?)
    }

    /// How long it waited before it started, by `now`.
    pub fn waited(&self, now: f64) -> Option<f64> {
        let until = match self.run.started {
            Some(started) => started,
            None if self.run.phase.is_terminal() => return None,
            None => now,
        };
        Some((until - self.created?).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::{NodeExecutionClosure, TaskNodeMetadata};
    use aileron_idl::core::CatalogMetadata;
    use prost_types::Timestamp;

    use super::*;

    fn with(status: CatalogCacheStatus) -> NodeExecution {
        let source = TaskExecutionIdentifier { retry_attempt: 2, ..Default::default() };
        let key = CatalogMetadata {
            source_execution: Some(SourceExecution::SourceTaskExecution(source)),
            ..Default::default()
        };
        let task =
            TaskNodeMetadata { cache_status: status as i32, catalog_key: Some(key), ..Default::default() };
        let closure = NodeExecutionClosure {
            created_at: Some(Timestamp { seconds: 10, nanos: 0 }),
            started_at: Some(Timestamp { seconds: 12, nanos: 0 }),
            target_metadata: Some(node_execution_closure::TargetMetadata::TaskNodeMetadata(task)),
            ..Default::default()
        };
        NodeExecution { closure: Some(closure), ..Default::default() }
    }

    #[test]
    fn a_hit_names_who_computed_it() {
        let Cache::Hit(Some(source)) = NodeRow::of(&with(CatalogCacheStatus::CacheHit)).cache else {
            panic!("no hit");
        };
        assert_eq!(source.retry_attempt, 2);
        assert_eq!(NodeRow::of(&NodeExecution::default()).cache, Cache::Off);
    }

    #[test]
    fn the_wait_is_from_ready_to_started() {
        assert_eq!(NodeRow::of(&with(CatalogCacheStatus::CacheMiss)).waited(99_000.0), Some(2_000.0));
        let waiting = NodeRow { created: Some(1_000.0), ..NodeRow::default() };
        assert_eq!(waiting.waited(3_500.0), Some(2_500.0));
    }
}
