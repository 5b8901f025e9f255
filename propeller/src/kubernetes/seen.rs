//! An object of a task as the driver sees it: what it is, and how it stands.
//!
//! Most of an object is what it was asked for, and who wrote which field. Nobody here reads that again, and thousands
//! may be under way: it is passed over while the answer is read, and never lies in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use kube::Resource;
use kube::api::{ApiResource, DynamicObject, TypeMeta};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// An object; whole when it is to be made, and what is read of it when the API server tells of it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Seen(DynamicObject);

impl Seen {
    /// What is to be made.
    pub(super) fn whole(object: DynamicObject) -> Seen {
        Seen(object)
    }
}

impl Deref for Seen {
    type Target = DynamicObject;

    fn deref(&self) -> &DynamicObject {
        &self.0
    }
}

impl Resource for Seen {
    type DynamicType = ApiResource;
    type Scope = <DynamicObject as Resource>::Scope;

    fn kind(of: &ApiResource) -> Cow<'_, str> {
        DynamicObject::kind(of)
    }

    fn group(of: &ApiResource) -> Cow<'_, str> {
        DynamicObject::group(of)
    }

    fn version(of: &ApiResource) -> Cow<'_, str> {
        DynamicObject::version(of)
    }

    fn plural(of: &ApiResource) -> Cow<'_, str> {
        DynamicObject::plural(of)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }
}

/// What is read of an object. Of operators' objects that is the status alone; of a pod, its log links name the node too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    containers: Vec<Named>,
}

#[derive(Deserialize, Serialize)]
struct Named {
    name: String,
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seen, D::Error> {
        Read::deserialize(deserializer).map(|read| Seen(read.into()))
    }
}

impl From<Read> for DynamicObject {
    fn from(read: Read) -> DynamicObject {
        let types = TypeMeta { api_version: read.api_version, kind: read.kind };
        let mut data = json!({ "spec": read.spec });
        if !read.status.is_null() {
            data["status"] = read.status;
        }
        // Items of a list do not say what they are.
        let types = (!types.kind.is_empty()).then_some(types);
        DynamicObject { types, metadata: read.metadata.into(), data }
    }
}

impl From<Metadata> for ObjectMeta {
    fn from(read: Metadata) -> ObjectMeta {
        ObjectMeta {
            name: read.name,
            namespace: read.namespace,
            uid: read.uid,
            resource_version: read.resource_version,
            creation_timestamp: read.creation_timestamp,
            deletion_timestamp: read.deletion_timestamp,
            labels: read.labels,
            annotations: read.annotations,
            owner_references: read.owner_references,
            ..ObjectMeta::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reads_is_not_kept() {
        let told = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "p", "namespace": "ns", "uid": "u", "resourceVersion": "7",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": {"l": "1"}, "annotations": {"a": "2"},
                "ownerReferences": [{"apiVersion": "v", "kind": "k", "name": "n", "uid": "o"}],
                "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {
                "nodeName": "node", "hostname": "host", "volumes": [{"name": "v"}],
                "containers": [{"name": "main", "image": "i", "env": [{"name": "N", "value": "v"}]}],
            },
            "status": {"phase": "Running", "conditions": []},
        });
        let mut kept = told.clone();
        kept["metadata"].as_object_mut().unwrap().remove("managedFields");
        kept["spec"] = json!({"nodeName": "node", "hostname": "host", "containers": [{"name": "main"}]});
        let seen: Seen = serde_json::from_value(told).unwrap();
        assert_eq!(serde_json::to_value(&seen).unwrap(), kept);
    }

    #[test]
    fn an_object_may_have_neither_status_nor_kind() {
        let seen: Seen = serde_json::from_str(r#"{"metadata": {"name": "p"}}"#).unwrap();
        assert!(seen.types.is_none() && seen.data.get("status").is_none());
        assert_eq!(seen.meta().name.as_deref(), Some("p"));
    }
}
