//! The namespace of a project and domain, made when it is first needed.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aileron_server::HandoverError;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};

use super::{FIELD_MANAGER, Templates, refusal};

/// Makes namespaces, and remembers which are there.
#[derive(Debug)]
pub(super) struct Namespaces {
    templates: Templates,
    made: Mutex<HashSet<String>>,
}

/// Whose namespace it is, and what templates are filled with there.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub(super) namespace: String,
    pub(super) project: String,
    pub(super) domain: String,
    pub(super) values: BTreeMap<String, String>,
}

impl Namespaces {
    pub(super) fn new(templates: Templates) -> Namespaces {
        Namespaces { templates, made: Mutex::default() }
    }

    /// Whether it was seen to be there.
    pub(super) fn is_known(&self, namespace: &str) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(namespace)
    }

    /// Makes the namespace and what the templates put into it. What is there is brought to what they say.
    pub(super) async fn make(&self, client: &Client, tenant: &Tenant) -> Result<(), HandoverError> {
        let namespaces: Api<Namespace> = Api::all(client.clone());
        match namespaces.create(&PostParams::default(), &namespace(tenant)).await {
            Ok(_) => {}
            Err(error) if refusal::is_there(&error) => {}
            Err(error) => return Err(refusal::of(error)),
        }
        let objects = self.templates.fill(&tenant.all_values()).map_err(|error| HandoverError::Refused {
            code: "BadNamespaceTemplate".to_owned(),
            message: format!("the namespace `{}` cannot be set up: {error:#}", tenant.namespace),
        })?;
        for object in objects {
            apply(client, &tenant.namespace, object).await?;
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.namespace.clone());
        Ok(())
    }

    /// It may have gone.
    pub(super) fn forget(&self, namespace: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(namespace);
    }
}

impl Tenant {
    fn all_values(&self) -> BTreeMap<String, String> {
        let own = [("namespace", &self.namespace), ("project", &self.project), ("domain", &self.domain)];
        let own = own.map(|(name, value)| (name.to_owned(), value.clone()));
        self.values.clone().into_iter().chain(own).collect()
    }
}

fn namespace(tenant: &Tenant) -> Namespace {
    let labels = [
        ("project", &tenant.project),
        ("domain", &tenant.domain),
        ("app.kubernetes.io/managed-by", &"aileron".to_owned()),
    ];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.clone())).into();
    let metadata =
        ObjectMeta { name: Some(tenant.namespace.clone()), labels: Some(labels), ..ObjectMeta::default() };
    Namespace { metadata, ..Namespace::default() }
}

async fn apply(client: &Client, namespace: &str, object: DynamicObject) -> Result<(), HandoverError> {
    let refused =
        |message: String| HandoverError::Refused { code: "BadNamespaceTemplate".to_owned(), message };
    let (Some(types), Some(name)) = (object.types.clone(), object.metadata.name.clone()) else {
        return Err(refused("a namespace template has no apiVersion, kind or name".to_owned()));
    };
    let kind = GroupVersionKind::try_from(&types).map_err(|error| refused(error.to_string()))?;
    let (resource, able) = kube::discovery::pinned_kind(client, &kind).await.map_err(refusal::of)?;
    let api: Api<DynamicObject> = match able.scope {
        kube::discovery::Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
        kube::discovery::Scope::Cluster => Api::all_with(client.clone(), &resource),
    };
    let params = PatchParams::apply(FIELD_MANAGER).force();
    api.patch(&name, &params, &Patch::Apply(&object)).await.map(drop).map_err(refusal::of)
}
