//! The fields of every message that a closure is made of, so that none is forgotten: each line names all
//! fields of its message, and the compiler refuses the line when the message has another.
//!
//! `message!(Name { field, field as Enum } or oneof by key)`: enumerations are shown by name, a oneof's
//! variant is a field of its message, as in protobuf, and `key` names the message among others of a list.

use aileron_idl::core::*;

use super::tree::{Shape, Tree};
use crate::diagnostic::PathStep;

/// One field of a message, unless it has its default value.
fn part<T: Shape + Default + PartialEq>(name: &str, value: &T) -> Option<(PathStep, Tree)> {
    (*value != T::default()).then(|| (step(name), value.tree()))
}

/// A field's name, without what makes it an identifier of Rust.
fn step(name: &str) -> PathStep {
    PathStep::Key(name.trim_start_matches("r#").to_owned())
}

/// A variant's name as the field that it is in protobuf: `K8sPod` is `k8s_pod`.
fn variant(name: &str) -> PathStep {
    let mut field = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !field.is_empty() {
            field.push('_');
        }
        field.extend(letter.to_lowercase());
    }
    PathStep::Key(field)
}

/// The name of an enumeration's value; its number, when this version does not know it.
fn named<E: TryFrom<i32>>(number: i32, name: impl Fn(&E) -> &'static str) -> Tree {
    let name = E::try_from(number).map_or_else(|_| number.to_string(), |value| name(&value).to_owned());
    Tree::Number(name)
}

/// The set variant of a oneof, as a field.
trait Oneof {
    fn part(&self) -> (PathStep, Tree);
}

macro_rules! value {
    ($value:expr) => {
        $value.tree()
    };
    ($value:expr, $enumeration:path) => {
        named($value.to_owned(), <$enumeration>::as_str_name)
    };
}

macro_rules! field {
    ($field:ident) => {
        part(stringify!($field), $field)
    };
    ($field:ident, $enumeration:path) => {
        (*$field != 0).then(|| (step(stringify!($field)), value!($field, $enumeration)))
    };
}

macro_rules! message {
    ($name:path { $($field:ident $(as $enumeration:path)?),* $(,)? } $(or $($oneof:ident),+)? $(by $key:ident)?) => {
        impl Shape for $name {
            fn tree(&self) -> Tree {
                let $name { $($field,)* $($($oneof,)+)? } = self;
                let parts: Vec<Option<(PathStep, Tree)>> = vec![
                    $(field!($field $(, $enumeration)?),)*
                    $($($oneof.as_ref().map(Oneof::part),)+)?
                ];
                Tree::Parts(parts.into_iter().flatten().collect())
            }

            $(fn key(&self) -> Option<String> {
                Some(self.$key.clone())
            })?
        }
    };
}

macro_rules! oneof {
    ($name:path { $($variant:ident $(as $enumeration:path)?),* $(,)? }) => {
        impl Oneof for $name {
            fn part(&self) -> (PathStep, Tree) {
                match self {
                    $(Self::$variant(value) => (variant(stringify!($variant)), value!(value $(, $enumeration)?)),)*
                }
            }
        }
    };
}

