//! The items of an array, as an attempt of its node tells them.

use aileron_idl::admin::TaskExecution;

use super::phase::Phase;
use super::sorted;

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its place in the list.
    pub index: u32,
    /// Where it stands.
    pub phase: Phase,
    /// Which try of it this is, from 0.
    pub attempt: u32,
    /// Names and addresses of its logs.
    pub logs: Vec<(String, String)>,
}

/// How many there are of each phase, in the order in which phases are counted.
pub fn tally(items: &[Item]) -> Vec<(Phase, usize)> {
    let count = |phase: Phase| items.iter().filter(|item| item.phase == phase).count();
    Phase::ALL.map(|phase| (phase, count(phase))).into_iter().filter(|(_, count)| *count > 0).collect()
}

/// A tally in words: `5 items: 1 running, 4 succeeded`.
pub fn told(items: &[Item]) -> String {
    let words: Vec<_> = tally(items)
        .into_iter()
        .map(|(phase, count)| format!("{count} {}", phase.label().to_lowercase()))
        .collect();
    let noun = if items.len() == 1 { "item" } else { "items" };
    format!("{} {noun}: {}", items.len(), words.join(", "))
}

/// The items, in order; of an item that was tried more than once, the last try.
pub fn of(attempt: &TaskExecution) -> Vec<Item> {
    let resources = attempt.closure.iter().filter_map(|closure| closure.metadata.as_ref());
    let mut items: Vec<Item> = resources
        .flat_map(|metadata| &metadata.external_resources)
        .map(|resource| Item {
            index: resource.index,
            phase: Phase::of_attempt(resource.phase),
            attempt: resource.retry_attempt,
            logs: resource.logs.iter().map(|log| (log.name.clone(), log.uri.clone())).collect(),
        })
        .collect();
    sorted::sort_by(&mut items, |a, b| a.index.cmp(&b.index).then(b.attempt.cmp(&a.attempt)));
    items.dedup_by_key(|item| item.index);
    items
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::TaskExecutionClosure;
    use aileron_idl::event::{ExternalResourceInfo, TaskExecutionMetadata};

    use super::*;

    #[test]
    fn the_last_try_of_an_item_counts() {
        let resource = |index, retry_attempt, phase| ExternalResourceInfo {
            index,
            retry_attempt,
            phase,
            ..Default::default()
        };
        let external_resources = vec![resource(1, 0, 3), resource(0, 0, 5), resource(0, 1, 3)];
        let metadata = Some(TaskExecutionMetadata { external_resources, ..Default::default() });
        let closure = Some(TaskExecutionClosure { metadata, ..Default::default() });
        let items = of(&TaskExecution { closure, ..Default::default() });
        let told: Vec<_> = items.iter().map(|item| (item.index, item.phase, item.attempt)).collect();
        assert_eq!(told, [(0, Phase::Succeeded, 1), (1, Phase::Succeeded, 0)]);
        assert_eq!(super::told(&items), "2 items: 2 succeeded");
    }
}
