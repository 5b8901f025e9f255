//! What containers ask for, and the most they may have.
//!
//! For each resource the first of these counts: this use of the task, the task's container, the pod template,
//! the execution's defaults, the platform's. What is asked for without a limit is also the limit, and a limit
//! alone is asked for; neither exceeds the most that the execution allows. Processors and memory are always set
//! for the primary container; other containers are only held to the most.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aileron_crd::TaskResourceSpec;
use aileron_idl::core::Resources;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::super::config::Config;
use super::super::{BuildError, TaskView};
use super::source::Source;
use super::{containers, template};

const CPU: &str = "cpu";
const MEMORY: &str = "memory";
const DISK: &str = "ephemeral-storage";
/// A name that stands for whatever GPUs are called.
const GPU: &str = "gpu";

type Quantities = BTreeMap<String, Quantity>;

/// A task's resources as Kubernetes has them.
pub(crate) fn of_task(found: &Resources, config: &Config) -> ResourceRequirements {
    let list = |entries: &[ResourceEntry]| {
        let entry =
            |entry: &ResourceEntry| Some((name(entry.name(), config)?, Quantity(entry.value.clone())));
        Some(entries.iter().filter_map(entry).collect::<Quantities>()).filter(|list| !list.is_empty())
    };
    ResourceRequirements { requests: list(&found.requests), limits: list(&found.limits), claims: None }
}

fn name(name: ResourceName, config: &Config) -> Option<String> {
    match name {
        ResourceName::Cpu => Some(CPU.to_owned()),
        ResourceName::Memory => Some(MEMORY.to_owned()),
        ResourceName::Gpu => Some(config.gpu_resource_name.clone()),
        ResourceName::EphemeralStorage => Some(DISK.to_owned()),
        ResourceName::Storage => Some("storage".to_owned()),
        ResourceName::Unknown => None,
    }
}

/// Settles the resources of all containers of the pod.
pub(super) fn settle(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    let overrides = view.overrides.and_then(|overrides| overrides.resources.as_ref());
    let overrides = overrides.map(|found| of_task(found, view.config));
    let primary = source.primary.clone();
    let template = view.pod_template.and_then(|template| template.template.as_ref()?.spec.as_ref());
    let seeds = template.map(|spec| spec.containers.clone()).unwrap_or_default();
    for container in containers(&mut source.spec) {
        let mut found = container.resources.take().unwrap_or_default();
        rename_gpus(&mut found, view.config);
        let is_primary = container.name == primary;
        if is_primary {
            override_with(&mut found, overrides.as_ref());
        }
        for seed in
            template::seeds(&seeds, ["default", "primary"], &container.name, is_primary).into_iter().rev()
        {
            put_below(&mut found, seed.resources.as_ref());
        }
        if is_primary {
            fill(&mut found, view)?;
        }
        hold_to(&mut found, &view.execution.resources.limits, &view.config.gpu_resource_name)?;
        let is_empty = found == ResourceRequirements::default();
        container.resources = (!is_empty).then_some(found);
    }
    Ok(())
}

fn rename_gpus(found: &mut ResourceRequirements, config: &Config) {
    for list in [&mut found.requests, &mut found.limits].into_iter().flatten() {
        if let Some(quantity) = list.remove(GPU) {
            list.insert(config.gpu_resource_name.clone(), quantity);
        }
    }
}

fn override_with(found: &mut ResourceRequirements, over: Option<&ResourceRequirements>) {
    let Some(over) = over else { return };
    for (into, from) in [(&mut found.requests, &over.requests), (&mut found.limits, &over.limits)] {
        if let Some(from) = from {
            into.get_or_insert_default().extend(from.clone());
        }
    }
}

fn put_below(found: &mut ResourceRequirements, under: Option<&ResourceRequirements>) {
    let Some(under) = under else { return };
    for (into, from) in [(&mut found.requests, &under.requests), (&mut found.limits, &under.limits)] {
        for (name, quantity) in from.iter().flatten() {
            into.get_or_insert_default().entry(name.clone()).or_insert_with(|| quantity.clone());
        }
    }
}

