//! A launch's request as protobuf JSON, for `grpcurl`.
//!
//! Written by hand, because the descriptors that the server writes JSON by weigh more than the page. A test holds the
//! two against each other.

use aileron_idl::admin::{ExecutionCreateRequest, ExecutionSpec, execution_spec, notification};
use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{
    BlobType, Identifier, Literal, LiteralMap, LiteralType, Primitive, Scalar, SimpleType,
    StructuredDatasetType, quality_of_service, workflow_execution,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_types::value::Kind;
use serde_json::{Map, Value as Json, json};

use crate::model::time::rfc3339;

/// The request. Parts that the form cannot make are left out, and named.
pub fn request(request: &ExecutionCreateRequest) -> Json {
    let mut fields = Map::new();
    put(&mut fields, "project", request.project.as_str().into());
    put(&mut fields, "domain", request.domain.as_str().into());
    put(&mut fields, "name", request.name.as_str().into());
    if let Some(spec) = &request.spec {
        fields.insert("spec".into(), of_spec(spec));
    }
    if let Some(inputs) = &request.inputs {
        fields.insert("inputs".into(), literal_map(inputs));
    }
    Json::Object(fields)
}

/// Leaves out what is empty, as the encoding does.
fn put(fields: &mut Map<String, Json>, name: &str, value: Json) {
    let is_empty = match &value {
        Json::Null => true,
        Json::Bool(truth) => !truth,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
    };
    if !is_empty {
        fields.insert(name.to_owned(), value);
    }
}

fn of_spec(spec: &ExecutionSpec) -> Json {
    let mut fields = Map::new();
    if let Some(id) = &spec.launch_plan {
        fields.insert("launchPlan".into(), identifier(id));
    }
    let pairs = |values: Vec<(String, String)>| json!({ "values": values.into_iter().collect::<std::collections::BTreeMap<_, _>>() });
    if let Some(labels) = &spec.labels {
        fields.insert("labels".into(), pairs(labels.values.clone().into_iter().collect()));
    }
    if let Some(annotations) = &spec.annotations {
        fields.insert("annotations".into(), pairs(annotations.values.clone().into_iter().collect()));
    }
    if let Some(envs) = &spec.envs {
        let values: Vec<_> =
            envs.values.iter().map(|pair| json!({"key": pair.key, "value": pair.value})).collect();
        fields.insert("envs".into(), json!({ "values": values }));
    }
    #[expect(deprecated, reason = "clients send tags all the same")]
    put(&mut fields, "tags", spec.tags.clone().into());
    put(&mut fields, "maxParallelism", spec.max_parallelism.into());
    if let Some(interruptible) = spec.interruptible {
        fields.insert("interruptible".into(), interruptible.into());
    }
    put(&mut fields, "overwriteCache", spec.overwrite_cache.into());
    if let Some(config) = &spec.raw_output_data_config {
        fields.insert(
            "rawOutputDataConfig".into(),
            json!({"outputLocationPrefix": config.output_location_prefix}),
        );
    }
    if let Some(identity) = spec.security_context.as_ref().and_then(|context| context.run_as.as_ref()) {
        let mut run_as = Map::new();
        put(&mut run_as, "iamRole", identity.iam_role.as_str().into());
        put(&mut run_as, "k8sServiceAccount", identity.k8s_service_account.as_str().into());
        fields.insert("securityContext".into(), json!({ "runAs": run_as }));
    }
    if let Some(assignment) = &spec.cluster_assignment {
        fields.insert("clusterAssignment".into(), json!({"clusterPoolName": assignment.cluster_pool_name}));
    }
    if let Some(label) = &spec.execution_cluster_label {
        fields.insert("executionClusterLabel".into(), json!({"value": label.value}));
    }
    if let Some(quality_of_service::Designation::Tier(tier)) =
        spec.quality_of_service.as_ref().and_then(|quality| quality.designation.as_ref())
    {
        let tier = quality_of_service::Tier::try_from(*tier).unwrap_or_default();
        fields.insert("qualityOfService".into(), json!({"tier": tier.as_str_name()}));
    }
    notifications(spec, &mut fields);
    Json::Object(fields)
}

fn notifications(spec: &ExecutionSpec, fields: &mut Map<String, Json>) {
    match &spec.notification_overrides {
        Some(execution_spec::NotificationOverrides::DisableAll(truth)) => {
            fields.insert("disableAll".into(), (*truth).into());
        }
        Some(execution_spec::NotificationOverrides::Notifications(list)) => {
            let one = |one: &aileron_idl::admin::Notification| {
                let phases =
                    one.phases.iter().filter_map(|phase| workflow_execution::Phase::try_from(*phase).ok());
                let phases: Vec<_> = phases.map(|phase| phase.as_str_name()).collect();
                match &one.r#type {
                    Some(notification::Type::Email(mail)) => {
                        json!({"phases": phases, "email": {"recipientsEmail": mail.recipients_email}})
                    }
                    _ => json!({ "phases": phases }),
                }
            };
            let list: Vec<_> = list.notifications.iter().map(one).collect();
            fields.insert("notifications".into(), json!({ "notifications": list }));
        }
        None => {}
    }
}

