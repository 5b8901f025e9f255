//! A pod of one container as what a process needs of it. Images and volumes mean nothing on one machine.

use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::{Container, K8sPod, KeyValuePair, Resources};
use k8s_openapi::api::core::v1::{Container as PodContainer, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

use crate::plugins::pod::source::structure;

/// The only container of a pod, or why there is more to it than a process has.
pub(super) fn only_container(pod: &K8sPod) -> Result<Container, String> {
    let spec = pod.pod_spec.as_ref().map(structure).unwrap_or_default();
    let spec: PodSpec =
        serde_json::from_value(spec).map_err(|error| format!("the task's pod is none: {error}"))?;
    let more = spec.containers.len() > 1 || spec.init_containers.is_some_and(|list| !list.is_empty());
    match spec.containers.into_iter().next() {
        None => Err("the task's pod has no container".to_owned()),
        Some(_) if more => Err("the task is a pod of several containers, which takes Kubernetes".to_owned()),
        Some(container) => plain(container),
    }
}

fn plain(container: PodContainer) -> Result<Container, String> {
    let pair = |(key, value): (String, Option<String>)| match value {
        Some(value) => Ok(KeyValuePair { key, value }),
        None => {
            Err(format!("the variable `{key}` of the task's pod comes from Kubernetes, which is not here"))
        }
    };
    let env = container.env.unwrap_or_default().into_iter();
    let env = env.map(|variable| {
        let value = variable.value.or_else(|| variable.value_from.is_none().then(String::new));
        pair((variable.name, value))
    });
    Ok(Container {
        image: container.image.unwrap_or_default(),
        command: container.command.unwrap_or_default(),
        args: container.args.unwrap_or_default(),
        env: env.collect::<Result<_, _>>()?,
        resources: container.resources.map(resources),
        ..Container::default()
    })
}

fn resources(found: ResourceRequirements) -> Resources {
    let list = |found: Option<BTreeMap<String, Quantity>>| {
        let entry = |(name, Quantity(value)): (String, Quantity)| {
            let name = match name.as_str() {
                "cpu" => ResourceName::Cpu,
                "memory" => ResourceName::Memory,
                "ephemeral-storage" => ResourceName::EphemeralStorage,
                _ => return None,
            };
            Some(ResourceEntry { name: name.into(), value })
        };
        found.into_iter().flatten().filter_map(entry).collect()
    };
    Resources { requests: list(found.requests), limits: list(found.limits) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(spec: &Value) -> Result<Container, String> {
        let spec = aileron_idl::json::structure(spec.as_object().unwrap());
        only_container(&K8sPod { pod_spec: Some(spec), ..K8sPod::default() })
    }

    #[test]
    fn a_pod_of_one_container_is_a_process() {
        let found = read(&json!({
            "containers": [{"name": "primary", "image": "i", "command": [], "args": ["sh", "-c", "true"],
                "env": [{"name": "A", "value": "b"}, {"name": "EMPTY"}],
                "resources": {"limits": {"memory": "1Gi", "nvidia.com/gpu": 1}, "requests": {"cpu": "500m"}},
                "volumeMounts": [{"mountPath": "/dev/shm", "name": "shm"}]}],
            "volumes": [{"emptyDir": {"medium": "Memory"}, "name": "shm"}],
        }))
        .unwrap();
        assert_eq!(found.args, ["sh", "-c", "true"]);
        assert_eq!(found.env.iter().map(|pair| pair.value.as_str()).collect::<Vec<_>>(), ["b", ""]);
        let resources = found.resources.unwrap();
        assert_eq!((resources.limits.len(), resources.limits[0].value.as_str()), (1, "1Gi"));
        assert_eq!(resources.requests[0].value, "500m");
    }

    #[test]
    fn what_only_kubernetes_has_is_refused() {
        let secret = json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}});
        for (spec, words) in [
            (json!({"containers": 7}), "the task's pod is none"),
            (json!({"containers": []}), "has no container"),
            (json!({"containers": [{"name": "a"}, {"name": "b"}]}), "several containers"),
            (json!({"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}), "several containers"),
            (
                json!({"containers": [{"name": "a", "env": [secret]}]}),
                "`A` of the task's pod comes from Kubernetes",
            ),
        ] {
            let refusal = read(&spec).unwrap_err();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
