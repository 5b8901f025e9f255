//! What connectors offer, as each last said. One that is away is taken at its last word.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aileron_idl::admin::Agent;
use tokio::sync::Notify;

/// How soon one that has not answered yet is asked again.
const FIRST: Duration = Duration::from_millis(500);

/// A task type and its version.
pub(super) type Category = (String, i32);

/// What all connectors offer.
#[derive(Debug)]
pub(super) struct Offers {
    /// By the place of the connector; `None` for one that has not answered yet.
    known: Mutex<Vec<Option<BTreeMap<Category, Offer>>>>,
    news: Notify,
}

/// What a connector says of a task type that it offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Whether it does the work within one call.
    pub(super) is_sync: bool,
}

/// Who takes a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This connector, for this version.
    Here { place: usize, category: Category, offer: Offer },
    /// Nobody, but not all have answered yet.
    NotYet,
    /// Connectors have the type, but only in these versions.
    OtherVersions(Vec<i32>),
    /// Nobody.
    Nowhere,
}

impl Offers {
    pub(super) fn new(services: usize) -> Offers {
        Offers { known: Mutex::new(vec![None; services]), news: Notify::new() }
    }

    fn known(&self) -> MutexGuard<'_, Vec<Option<BTreeMap<Category, Offer>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connector at its word.
    pub(super) fn learn(&self, place: usize, agents: &[Agent], name: &str) {
        let offers = offers_of(agents);
        let mut known = self.known();
        if known[place].as_ref() != Some(&offers) {
            let types: Vec<_> = offers.keys().map(|(name, version)| format!("{name} v{version}")).collect();
            tracing::info!(connector = name, types = types.join(", "), "a connector says what it offers");
        }
        known[place] = Some(offers);
        drop(known);
        self.news.notify_waiters();
    }

    /// A connector did not answer.
    pub(super) fn missed(&self, place: usize, name: &str, error: &str) {
        if self.known()[place].is_none() {
            tracing::warn!(
                connector = name,
                error,
                "a connector does not say what it offers; it is asked again"
            );
        }
    }

    /// How long it is until a connector is asked again.
    pub(super) fn pause(&self, place: usize, interval: Duration) -> Duration {
        if self.known()[place].is_none() { FIRST.min(interval) } else { interval }
    }

    /// Waits until somebody answers.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Who takes a task of a type and version; only one connector is asked when `of` says so. The first one that
    /// offers it does. A version that nobody offers is taken by who offers the first.
    pub(super) fn find(&self, task_type: &str, version: i32, of: Option<usize>) -> Found {
        let known = self.known();
        let asked = || known.iter().enumerate().filter(|(place, _)| of.is_none_or(|of| of == *place));
        for wanted in [version, 0] {
            let category = (task_type.to_owned(), wanted);
            let here = asked().find_map(|(place, offers)| Some((place, *offers.as_ref()?.get(&category)?)));
            if let Some((place, offer)) = here {
                return Found::Here { place, category, offer };
            }
        }
        if asked().any(|(_, offers)| offers.is_none()) {
            return Found::NotYet;
        }
        let all = asked().filter_map(|(_, offers)| offers.as_ref()).flat_map(BTreeMap::keys);
        let versions: Vec<i32> =
            all.filter(|(name, _)| name == task_type).map(|(_, version)| *version).collect();
        if versions.is_empty() { Found::Nowhere } else { Found::OtherVersions(versions) }
    }
}

#[expect(deprecated, reason = "older connectors say no versions")]
fn offers_of(agents: &[Agent]) -> BTreeMap<Category, Offer> {
    let mut offers = BTreeMap::new();
    for agent in agents {
        let offer = Offer { is_sync: agent.is_sync };
        for category in &agent.supported_task_categories {
            offers.entry((category.name.clone(), category.version)).or_insert(offer);
        }
        if agent.supported_task_categories.is_empty() {
            for name in &agent.supported_task_types {
                offers.entry((name.clone(), 0)).or_insert(offer);
            }
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::TaskCategory;

    use super::*;

    fn agent(is_sync: bool, categories: &[(&str, i32)]) -> Agent {
        let category =
            |(name, version): &(&str, i32)| TaskCategory { name: (*name).into(), version: *version };
        Agent {
            is_sync,
            supported_task_categories: categories.iter().map(category).collect(),
            ..Agent::default()
        }
    }

    fn here(found: &Found) -> Option<(usize, i32, bool)> {
        match found {
            Found::Here { place, category, offer } => Some((*place, category.1, offer.is_sync)),
            _ => None,
        }
    }

    #[test]
    fn versions_of_a_type_stand_beside_each_other() {
        let offers = Offers::new(2);
        assert_eq!(offers.find("a", 0, None), Found::NotYet);
        offers.learn(1, &[agent(false, &[("a", 0), ("a", 2)]), agent(true, &[("a", 1)])], "second");
        assert_eq!(here(&offers.find("a", 2, None)), Some((1, 2, false)));
        assert_eq!(here(&offers.find("a", 1, None)), Some((1, 1, true)));
        // Who offers the first version takes what nobody offers.
        assert_eq!(here(&offers.find("a", 7, None)), Some((1, 0, false)));
        assert_eq!(offers.find("b", 0, None), Found::NotYet);
        offers.learn(0, &[agent(true, &[("a", 2), ("b", 3)])], "first");
        assert_eq!(here(&offers.find("a", 2, None)), Some((0, 2, true)));
        assert_eq!(here(&offers.find("a", 2, Some(1))), Some((1, 2, false)));
        assert_eq!(offers.find("b", 1, None), Found::OtherVersions(vec![3]));
        assert_eq!(offers.find("c", 0, None), Found::Nowhere);
    }

    #[test]
    fn a_connector_that_changes_its_list_is_believed_and_one_that_is_away_too() {
        let offers = Offers::new(1);
        offers.learn(0, &[agent(false, &[("a", 0)])], "only");
        offers.missed(0, "only", "away");
        assert!(here(&offers.find("a", 0, None)).is_some());
        offers.learn(0, &[agent(false, &[("b", 0)])], "only");
        assert_eq!(offers.find("a", 0, None), Found::Nowhere);
    }
}