fn identifier(id: &Identifier) -> Json {
    let mut fields = Map::new();
    let kind = aileron_idl::core::ResourceType::try_from(id.resource_type).unwrap_or_default();
    if id.resource_type != 0 {
        fields.insert("resourceType".into(), kind.as_str_name().into());
    }
    for (name, text) in
        [("project", &id.project), ("domain", &id.domain), ("name", &id.name), ("version", &id.version)]
    {
        put(&mut fields, name, text.as_str().into());
    }
    Json::Object(fields)
}

fn literal_map(map: &LiteralMap) -> Json {
    let literals: Map<String, Json> =
        map.literals.iter().map(|(name, one)| (name.clone(), literal(one))).collect();
    let mut fields = Map::new();
    put(&mut fields, "literals", Json::Object(literals));
    Json::Object(fields)
}

fn literal(of: &Literal) -> Json {
    let mut fields = Map::new();
    match &of.value {
        Some(LiteralValue::Scalar(one)) => drop(fields.insert("scalar".into(), scalar(one))),
        Some(LiteralValue::Collection(list)) => {
            let mut inner = Map::new();
            put(&mut inner, "literals", list.literals.iter().map(literal).collect());
            fields.insert("collection".into(), Json::Object(inner));
        }
        Some(LiteralValue::Map(map)) => drop(fields.insert("map".into(), literal_map(map))),
        Some(LiteralValue::OffloadedMetadata(data)) => {
            let mut inner = Map::new();
            put(&mut inner, "uri", data.uri.as_str().into());
            put(&mut inner, "sizeBytes", whole(data.size_bytes.to_string()));
            put(
                &mut inner,
                "inferredType",
                data.inferred_type.as_ref().map(literal_type).unwrap_or_default(),
            );
            fields.insert("offloadedMetadata".into(), Json::Object(inner));
        }
        None => {}
    }
    put(&mut fields, "hash", of.hash.as_str().into());
    let metadata = of.metadata.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
    put(&mut fields, "metadata", Json::Object(metadata));
    Json::Object(fields)
}

/// 64-bit numbers are texts.
fn whole(number: String) -> Json {
    if number == "0" { Json::Null } else { number.into() }
}

