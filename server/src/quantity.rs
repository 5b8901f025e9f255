//! What tasks ask for, held against what the platform allows.

use aileron_crd::quantity::{DECIMALS, billionths};
use aileron_idl::admin::TaskResourceSpec;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::{Resources, TaskTemplate, task_template};

use crate::error::ServiceError;

/// The kinds of resources, with what a specification says of each.
fn parts(spec: &TaskResourceSpec) -> [(ResourceName, &'static str, &str); 5] {
    [
        (ResourceName::Cpu, "cpu", &spec.cpu),
        (ResourceName::Gpu, "gpu", &spec.gpu),
        (ResourceName::Memory, "memory", &spec.memory),
        (ResourceName::Storage, "storage", &spec.storage),
        (ResourceName::EphemeralStorage, "ephemeral_storage", &spec.ephemeral_storage),
    ]
}

fn amount(field: String, text: &str) -> Result<Option<i128>, ServiceError> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = billionths(text).filter(|amount| *amount >= 0);
    let problem =
        "write a number with an optional unit: n, u, m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei";
    read.map(Some).ok_or_else(|| ServiceError::invalid(field, text, problem))
}

/// Refuses defaults and limits that are no quantities, or a default above its limit.
pub(crate) fn check_defaults(
    field: &str,
    defaults: &TaskResourceSpec,
    limits: &TaskResourceSpec,
) -> Result<(), ServiceError> {
    for ((_, name, default), (_, _, limit)) in parts(defaults).into_iter().zip(parts(limits)) {
        let place = format!("{field}.defaults.{name}");
        let request = amount(place.clone(), default)?;
        within(
            place,
            default,
            request,
            limit,
            amount(format!("{field}.limits.{name}"), limit)?,
            "the limit",
        )?;
    }
    Ok(())
}

/// Refuses a task that asks for more than it allows itself, or than the platform allows.
pub(crate) fn check_task(template: &TaskTemplate, platform: &TaskResourceSpec) -> Result<(), ServiceError> {
    let Some(task_template::Target::Container(container)) = &template.target else { return Ok(()) };
    let Some(resources) = &container.resources else { return Ok(()) };
    for (kind, name, most) in parts(platform) {
        let place = |part: &str| format!("spec.template.container.resources.{part}[{name}]");
        let (request, limit) = (entry(&resources.requests, kind), entry(&resources.limits, kind));
        let asked = amount(place("requests"), request)?;
        let own = amount(place("limits"), limit)?;
        let most_amount = amount(format!("task_resources.limits.{name}"), most)?;
        within(place("requests"), request, asked, limit, own, "the task's own limit")?;
        within(place("requests"), request, asked, most, most_amount, "the platform's limit")?;
        within(place("limits"), limit, own, most, most_amount, "the platform's limit")?;
    }
    check_gpu(resources)
}

fn entry(entries: &[ResourceEntry], kind: ResourceName) -> &str {
    entries.iter().find(|entry| entry.name() == kind).map_or("", |entry| &entry.value)
}

/// No limit, or one of 0, is unlimited.
fn within(
    field: String,
    text: &str,
    asked: Option<i128>,
    limit: &str,
    most: Option<i128>,
    whose: &str,
) -> Result<(), ServiceError> {
    match (asked, most) {
        (Some(asked), Some(most)) if most > 0 && asked > most => {
            Err(ServiceError::invalid(field, text, format!("it is greater than {whose} [{limit}]")))
        }
        _ => Ok(()),
    }
}

/// GPUs come whole, and as many as are asked for.
fn check_gpu(resources: &Resources) -> Result<(), ServiceError> {
    const WHOLE: i128 = 10_i128.pow(DECIMALS as u32);
    let field = |part: &str| format!("spec.template.container.resources.{part}[gpu]");
    let request = entry(&resources.requests, ResourceName::Gpu);
    let limit = entry(&resources.limits, ResourceName::Gpu);
    let (asked, most) = (amount(field("requests"), request)?, amount(field("limits"), limit)?);
    for (part, text, amount) in [("requests", request, asked), ("limits", limit, most)] {
        if amount.is_some_and(|amount| amount % WHOLE != 0) {
            return Err(ServiceError::invalid(field(part), text, "it must be a whole number"));
        }
    }
    if asked.is_some() && most.is_some() && asked != most {
        return Err(ServiceError::invalid(
            field("requests"),
            request,
            format!("it must be the limit [{limit}]"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::core::Container;

    fn task(requests: &[(ResourceName, &str)], limits: &[(ResourceName, &str)]) -> TaskTemplate {
        let entries = |pairs: &[(ResourceName, &str)]| {
            let entry = |(name, value): &(ResourceName, &str)| ResourceEntry {
                name: *name as i32,
                value: (*value).into(),
            };
            pairs.iter().map(entry).collect()
        };
        let resources = Resources { requests: entries(requests), limits: entries(limits) };
        let container = Container { resources: Some(resources), ..Default::default() };
        TaskTemplate { target: Some(task_template::Target::Container(container)), ..Default::default() }
    }

    #[test]
    fn a_task_stays_within_limits() {
        use ResourceName::{Cpu, Gpu, Memory};
        let platform =
            TaskResourceSpec { cpu: "2".into(), gpu: "1".into(), storage: "0".into(), ..Default::default() };
        for (requests, limits, expected) in [
            (&[(Cpu, "500m")][..], &[(Cpu, "1")][..], ""),
            (&[(Cpu, "2")], &[], ""),
            (&[(Memory, "900Gi")], &[], ""),
            (&[(ResourceName::Storage, "900Gi")], &[], ""),
            (
                &[(Cpu, "2")],
                &[(Cpu, "1")],
                "requests[cpu], value:[2]: it is greater than the task's own limit [1]",
            ),
            (&[(Cpu, "3")], &[], "requests[cpu], value:[3]: it is greater than the platform's limit [2]"),
            (
                &[],
                &[(Cpu, "2001m")],
                "limits[cpu], value:[2001m]: it is greater than the platform's limit [2]",
            ),
            (&[(Memory, "much")], &[], "requests[memory], value:[much]: write a number"),
            (&[(Memory, "-1")], &[], "requests[memory], value:[-1]: write a number"),
            (&[(Gpu, "500m")], &[], "requests[gpu], value:[500m]: it must be a whole number"),
            (&[(Gpu, "0")], &[(Gpu, "1")], "requests[gpu], value:[0]: it must be the limit [1]"),
        ] {
            let checked = check_task(&task(requests, limits), &platform);
            let text = checked.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(text.contains(expected) && text.is_empty() == expected.is_empty(), "{expected}: {text}");
        }
    }

    #[test]
    fn defaults_stay_within_limits() {
        let cpu = |cpu: &str| TaskResourceSpec { cpu: cpu.into(), ..Default::default() };
        assert!(check_defaults("a", &cpu("1"), &cpu("2")).is_ok());
        assert!(check_defaults("a", &cpu("1"), &cpu("")).is_ok());
        let refused = check_defaults("a", &cpu("3"), &cpu("2")).unwrap_err().to_string();
        assert_eq!(refused, "invalid value for a.defaults.cpu, value:[3]: it is greater than the limit [2]");
    }
}
