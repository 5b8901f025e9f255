//! The `flyteworkflow` object. Field names, including their odd capitals, are Flyte's.

use std::collections::BTreeMap;

use aileron_idl::core::WorkflowExecutionIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::security::SecurityContext;

/// Group of the object.
pub const GROUP: &str = "flyte.lyft.com";
/// Version of the object.
pub const VERSION: &str = "v1alpha1";
/// Group and version of the object.
pub const API_VERSION: &str = "flyte.lyft.com/v1alpha1";
/// Kind of the object.
pub const KIND: &str = "FlyteWorkflow";
/// The name by which its API is asked.
pub const PLURAL: &str = "flyteworkflows";
/// What keeps the object until its controller has let go of it.
pub const FINALIZER: &str = "flyte.org/finalizer";

/// One execution, ready to run: which closure with which inputs and settings.
///
/// Closure and inputs are in the object (`spec`, `tasks`, `sub_workflows`, `inputs`) or beside it
/// (`workflow_closure_reference`, `offloaded_inputs`), never both; [`FlyteWorkflow::graph`] and
/// [`FlyteWorkflow::given_inputs`] tell. Its status is the data plane's own: [`crate::WorkflowPhase`] has the numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlyteWorkflow {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`]; in Flyte's own hands it may be in lower case.
    pub kind: String,
    /// Name, namespace and labels.
    pub metadata: Metadata,
    /// The version of events that the control plane expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_meta: Option<WorkflowMeta>,
    /// The graph, in the shape that [`crate::write`](fn@crate::write) gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Value>,
    /// The tasks by the keys with which the graph names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Map<String, Value>>,
    /// The sub-workflows by the keys with which the graph names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_workflows: Option<Map<String, Value>>,
    /// The complete inputs: protobuf's JSON of a `core.LiteralMap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    /// Which execution this is.
    pub execution_id: ExecutionId,
    /// URI of the `admin.WorkflowClosure` to run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub workflow_closure_reference: String,
    /// URI of the complete inputs, a `core.LiteralMap`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub offloaded_inputs: String,
    /// When the control plane accepted it, RFC 3339.
    #[serde(default)]
    pub accepted_at: String,
    /// What holds for every node that says nothing else.
    #[serde(default, rename = "node-defaults")]
    pub node_defaults: NodeDefaults,
    /// As whom tasks run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// As whom tasks run, and which secrets they get.
    #[serde(default)]
    pub security_context: SecurityContext,
    /// Settings merged from request, launch plan, attributes and server.
    #[serde(default)]
    pub execution_config: ExecutionConfig,
    /// Where tasks put bulk data, when not below the driver's default.
    #[serde(default)]
    pub raw_output_data_config: RawOutputDataConfig,
    /// The address of the execution's page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub console_url: String,
}

/// What an object says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowMeta {
    /// The version of the events.
    pub event_version: u32,
}

impl WorkflowMeta {
    /// The one that is written today.
    pub const TODAY: WorkflowMeta = WorkflowMeta { event_version: 2 };
}

/// Settings of nodes that say nothing themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeDefaults {
    /// Whether their pods may be ended to make room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
}

/// The part of Kubernetes' object metadata that is ours to set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The execution's name.
    pub name: String,
    /// `PROJECT-DOMAIN`.
    pub namespace: String,
    /// Labels; user labels come last and win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The execution's identity, as plain JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutionId {
    /// Project id.
    pub project: String,
    /// Domain id.
    pub domain: String,
    /// Execution name.
    pub name: String,
}

impl From<&WorkflowExecutionIdentifier> for ExecutionId {
    fn from(id: &WorkflowExecutionIdentifier) -> Self {
        ExecutionId { project: id.project.clone(), domain: id.domain.clone(), name: id.name.clone() }
    }
}

impl From<&ExecutionId> for WorkflowExecutionIdentifier {
    fn from(id: &ExecutionId) -> Self {
        WorkflowExecutionIdentifier {
            project: id.project.clone(),
            domain: id.domain.clone(),
            name: id.name.clone(),
            org: String::new(),
        }
    }
}

