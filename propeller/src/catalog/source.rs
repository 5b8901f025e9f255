//! Who made an entry, kept with it under Flyte's names.

use std::collections::BTreeMap;

use aileron_idl::core::catalog_metadata::SourceExecution;
use aileron_idl::core::{
    CatalogArtifactTag, CatalogMetadata, Identifier, NodeExecutionIdentifier, ResourceType,
    TaskExecutionIdentifier, WorkflowExecutionIdentifier,
};
use aileron_idl::datacatalog::{DatasetId, Metadata};

use super::Cached;
use super::key::Key;

const TASK_VERSION: &str = "task-version";
const PROJECT: &str = "exec-project";
const DOMAIN: &str = "exec-domain";
const EXECUTION: &str = "execution-name";
const NODE: &str = "exec-node";
const ATTEMPT: &str = "exec-attempt";
/// Stands for what older entries do not say.
const UNKNOWN: &str = "unknown";

/// What a dataset says of the attempt that made it.
pub fn of_dataset(maker: &TaskExecutionIdentifier) -> Metadata {
    let version = maker.task_id.as_ref().map(|task| task.version.clone()).unwrap_or_default();
    Metadata { key_map: [(TASK_VERSION.to_owned(), version)].into() }
}

/// What an artifact says of the attempt that made it.
pub fn of_artifact(maker: &TaskExecutionIdentifier) -> Metadata {
    let node = maker.node_execution_id.clone().unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let pairs = [
        (PROJECT, execution.project),
        (DOMAIN, execution.domain),
        (EXECUTION, execution.name),
        (NODE, node.node_id),
        (ATTEMPT, maker.retry_attempt.to_string()),
    ];
    Metadata { key_map: pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}

/// What events tell of an entry that was found; `task` is the one that looked.
pub fn told(key: &Key, found: &Cached, task: &Identifier) -> CatalogMetadata {
    let maker = SourceExecution::SourceTaskExecution(maker(found, task));
    CatalogMetadata { source_execution: Some(maker), ..told_of(key, &found.artifact.id) }
}

/// What events tell of an entry that was just made.
pub fn told_of(key: &Key, artifact_id: &str) -> CatalogMetadata {
    let DatasetId { project, domain, name, version, .. } = key.dataset.clone();
    let resource_type = ResourceType::Dataset.into();
    CatalogMetadata {
        dataset_id: Some(Identifier { resource_type, project, domain, name, version, ..Default::default() }),
        artifact_tag: Some(CatalogArtifactTag { artifact_id: artifact_id.to_owned(), name: key.tag.clone() }),
        source_execution: None,
    }
}

fn maker(found: &Cached, task: &Identifier) -> TaskExecutionIdentifier {
    let dataset = found.dataset.metadata.as_ref().map(|metadata| &metadata.key_map);
    let artifact = found.artifact.metadata.as_ref().map(|metadata| &metadata.key_map);
    let said = |known: Option<&BTreeMap<String, String>>, name: &str, otherwise: &str| {
        known.and_then(|known| known.get(name)).map_or(otherwise, String::as_str).to_owned()
    };
    let execution_id = WorkflowExecutionIdentifier {
        project: said(artifact, PROJECT, &task.project),
        domain: said(artifact, DOMAIN, &task.domain),
        name: said(artifact, EXECUTION, UNKNOWN),
        ..Default::default()
    };
    TaskExecutionIdentifier {
        task_id: Some(Identifier { version: said(dataset, TASK_VERSION, UNKNOWN), ..task.clone() }),
        node_execution_id: Some(NodeExecutionIdentifier {
            node_id: said(artifact, NODE, UNKNOWN),
            execution_id: Some(execution_id),
        }),
        retry_attempt: said(artifact, ATTEMPT, "0").parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(version: &str) -> Identifier {
        Identifier {
            project: "p".into(),
            domain: "d".into(),
            name: "t".into(),
            version: version.into(),
            ..Default::default()
        }
    }

    fn found(by: &TaskExecutionIdentifier) -> Cached {
        let mut found = Cached { dataset: Default::default(), artifact: Default::default() };
        found.dataset.metadata = Some(of_dataset(by));
        found.artifact.metadata = Some(of_artifact(by));
        found
    }

    #[test]
    fn the_maker_of_an_entry_is_read_back() {
        let execution_id = WorkflowExecutionIdentifier {
            project: "q".into(),
            domain: "e".into(),
            name: "run".into(),
            ..Default::default()
        };
        let by = TaskExecutionIdentifier {
            task_id: Some(task("old")),
            node_execution_id: Some(NodeExecutionIdentifier {
                node_id: "n0".into(),
                execution_id: Some(execution_id),
            }),
            retry_attempt: 2,
        };
        assert_eq!(maker(&found(&by), &task("new")), by);
    }

    #[test]
    fn what_an_old_entry_does_not_say_is_unknown() {
        let silent = Cached { dataset: Default::default(), artifact: Default::default() };
        let maker = maker(&silent, &task("new"));
        assert_eq!(maker.task_id.unwrap().version, "unknown");
        let node = maker.node_execution_id.unwrap();
        assert_eq!((node.node_id.as_str(), node.execution_id.unwrap().project.as_str()), ("unknown", "p"));
    }
}