fn scalar(of: &Scalar) -> Json {
    match &of.value {
        None => json!({}),
        Some(ScalarValue::Primitive(one)) => json!({ "primitive": primitive(one) }),
        Some(ScalarValue::NoneType(_)) => json!({"noneType": {}}),
        Some(ScalarValue::Binary(binary)) => {
            let mut fields = Map::new();
            put(&mut fields, "value", STANDARD.encode(&binary.value).into());
            put(&mut fields, "tag", binary.tag.as_str().into());
            json!({ "binary": fields })
        }
        Some(ScalarValue::Blob(blob)) => {
            let mut fields = Map::new();
            if let Some(metadata) = &blob.metadata {
                let kind = metadata.r#type.as_ref().map(|kind| json!({ "type": blob_type(kind) }));
                fields.insert("metadata".into(), kind.unwrap_or_else(|| json!({})));
            }
            put(&mut fields, "uri", blob.uri.as_str().into());
            json!({ "blob": fields })
        }
        Some(ScalarValue::Schema(schema)) => json!({"schema": {"uri": schema.uri, "type": {}}}),
        Some(ScalarValue::Error(error)) => {
            json!({"error": {"message": error.message, "failedNodeId": error.failed_node_id}})
        }
        Some(ScalarValue::Generic(fields)) => json!({ "generic": structure(fields) }),
        Some(ScalarValue::StructuredDataset(dataset)) => {
            let mut fields = Map::new();
            put(&mut fields, "uri", dataset.uri.as_str().into());
            if let Some(metadata) = &dataset.metadata {
                let kind = metadata.structured_dataset_type.as_ref();
                fields.insert(
                    "metadata".into(),
                    kind.map(|kind| json!({"structuredDatasetType": dataset_type(kind)}))
                        .unwrap_or_else(|| json!({})),
                );
            }
            json!({ "structuredDataset": fields })
        }
        Some(ScalarValue::Union(union)) => {
            let value = union.value.as_deref().map(literal).unwrap_or_default();
            json!({"union": {"value": value, "type": union.r#type.as_ref().map(literal_type).unwrap_or_default()}})
        }
    }
}

fn primitive(of: &Primitive) -> Json {
    match &of.value {
        None => json!({}),
        Some(PrimitiveValue::Integer(number)) => json!({"integer": number.to_string()}),
        Some(PrimitiveValue::FloatValue(number)) => match serde_json::Number::from_f64(*number) {
            Some(number) => json!({ "floatValue": number }),
            None => {
                json!({"floatValue": if number.is_nan() { "NaN" } else if *number > 0.0 { "Infinity" } else { "-Infinity" }})
            }
        },
        Some(PrimitiveValue::StringValue(text)) => json!({ "stringValue": text }),
        Some(PrimitiveValue::Boolean(truth)) => json!({ "boolean": truth }),
        Some(PrimitiveValue::Datetime(at)) => json!({"datetime": rfc3339(at)}),
        Some(PrimitiveValue::Duration(span)) => {
            let nanos = match span.nanos {
                0 => String::new(),
                nanos => format!(".{:09}", nanos.unsigned_abs()).trim_end_matches('0').to_owned(),
            };
            let sign = if span.seconds < 0 || span.nanos < 0 { "-" } else { "" };
            json!({"duration": format!("{sign}{}{nanos}s", span.seconds.unsigned_abs())})
        }
    }
}

fn literal_type(of: &LiteralType) -> Json {
    let mut fields = Map::new();
    match &of.r#type {
        Some(Type::Simple(number)) => {
            let kind = SimpleType::try_from(*number).unwrap_or_default();
            fields.insert("simple".into(), kind.as_str_name().into());
        }
        Some(Type::CollectionType(inner)) => {
            drop(fields.insert("collectionType".into(), literal_type(inner)));
        }
        Some(Type::MapValueType(inner)) => drop(fields.insert("mapValueType".into(), literal_type(inner))),
        Some(Type::UnionType(union)) => {
            let variants: Vec<_> = union.variants.iter().map(literal_type).collect();
            fields.insert("unionType".into(), json!({ "variants": variants }));
        }
        Some(Type::EnumType(values)) => {
            drop(fields.insert("enumType".into(), json!({"values": values.values})));
        }
        Some(Type::Blob(kind)) => drop(fields.insert("blob".into(), blob_type(kind))),
        Some(Type::Schema(_)) => drop(fields.insert("schema".into(), json!({}))),
        Some(Type::StructuredDatasetType(kind)) => {
            fields.insert("structuredDatasetType".into(), dataset_type(kind));
        }
        None => {}
    }
    if let Some(metadata) = &of.metadata {
        fields.insert("metadata".into(), structure(metadata));
    }
    if let Some(annotations) = of.annotation.as_ref().and_then(|annotation| annotation.annotations.as_ref()) {
        fields.insert("annotation".into(), json!({"annotations": structure(annotations)}));
    }
    if let Some(of) = &of.structure {
        let mut inner = Map::new();
        put(&mut inner, "tag", of.tag.as_str().into());
        let parts: Map<String, Json> =
            of.dataclass_type.iter().map(|(name, one)| (name.clone(), literal_type(one))).collect();
        put(&mut inner, "dataclassType", Json::Object(parts));
        fields.insert("structure".into(), Json::Object(inner));
    }
    Json::Object(fields)
}

fn blob_type(of: &BlobType) -> Json {
    let mut fields = Map::new();
    put(&mut fields, "format", of.format.as_str().into());
    if of.dimensionality == 1 {
        fields.insert("dimensionality".into(), "MULTIPART".into());
    }
    Json::Object(fields)
}

fn dataset_type(of: &StructuredDatasetType) -> Json {
    let mut fields = Map::new();
    let column = |column: &aileron_idl::core::structured_dataset_type::DatasetColumn| json!({"name": column.name, "literalType": column.literal_type.as_ref().map(literal_type).unwrap_or_default()});
    put(&mut fields, "columns", of.columns.iter().map(column).collect());
    put(&mut fields, "format", of.format.as_str().into());
    put(&mut fields, "externalSchemaType", of.external_schema_type.as_str().into());
    put(&mut fields, "externalSchemaBytes", STANDARD.encode(&of.external_schema_bytes).into());
    Json::Object(fields)
}

fn structure(of: &prost_types::Struct) -> Json {
    of.fields.iter().map(|(name, one)| (name.clone(), value(one))).collect()
}

fn value(of: &prost_types::Value) -> Json {
    match &of.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::NumberValue(number)) => json!(number),
        Some(Kind::StringValue(text)) => text.as_str().into(),
        Some(Kind::BoolValue(truth)) => (*truth).into(),
        Some(Kind::StructValue(fields)) => structure(fields),
        Some(Kind::ListValue(list)) => list.values.iter().map(value).collect(),
    }
}

