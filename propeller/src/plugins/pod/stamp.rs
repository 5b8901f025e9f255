//! Names, labels, annotations and the owner of an attempt's object.

use std::collections::BTreeMap;

use aileron_idl::core::K8sObjectMetadata;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::super::TaskView;
use super::source::Source;
use super::{PRIMARY, is_raw};

/// Longest label.
const LABEL: usize = 63;

/// The pod as it is created.
pub(super) fn stamped(view: &TaskView<'_>, source: Source) -> Pod {
    // What a copilot takes from a container comes after that has ended: the pod's end counts.
    let names_primary = view.task.r#type == "sidecar"
        || source.spec.containers.len() == 1 && !is_raw(view.task) && source.data.is_none();
    let primary = names_primary.then_some(source.primary.as_str());
    Pod { metadata: metadata(view, &source.metadata, primary), spec: Some(source.spec), status: None }
}

/// The metadata of an attempt's object, with these of its own; a pod's may name its primary container.
pub(crate) fn metadata(view: &TaskView<'_>, own: &K8sObjectMetadata, primary: Option<&str>) -> ObjectMeta {
    let names = view.values.names;
    let (labels, annotations) = marks(view, own, primary);
    ObjectMeta {
        name: Some(dns_name(&names.generated_name)),
        namespace: Some(names.namespace.clone()),
        labels: Some(labels),
        annotations: Some(annotations),
        owner_references: Some(vec![view.execution.owner.clone()]),
        ..Default::default()
    }
}

/// The metadata of a pod that an operator makes: it gives it name and owner.
pub(crate) fn metadata_of_part(view: &TaskView<'_>, own: &K8sObjectMetadata) -> ObjectMeta {
    let (labels, annotations) = marks(view, own, None);
    ObjectMeta { labels: Some(labels), annotations: Some(annotations), ..Default::default() }
}

type Marks = BTreeMap<String, String>;

/// Labels and annotations: the platform's, the object's own, the task's, the execution's, then ours.
fn marks(view: &TaskView<'_>, own: &K8sObjectMetadata, primary: Option<&str>) -> (Marks, Marks) {
    let mut annotations = view.config.default_annotations.clone();
    annotations.extend(own.annotations.clone());
    annotations.extend(primary.map(|name| (PRIMARY.to_owned(), name.to_owned())));
    let mut labels = view.config.default_labels.clone();
    labels.extend(own.labels.clone());
    let task = view.task.metadata.as_ref().and_then(|metadata| metadata.metadata.as_ref());
    if let Some(task) = task {
        annotations.extend(task.annotations.clone());
        labels.extend(task.labels.clone());
    }
    annotations.extend(view.execution.annotations.clone());
    labels.extend(view.execution.labels.clone());
    labels.extend(own_labels(view));
    (labels, annotations)
}

fn own_labels(view: &TaskView<'_>) -> BTreeMap<String, String> {
    let labels = [
        ("node-id", label(view.node_id)),
        ("task-name", label(&view.identity.task.name)),
        ("interruptible", view.interruptible.to_string()),
    ];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A text as a label has it: lower case, dashes for what labels do not have.
pub(super) fn label(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = text.chars().map(plain).collect();
    let short: String = text.trim_matches('-').chars().take(LABEL).collect();
    short.trim_end_matches('-').to_owned()
}

/// A name that Kubernetes takes. Those of executions and nodes mostly are one.
pub(crate) fn dns_name(name: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || c == '.' => c,
        _ => '-',
    };
    let name: String = name.chars().map(plain).collect();
    name.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_names_are_what_kubernetes_takes() {
        assert_eq!(label("programs.two_Tasks"), "programs-two-tasks");
        assert_eq!(label("_x_"), "x");
        assert_eq!(label(&"a.".repeat(60)).len(), 63);
        assert_eq!(dns_name("E-n0_1-0"), "e-n0-1-0");
    }
}