/// Fills in what is missing: each side from the other, and processors and memory from the defaults.
fn fill(found: &mut ResourceRequirements, view: &TaskView<'_>) -> Result<(), BuildError> {
    let platform = &view.execution.resources.requests;
    let (requests, limits) = (found.requests.get_or_insert_default(), found.limits.get_or_insert_default());
    for (name, platform, default) in [
        (CPU, &platform.cpu, Some(&view.config.default_cpus)),
        (MEMORY, &platform.memory, Some(&view.config.default_memory)),
        (DISK, &platform.ephemeral_storage, None),
    ] {
        if !is_set(name, requests)? && !is_set(name, limits)? {
            let default = if is_nothing(name, platform)? { default } else { Some(platform) };
            if let Some(text) = default {
                requests.insert(name.to_owned(), Quantity(text.clone()));
            }
        }
    }
    let names: Vec<String> = requests.keys().chain(limits.keys()).cloned().collect();
    for name in names {
        if !is_set(&name, requests)?
            && let Some(limit) = limits.get(&name)
        {
            requests.insert(name.clone(), limit.clone());
        }
        if !is_set(&name, limits)?
            && let Some(request) = requests.get(&name)
        {
            limits.insert(name, request.clone());
        }
    }
    Ok(())
}

fn is_set(name: &str, list: &Quantities) -> Result<bool, BuildError> {
    list.get(name).map_or(Ok(false), |Quantity(text)| Ok(!is_nothing(name, text)?))
}

fn is_nothing(name: &str, text: &str) -> Result<bool, BuildError> {
    Ok(text.is_empty() || amount(name, text)? == 0.0)
}

/// Nothing above the most, and nothing asked for above its limit.
fn hold_to(found: &mut ResourceRequirements, most: &TaskResourceSpec, gpu: &str) -> Result<(), BuildError> {
    let most = [(CPU, &most.cpu), (MEMORY, &most.memory), (DISK, &most.ephemeral_storage), (gpu, &most.gpu)];
    for list in [&mut found.requests, &mut found.limits].into_iter().flatten() {
        for (name, most) in most {
            if !is_nothing(name, most)?
                && let Some(quantity) = list.get_mut(name)
            {
                lower(name, quantity, most)?;
            }
        }
    }
    let (Some(requests), Some(limits)) = (&mut found.requests, &found.limits) else { return Ok(()) };
    for (name, request) in requests {
        if let Some(Quantity(limit)) = limits.get(name) {
            lower(name, request, limit)?;
        }
    }
    Ok(())
}

fn lower(name: &str, quantity: &mut Quantity, most: &str) -> Result<(), BuildError> {
    if amount(name, &quantity.0)?.total_cmp(&amount(name, most)?) == Ordering::Greater {
        *quantity = Quantity(most.to_owned());
    }
    Ok(())
}

/// How much a quantity is. What differs by less than a part in 10^15 counts as equal.
pub(crate) fn amount(resource: &str, text: &str) -> Result<f64, BuildError> {
    let wrong = || BuildError::Quantity { resource: resource.to_owned(), text: text.to_owned() };
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')));
    let (number, suffix) = text.split_at(end.unwrap_or(text.len()));
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(|power| power.parse::<i32>().ok());
    let factor = match (suffix, exponent) {
        (_, Some(power)) => 10_f64.powi(power),
        ("", _) => 1.0,
        ("n", _) => 1e-9,
        ("u", _) => 1e-6,
        ("m", _) => 1e-3,
        ("k", _) => 1e3,
        ("M", _) => 1e6,
        ("G", _) => 1e9,
        ("T", _) => 1e12,
        ("P", _) => 1e15,
        ("E", _) => 1e18,
        ("Ki", _) => 1024.0,
        ("Mi", _) => 1024_f64.powi(2),
        ("Gi", _) => 1024_f64.powi(3),
        ("Ti", _) => 1024_f64.powi(4),
        ("Pi", _) => 1024_f64.powi(5),
        ("Ei", _) => 1024_f64.powi(6),
        _ => return Err(wrong()),
    };
    Ok(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare_whatever_their_suffix() {
        for (less, more) in [("500m", "1"), ("1", "1e3"), ("1000Mi", "1Gi"), ("1G", "1Gi"), ("0.5", "501m")] {
            assert!(amount("cpu", less).unwrap() < amount("cpu", more).unwrap(), "{less} {more}");
        }
        assert_eq!(amount("cpu", "1000m").unwrap().total_cmp(&amount("cpu", "1").unwrap()), Ordering::Equal);
        for wrong in ["", "much", "1Xi", "m"] {
            assert!(amount("cpu", wrong).is_err(), "{wrong}");
        }
    }
}