#[cfg(test)]
mod tests {
    use aileron_compiler::values;

    use super::super::options::Options;
    use super::super::shape::tests::{dataclass, simple, union};
    use super::*;

    #[test]
    fn it_is_read_as_the_same_request() {
        let order =
            dataclass(&json!({"title": "Order", "type": "object", "properties": {"n": {"type": "integer"}}}));
        let blob = LiteralType {
            r#type: Some(Type::Blob(BlobType { format: "csv".into(), dimensionality: 1 })),
            ..Default::default()
        };
        let cases = [
            (simple(SimpleType::Integer), json!(i64::MAX)),
            (simple(SimpleType::Float), json!("Infinity")),
            (simple(SimpleType::Boolean), json!(false)),
            (simple(SimpleType::Datetime), json!("2026-01-02T03:04:05.5Z")),
            (simple(SimpleType::Duration), json!("-1.5s")),
            (simple(SimpleType::Binary), json!("YWJj")),
            (union(vec![simple(SimpleType::Integer), order]), json!({"n": 4})),
            (union(vec![simple(SimpleType::Integer), simple(SimpleType::None)]), Json::Null),
            (
                LiteralType { r#type: Some(Type::MapValueType(Box::new(blob))), ..Default::default() },
                json!({"a": "s3://b/x"}),
            ),
        ];
        let literals = cases.iter().enumerate().map(|(at, (declared, value))| {
            (
                format!("x{at}"),
                values::from_json(declared, value).unwrap_or_else(|found| panic!("{value}: {found:?}")),
            )
        });
        let mut spec = ExecutionSpec {
            launch_plan: Some(Identifier { resource_type: 3, name: "a".into(), ..Default::default() }),
            ..Default::default()
        };
        let options = Options {
            labels: "a=1".into(),
            envs: "B=2".into(),
            tags: "t".into(),
            max_parallelism: "2".into(),
            interruptible: "false".into(),
            quality: "LOW".into(),
            notifications: "a@b.c".into(),
            service_account: "s".into(),
            cluster_label: "l".into(),
            ..Options::default()
        };
        options.apply(&mut spec).expect("it can be");
        let sent = ExecutionCreateRequest {
            project: "p".into(),
            spec: Some(spec),
            inputs: Some(LiteralMap { literals: literals.collect() }),
            ..Default::default()
        };
        let text = request(&sent).to_string();
        let read: ExecutionCreateRequest =
            aileron_idl::json::from_slice(text.as_bytes()).expect("it is protobuf JSON");
        assert_eq!(read, sent, "{text}");
    }
}
