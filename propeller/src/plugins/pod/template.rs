//! A pod template of the cluster below what the task says: the task's values win, lists are joined.
//!
//! The template's container `default` is below every container, its `primary` below the primary one, and one of
//! the same name below that one; `default-init` and `primary-init` are the same for init containers. Other
//! containers of the template are left out.

use k8s_openapi::api::core::v1::{Container, PodTemplate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::BuildError;
use super::container::last_of_each;
use super::source::Source;

/// Names of a template's containers: below every container, and below the primary one.
const CONTAINERS: [&str; 2] = ["default", "primary"];
const INIT_CONTAINERS: [&str; 2] = ["default-init", "primary-init"];

/// Puts a template below the pod.
pub(super) fn put_below(source: &mut Source, template: &PodTemplate) -> Result<(), BuildError> {
    let Some(template) = &template.template else { return Ok(()) };
    if let Some(metadata) = &template.metadata {
        below(&mut source.metadata.labels, metadata.labels.as_ref());
        below(&mut source.metadata.annotations, metadata.annotations.as_ref());
    }
    let Some(mut under) = template.spec.clone() else { return Ok(()) };
    let primary = source.primary.clone();
    let seeds = std::mem::take(&mut under.containers);
    let init_seeds = under.init_containers.take().unwrap_or_default();
    let containers = std::mem::take(&mut source.spec.containers);
    let init_containers = source.spec.init_containers.take();
    let mut merged: k8s_openapi::api::core::v1::PodSpec = merged(&under, &source.spec)?;
    merged.containers = seeded(containers, &seeds, CONTAINERS, &primary)?;
    merged.init_containers =
        init_containers.map(|list| seeded(list, &init_seeds, INIT_CONTAINERS, &primary)).transpose()?;
    source.spec = merged;
    Ok(())
}

/// What a template says below a container, from the lowest.
pub(super) fn seeds<'a>(
    template: &'a [Container],
    [all, primary]: [&str; 2],
    name: &str,
    is_primary: bool,
) -> Vec<&'a Container> {
    let of = |wanted: &str| template.iter().find(|container| container.name == wanted);
    let below =
        [of(all), of(primary).filter(|_| is_primary), of(name).filter(|_| name != all && name != primary)];
    below.into_iter().flatten().collect()
}

fn seeded(
    containers: Vec<Container>,
    template: &[Container],
    names: [&str; 2],
    primary: &str,
) -> Result<Vec<Container>, BuildError> {
    let seed = |container: Container| {
        let under = seeds(template, names, &container.name, container.name == primary);
        let start = Container { name: container.name.clone(), ..Default::default() };
        let below = under.into_iter().try_fold(start, |below, seed| merged::<Container>(&below, seed))?;
        let mut made: Container = merged(&below, &container)?;
        made.env = made.env.map(last_of_each);
        Ok(made)
    };
    containers.into_iter().map(seed).collect()
}

fn below(
    own: &mut std::collections::BTreeMap<String, String>,
    under: Option<&std::collections::BTreeMap<String, String>>,
) {
    for (name, value) in under.into_iter().flatten() {
        own.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

pub(super) fn merged<T: Serialize + DeserializeOwned>(under: &T, over: &T) -> Result<T, BuildError> {
    let shape = |source| BuildError::Shape { place: "the pod template", source };
    let mut value = serde_json::to_value(under).map_err(shape)?;
    merge(&mut value, serde_json::to_value(over).map_err(shape)?);
    serde_json::from_value(value).map_err(shape)
}

/// What is over wins; objects are merged name by name, lists joined.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                merge(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(under), Value::Array(over)) => under.extend(over),
        (under, over) => *under = over,
    }
}