/// Settings of one execution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExecutionConfig {
    /// Most nodes that run at once; 0 is no limit.
    pub max_parallelism: u32,
    /// Overrides the template's default when set.
    pub interruptible: Option<bool>,
    /// Whether cached results are ignored and replaced.
    pub overwrite_cache: bool,
    /// Environment of every task, after the task's own; `null` where it is empty.
    #[serde(with = "null_when_empty")]
    pub environment_variables: EnvironmentVariables,
    /// What tasks get that ask for nothing, and the most they may have.
    pub task_resources: TaskResources,
    /// Which plugins run a type of tasks, by the type.
    #[serde(deserialize_with = "default_when_null")]
    pub task_plugin_impls: BTreeMap<String, TaskPluginImpl>,
    /// Tags of the queues that its tasks wait in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queue_tags: Vec<String>,
    /// The execution whose succeeded nodes are reused; `{}` where there is none.
    #[serde(serialize_with = "empty_when_none", deserialize_with = "none_when_empty")]
    pub recovery_execution: Option<RecoveryExecution>,
    /// How long an attempt may wait to be begun, in seconds; 0 is no limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub queueing_budget_seconds: u32,
    /// How long the execution may take since it was accepted, in seconds; 0 is no limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout_seconds: u32,
    /// How many executions it is inside of: each was launched by a node of the one before.
    #[serde(skip_serializing_if = "is_zero")]
    pub nesting_level: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(level: &u32) -> bool {
    *level == 0
}

fn empty_when_none<S: Serializer>(
    execution: &Option<RecoveryExecution>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match execution {
        Some(execution) => execution.serialize(serializer),
        None => Map::new().serialize(serializer),
    }
}

fn none_when_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RecoveryExecution>, D::Error> {
    let execution = Option::<RecoveryExecution>::deserialize(from)?;
    Ok(execution.filter(|execution| !execution.name.is_empty()))
}

fn default_when_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

mod null_when_empty {
    use super::{Deserializer, EnvironmentVariables, Serialize, Serializer, default_when_null};

    pub(super) fn serialize<S: Serializer>(
        variables: &EnvironmentVariables,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (!variables.is_empty()).then_some(variables).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<EnvironmentVariables, D::Error> {
        default_when_null(from)
    }
}

/// Resources of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskResources {
    /// For tasks that ask for nothing.
    pub requests: TaskResourceSpec,
    /// The most; `0` is no limit.
    pub limits: TaskResourceSpec,
}

/// Kubernetes quantities, `0` where nothing is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskResourceSpec {
    /// Processors.
    #[serde(rename = "CPU")]
    pub cpu: String,
    /// Memory in bytes.
    pub memory: String,
    /// Local disk in bytes.
    pub ephemeral_storage: String,
    /// Disk in bytes.
    pub storage: String,
    /// Graphics processors.
    #[serde(rename = "GPU")]
    pub gpu: String,
}

impl Default for TaskResourceSpec {
    fn default() -> Self {
        let none = || "0".to_owned();
        TaskResourceSpec {
            cpu: none(),
            memory: none(),
            ephemeral_storage: none(),
            storage: none(),
            gpu: none(),
        }
    }
}

/// The plugins that run a type of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskPluginImpl {
    /// In order of preference.
    #[serde(rename = "PluginIDs")]
    pub plugin_ids: Vec<String>,
    /// What to do when none of them is there: 0 fails the task, 1 uses the default plugin.
    pub missing_plugin_behavior: i32,
}

/// Names and values of environment variables.
pub type EnvironmentVariables = BTreeMap<String, String>;

/// The execution that a recovery starts from.
pub type RecoveryExecution = ExecutionId;

/// Where tasks put bulk data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RawOutputDataConfig {
    /// A URI prefix; empty is the driver's default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output_location_prefix: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_flytes_names() {
        let object = FlyteWorkflow {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            metadata: Metadata { name: "e".into(), namespace: "p-d".into(), ..Default::default() },
            execution_id: ExecutionId { project: "p".into(), domain: "d".into(), name: "e".into() },
            workflow_closure_reference: "file:///c".into(),
            offloaded_inputs: "file:///i".into(),
            accepted_at: "2026-01-01T00:00:00Z".into(),
            execution_config: ExecutionConfig { max_parallelism: 25, ..Default::default() },
            ..FlyteWorkflow::default()
        };
        let json = serde_json::to_value(&object).unwrap();
        assert_eq!(json["executionConfig"]["MaxParallelism"], 25);
        assert_eq!(json["executionConfig"]["Interruptible"], serde_json::Value::Null);
        assert_eq!(json["workflowClosureReference"], "file:///c");
        assert_eq!(json["executionConfig"]["RecoveryExecution"], serde_json::json!({}));
        assert_eq!(json["rawOutputDataConfig"], serde_json::json!({}));
        assert_eq!(serde_json::from_value::<FlyteWorkflow>(json).unwrap(), object);
    }
}
