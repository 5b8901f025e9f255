//! The objects that attempts wait for: who waits for which, and the watch that tells them.
//!
//! Nothing is kept of an object that nobody waits for, and nothing of one but its latest news: memory follows
//! the attempts under way, not the objects in the cluster.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, ApiResource};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, ResourceExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::WATCH;
use super::pauses::Pauses;
use super::seen::Seen;
use crate::told;

/// Which object: its kind's plural, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// What is known of an object.
#[derive(Clone, Debug, Default)]
pub(super) enum Known {
    /// Nothing yet.
    #[default]
    Nothing,
    /// This is how it was last seen.
    Object(Arc<Seen>),
    /// It is not there any more, or may not be.
    Gone,
}

/// An object that somebody waits for.
#[derive(Debug)]
struct Awaited {
    news: watch::Sender<Known>,
    /// Whether the API server has said that it is there. Until then its creation may be on the way.
    is_made: bool,
}

type Waiters = HashMap<Key, Awaited>;

/// Who waits for which object.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    waiters: Arc<Mutex<Waiters>>,
    /// The kinds that are watched.
    watched: Arc<Mutex<HashSet<String>>>,
}

/// One who waits for an object, until it is dropped.
#[derive(Debug)]
pub(super) struct Waiter {
    objects: Objects,
    key: Key,
    news: watch::Receiver<Known>,
}

impl Waiter {
    /// Notes that the object was there: from now on a list without it says that it has gone.
    pub(super) fn is_made(&self) {
        if let Some(awaited) = self.objects.waiters().get_mut(&self.key) {
            awaited.is_made |= self.is_of(awaited);
        }
    }

    /// Whether another has not begun to wait for the object since.
    fn is_of(&self, awaited: &Awaited) -> bool {
        awaited.news.subscribe().same_channel(&self.news)
    }

    /// Waits for news of the object; it ends with the watch's.
    pub(super) async fn next(&mut self) -> Known {
        if self.news.changed().await.is_err() {
            return Known::Gone;
        }
        self.news.borrow_and_update().clone()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiters = self.objects.waiters();
        if waiters.get(&self.key).is_some_and(|awaited| self.is_of(awaited)) {
            waiters.remove(&self.key);
        }
    }
}

impl Objects {
    /// Waits for an object from now on.
    pub(super) fn wait(&self, key: Key) -> Waiter {
        let (sender, news) = watch::channel(Known::Nothing);
        self.waiters().insert(key.clone(), Awaited { news: sender, is_made: false });
        Waiter { objects: self.clone(), key, news }
    }

    /// Whether nobody has begun to watch a kind yet. Whoever hears that has to.
    pub(super) fn is_new(&self, resource: &ApiResource) -> bool {
        let kind = format!("{}/{}", resource.api_version, resource.plural);
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(kind)
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, key: &Key, known: Known) {
        if let Some(awaited) = self.waiters().get(key) {
            awaited.news.send_replace(known);
        }
    }

    /// Watches the objects of one kind with a label, until the driver stops.
    pub(super) async fn watch(
        self,
        client: Client,
        resource: ApiResource,
        namespace: Option<String>,
        labels: String,
        stop: CancellationToken,
    ) {
        let api: Api<Seen> = match &namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        let kind = resource.plural.clone();
        let config = watcher::Config::default().labels(&labels).any_semantic().timeout(WATCH);
        let mut events = watcher(api, config).backoff(Pauses::default()).boxed();
        let mut listed = HashSet::new();
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.try_next() => event,
            };
            match event {
                Ok(Some(event)) => self.heed(&kind, event, &mut listed),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(kind, error = told(&error), "a watch is broken; it is begun again");
                }
            }
        }
    }

    fn heed(&self, kind: &str, event: Event<Seen>, listed: &mut HashSet<Key>) {
        match event {
            Event::Init => listed.clear(),
            Event::InitApply(object) => {
                let key = key_of(kind, &object);
                self.tell(&key, Known::Object(Arc::new(object)));
                listed.insert(key);
            }
            Event::InitDone => self.missed(kind, &std::mem::take(listed)),
            Event::Apply(object) => self.tell(&key_of(kind, &object), Known::Object(Arc::new(object))),
            Event::Delete(object) => self.tell(&key_of(kind, &object), Known::Gone),
        }
    }

    /// What is waited for and was not listed may have gone while nobody watched.
    fn missed(&self, kind: &str, listed: &HashSet<Key>) {
        for (key, Awaited { news, is_made }) in self.waiters().iter().filter(|(key, _)| key.kind == kind) {
            let was_there = *is_made || matches!(*news.borrow(), Known::Object(_));
            if was_there && !listed.contains(key) {
                news.send_replace(Known::Gone);
            }
        }
    }
}

fn key_of(kind: &str, object: &Seen) -> Key {
    Key { kind: kind.to_owned(), namespace: object.namespace().unwrap_or_default(), name: object.name_any() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, version: &str) -> Seen {
        let metadata = serde_json::json!({"name": name, "namespace": "ns", "resourceVersion": version});
        serde_json::from_value(serde_json::json!({ "metadata": metadata })).unwrap()
    }

    fn key(name: &str) -> Key {
        Key { kind: "pods".into(), namespace: "ns".into(), name: name.into() }
    }

    #[tokio::test]
    async fn only_who_waits_is_told_and_only_the_latest() {
        let (objects, mut listed) = (Objects::default(), HashSet::new());
        let mut waiter = objects.wait(key("a"));
        for (name, version) in [("a", "1"), ("b", "2"), ("a", "3")] {
            objects.heed("pods", Event::Apply(object(name, version)), &mut listed);
        }
        let Known::Object(seen) = waiter.next().await else { panic!("an object is known") };
        assert_eq!(seen.resource_version().as_deref(), Some("3"));
        objects.heed("pods", Event::Delete(object("a", "4")), &mut listed);
        assert!(matches!(waiter.next().await, Known::Gone));
        drop(waiter);
        assert!(objects.waiters().is_empty());
    }

    #[tokio::test]
    async fn what_went_while_nobody_watched_is_told() {
        let (objects, mut listed) = (Objects::default(), HashSet::new());
        let (mut gone, mut stays) = (objects.wait(key("gone")), objects.wait(key("stays")));
        let (unseen, mut made) = (objects.wait(key("unseen")), objects.wait(key("made")));
        made.is_made();
        objects.heed("pods", Event::Apply(object("gone", "1")), &mut listed);
        objects.heed("pods", Event::Apply(object("stays", "1")), &mut listed);
        for event in [Event::Init, Event::InitApply(object("stays", "2")), Event::InitDone] {
            objects.heed("pods", event, &mut listed);
        }
        assert!(matches!(gone.next().await, Known::Gone));
        assert!(matches!(made.next().await, Known::Gone), "it went before anything was heard of it");
        assert!(matches!(stays.next().await, Known::Object(_)));
        assert!(matches!(*unseen.news.borrow(), Known::Nothing), "its creation may be on the way");
    }

    #[tokio::test]
    async fn who_began_to_wait_later_is_told_when_an_earlier_one_goes() {
        let (objects, mut listed) = (Objects::default(), HashSet::new());
        let earlier = objects.wait(key("a"));
        let mut later = objects.wait(key("a"));
        drop(earlier);
        objects.heed("pods", Event::Apply(object("a", "1")), &mut listed);
        assert!(matches!(later.next().await, Known::Object(_)));
    }
}
