//! What a task may use: the memory and the processors that it asks for.
//!
//! [`Groups`] holds a whole task to them by control groups of the system's, where the driver may make some: a
//! task that wants more memory is killed then, and we are told why; one that wants more processors waits.
//! Elsewhere each process of the task has a limit on its memory alone, and is refused what is beyond.

mod groups;

pub(super) use groups::{Group, Groups};

use aileron_crd::quantity::{DECIMALS, billionths};
use aileron_crd::{TaskResourceSpec, TaskResources};
use aileron_idl::core::Resources;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};

/// Which tasks are held to what they may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskLimits {
    /// None.
    Off,
    /// Those that ask for something, to that.
    #[default]
    Asked,
    /// All: those that ask for nothing to the platform's defaults.
    All,
}

/// What one task may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) memory: Option<Memory>,
    /// In thousandths of a processor.
    pub(super) cpu: Option<u64>,
}

/// An amount of memory, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) bytes: u64,
    pub(super) text: String,
}

impl Limits {
    /// What a task with these resources may use. A limit counts before a request, which is a limit when it is
    /// alone, as in Flyte; `0` is no limit.
    pub(super) fn of(which: TaskLimits, asked: Option<&Resources>, platform: &TaskResources) -> Limits {
        let TaskResourceSpec { cpu, memory, .. } = &platform.requests;
        let asked = |kind| asked.filter(|_| which != TaskLimits::Off).and_then(|asked| entry(asked, kind));
        let default = |text| (which == TaskLimits::All).then_some(text);
        let memory = asked(ResourceName::Memory).or(default(memory));
        let cpu = asked(ResourceName::Cpu).or(default(cpu));
        Limits {
            memory: memory.and_then(|text| Some(Memory { bytes: scaled(text, 0)?, text: text.clone() })),
            cpu: cpu.and_then(|text| scaled(text, 3)),
        }
    }
}

fn entry(asked: &Resources, kind: ResourceName) -> Option<&String> {
    let found = |entries: &'_ [ResourceEntry]| entries.iter().position(|entry| entry.name() == kind);
    let limit = found(&asked.limits).map(|at| &asked.limits[at].value);
    limit.or_else(|| found(&asked.requests).map(|at| &asked.requests[at].value))
}

/// An amount in units of ten to the minus `decimals`, rounded up; nothing when it is 0 or no amount.
fn scaled(text: &str, decimals: i32) -> Option<u64> {
    let unit = 10_i128.pow(u32::try_from(DECIMALS - decimals).ok()?);
    let amount = billionths(text)?.checked_add(unit - 1)? / unit;
    u64::try_from(amount).ok().filter(|amount| *amount > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(
        which: TaskLimits,
        requests: &[(ResourceName, &str)],
        limits: &[(ResourceName, &str)],
    ) -> Limits {
        let entries = |pairs: &[(ResourceName, &str)]| {
            let entry = |(name, value): &(ResourceName, &str)| ResourceEntry {
                name: *name as i32,
                value: (*value).into(),
            };
            pairs.iter().map(entry).collect()
        };
        let asked = Resources { requests: entries(requests), limits: entries(limits) };
        let mut platform = TaskResources::default();
        platform.requests.memory = "1Gi".into();
        Limits::of(which, Some(&asked), &platform)
    }

    fn memory(limits: &Limits) -> Option<u64> {
        limits.memory.as_ref().map(|memory| memory.bytes)
    }

    #[test]
    fn a_limit_counts_before_a_request() {
        use ResourceName::{Cpu, Memory};
        let both = limits(TaskLimits::Asked, &[(Memory, "1Ki"), (Cpu, "500m")], &[(Memory, "2Ki")]);
        assert_eq!((memory(&both), both.cpu), (Some(2048), Some(500)));
        assert_eq!(limits(TaskLimits::Off, &[(Memory, "1Ki")], &[]), Limits::default());
        assert_eq!(limits(TaskLimits::Asked, &[], &[(Memory, "0")]), Limits::default());
    }

    #[test]
    fn who_asks_for_nothing_has_the_default_or_no_limit() {
        assert_eq!(limits(TaskLimits::Asked, &[], &[]), Limits::default());
        assert_eq!(memory(&limits(TaskLimits::All, &[], &[])), Some(1 << 30));
    }
}