message!(WorkflowTemplate { id, metadata, interface, nodes, outputs, failure_node, metadata_defaults });
message!(TaskTemplate {
    id, r#type, metadata, interface, custom, task_type_version, security_context, extended_resources,
    config,
} or target);
message!(LaunchPlanTemplate { id, interface, fixed_inputs });
message!(Identifier { resource_type as ResourceType, project, domain, name, version, org });
message!(WorkflowMetadata { quality_of_service, on_failure as workflow_metadata::OnFailurePolicy, tags });
message!(TypedInterface { inputs, outputs });
message!(Node { id, metadata, inputs, upstream_node_ids, output_aliases } or target by id);
message!(Binding { var, binding } by var);
message!(WorkflowMetadataDefaults { interruptible });
message!(TaskMetadata {
    discoverable, runtime, timeout, retries, discovery_version, deprecated_error_message,
    cache_serializable, tags, pod_template_name, cache_ignore_input_vars, is_eager, generates_deck,
    metadata,
} or interruptible_value);
message!(SecurityContext { run_as, secrets, tokens });
message!(ExtendedResources { gpu_accelerator, shared_memory });
message!(LiteralMap { literals });
message!(Variable { r#type, description, artifact_partial_id, artifact_tag });
message!(QualityOfService {} or designation);
message!(VariableMap { variables });
message!(NodeMetadata {
    name, timeout, retries, config,
} or interruptible_value, cacheable_value, cache_version_value, cache_serializable_value);
message!(Alias { var, alias } by var);
message!(BindingData { union } or value);
message!(RuntimeMetadata { r#type as runtime_metadata::RuntimeType, version, flavor });
message!(RetryStrategy { retries });
message!(K8sObjectMetadata { labels, annotations });
message!(Identity { iam_role, k8s_service_account, oauth2_client, execution_identity });
message!(Secret { group, group_version, key, mount_requirement as secret::MountType, env_var });
message!(OAuth2TokenRequest {
    name, r#type as o_auth2_token_request::Type, client, idp_discovery_endpoint, token_endpoint,
});
message!(GpuAccelerator { device } or partition_size_value);
message!(SharedMemory { mount_path, mount_name, size_limit });
message!(Container {
    image, command, args, resources, env, config, ports, data_config,
    architecture as container::Architecture,
});
message!(K8sPod { metadata, pod_spec, data_config, primary_container_name });
message!(Sql { statement, dialect as sql::Dialect });
message!(Literal { hash, metadata } or value);
message!(LiteralCollection { literals });
message!(LiteralType { metadata, annotation, structure } or r#type);
message!(ArtifactId { artifact_key, version, partitions, time_partition });
message!(ArtifactTag { artifact_key, value });
message!(ArtifactQuery {} or identifier);
message!(TaskNode { overrides } or reference);
message!(WorkflowNode {} or reference);
message!(BranchNode { if_else });
message!(GateNode {} or condition);
message!(ArrayNode {
    node, execution_mode as array_node::ExecutionMode, is_original_sub_node_interface,
    data_mode as array_node::DataMode, bound_inputs, run_all_sub_nodes,
} or parallelism_option, success_criteria);
message!(UnionInfo { target_type });
message!(TypeAnnotation { annotations });
message!(OAuth2Client { client_id, client_secret });
message!(Resources { requests, limits });
message!(KeyValuePair { key, value } by key);
message!(ContainerPort { container_port, name });
message!(DataLoadingConfig {
    enabled, input_path, output_path, format as data_loading_config::LiteralMapFormat, io_strategy,
});
message!(TypeStructure { tag, dataclass_type });
message!(ArtifactKey { project, domain, name, org });
message!(Partitions { value });
message!(TimePartition { value, granularity as Granularity });
message!(LabelValue {} or value);
message!(QualityOfServiceSpec { queueing_budget });
message!(TaskNodeOverrides { resources, extended_resources, container_image, pod_template });
message!(IfElseBlock { case, other } or default);
message!(Scalar {} or value);
message!(BindingDataCollection { bindings });
message!(OutputReference { node_id, var, attr_path });
message!(BindingDataMap { bindings });
message!(LiteralOffloadedMetadata { uri, size_bytes, inferred_type });
message!(resources::ResourceEntry { name as resources::ResourceName, value });
message!(IoStrategy { download_mode as io_strategy::DownloadMode, upload_mode as io_strategy::UploadMode });
message!(SchemaType { columns });
message!(BlobType { format, dimensionality as blob_type::BlobDimensionality });
message!(EnumType { values });
message!(StructuredDatasetType { columns, format, external_schema_type, external_schema_bytes });
message!(UnionType { variants });
message!(ArtifactBindingData { time_transform } or partition_data);
message!(IfBlock { condition, then_node });
message!(ApproveCondition { signal_id });
message!(SignalCondition { signal_id, r#type, output_variable_name });
message!(SleepCondition { duration });
message!(PromiseAttribute {} or value);
message!(schema_type::SchemaColumn { name, r#type as schema_type::schema_column::SchemaColumnType } by name);
message!(structured_dataset_type::DatasetColumn { name, literal_type } by name);
message!(InputBindingData { var });
message!(RuntimeBinding {});
message!(TimeTransform { transform, op as Operator });
message!(BooleanExpression {} or expr);
message!(Error { failed_node_id, message });
message!(Primitive {} or value);
message!(Blob { metadata, uri });
message!(Binary { value, tag });
message!(Schema { uri, r#type });
message!(Void {});
message!(StructuredDataset { uri, metadata });
message!(Union { value, r#type });
message!(BlobMetadata { r#type });
message!(StructuredDatasetMetadata { structured_dataset_type });
message!(ConjunctionExpression {
    operator as conjunction_expression::LogicalOperator, left_expression, right_expression,
});
message!(ComparisonExpression { operator as comparison_expression::Operator, left_value, right_value });
message!(Operand {} or val);

oneof!(task_template::Target { Container, K8sPod, Sql });
oneof!(node::Target { TaskNode, WorkflowNode, BranchNode, GateNode, ArrayNode });
oneof!(task_metadata::InterruptibleValue { Interruptible });
oneof!(quality_of_service::Designation { Tier as quality_of_service::Tier, Spec });
oneof!(node_metadata::InterruptibleValue { Interruptible });
oneof!(node_metadata::CacheableValue { Cacheable });
oneof!(node_metadata::CacheVersionValue { CacheVersion });
oneof!(node_metadata::CacheSerializableValue { CacheSerializable });
oneof!(binding_data::Value { Scalar, Collection, Promise, Map, OffloadedMetadata });
oneof!(gpu_accelerator::PartitionSizeValue { Unpartitioned, PartitionSize });
oneof!(literal::Value { Scalar, Collection, Map, OffloadedMetadata });
oneof!(literal_type::Type {
    Simple as SimpleType, Schema, CollectionType, MapValueType, Blob, EnumType, StructuredDatasetType,
    UnionType,
});
oneof!(artifact_query::Identifier { ArtifactId, ArtifactTag, Uri, Binding });
oneof!(task_node::Reference { ReferenceId });
oneof!(workflow_node::Reference { LaunchplanRef, SubWorkflowRef });
oneof!(gate_node::Condition { Approve, Signal, Sleep });
oneof!(array_node::ParallelismOption { Parallelism });
oneof!(array_node::SuccessCriteria { MinSuccesses, MinSuccessRatio });
oneof!(promise_attribute::Value { StringValue, IntValue });
oneof!(label_value::Value { StaticValue, TimeValue, TriggeredBinding, InputBinding, RuntimeBinding });
oneof!(if_else_block::Default { ElseNode, Error });
oneof!(scalar::Value { Primitive, Blob, Binary, Schema, NoneType, Error, Generic, StructuredDataset, Union });
oneof!(artifact_binding_data::PartitionData { PartitionKey, BindToTimePartition });
oneof!(boolean_expression::Expr { Conjunction, Comparison });
oneof!(primitive::Value { Integer, FloatValue, StringValue, Boolean, Datetime, Duration });
oneof!(operand::Val { Primitive, Var, Scalar });
