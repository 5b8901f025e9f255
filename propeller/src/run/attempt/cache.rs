//! An attempt's dealings with the cache: looking for its outputs, waiting for whoever computes the same,
//! putting its own there.
//!
//! A cache that does not answer is done without: the task runs, and its outputs are not kept.

use std::sync::Arc;
use std::time::Duration;

use aileron_engine::{AttemptSeen, CacheReport, CacheRule};
use aileron_idl::core::catalog_reservation::Status as Reserved;
use aileron_idl::core::{
    CatalogCacheStatus as Status, CatalogMetadata, LiteralMap, NodeExecutionIdentifier,
    TaskExecutionIdentifier, TaskTemplate,
};
use aileron_idl::datacatalog::{Artifact, ArtifactData, Dataset, ReservationId, Tag};

use super::{Attempt, Job, Step};
use crate::catalog::key::{self, Key, KeyError};
use crate::catalog::{Cached, source};
use crate::control::ControlError;
use crate::{clock, told};

/// How often a reservation is asked for again, by those who wait and by the one who holds it. It lasts
/// about six times as long.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How often a cache is asked that does not answer, and the first pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// Who computes an entry.
enum Holder {
    /// This node, or whoever likes to.
    Us(Reserved),
    Another(String),
}

impl Attempt {
    /// Says what the cache has for this node, once nobody else is to be waited for.
    pub(in crate::run) async fn look_up(self: Arc<Self>) {
        let seen = self.looked_up().await;
        self.tell_of(seen);
    }

    async fn looked_up(&self) -> Step<AttemptSeen> {
        if let Some(recovered) = self.recovered().await? {
            return Ok(recovered);
        }
        let (task, rule) = match self.cached() {
            Some((_, rule)) if rule.overwrite => {
                return Ok(missed(Status::CacheSkipped, Reserved::ReservationDisabled));
            }
            Some(cached) => cached,
            None => return Ok(missed(Status::CacheDisabled, Reserved::ReservationDisabled)),
        };
        let inputs = self.inputs().await?;
        let key = match self.key_of(task, rule, &inputs) {
            Ok(key) => key,
            Err(error) => return Ok(self.does_without(&told(&error))),
        };
        let mut waits_for = String::new();
        loop {
            // Whatever changes from here on is heard of.
            let news = self.host.cache_news.notified();
            match self.briefly(|| self.host.control.find(key.dataset.clone(), key.tag.clone())).await {
                Ok(Some(found)) => match outputs_of(task, &found) {
                    Ok(outputs) => return self.take(&key, task, &found, outputs).await,
                    Err(why) => return Ok(self.does_without(&why)),
                },
                Ok(None) => {}
                Err(error) => return Ok(self.does_without(&told(&error))),
            }
            match self.reserve(&key, rule).await {
                Holder::Us(reserved) => return Ok(missed(Status::CacheMiss, reserved)),
                Holder::Another(owner) if owner == waits_for => {}
                Holder::Another(owner) => {
                    let report = report(Status::CacheMiss, Reserved::ReservationExists);
                    self.tell(AttemptSeen::HeldBy { owner: owner.clone(), report });
                    waits_for = owner;
                }
            }
            tokio::select! {
                halt = self.halted() => return Err(halt),
                () = news => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
        }
    }

    /// Makes what was found the outputs of this attempt.
    async fn take(
        &self,
        key: &Key,
        task: &TaskTemplate,
        found: &Cached,
        outputs: LiteralMap,
    ) -> Step<AttemptSeen> {
        self.put_outputs(outputs).await?;
        let entry = source::told(key, found, &task.id.clone().unwrap_or_default());
        Ok(AttemptSeen::Cached { at: clock::now(), report: about(Status::CacheHit, entry) })
    }

    fn does_without(&self, why: &str) -> AttemptSeen {
        self.warn(why, "the cache is not used");
        unanswered()
    }

    async fn reserve(&self, key: &Key, rule: &CacheRule) -> Holder {
        if !rule.serialize || rule.overwrite {
            return Holder::Us(Reserved::ReservationDisabled);
        }
        let owner = self.owner();
        match self.briefly(|| self.host.control.reserve(reservation(key), owner.clone())).await {
            Ok(held) if held.owner_id == owner => Holder::Us(Reserved::ReservationAcquired),
            Ok(held) => Holder::Another(held.owner_id),
            Err(error) => {
                self.warn(&told(&error), "a task runs without the reservation of its outputs");
                Holder::Us(Reserved::ReservationFailure)
            }
        }
    }

    /// Runs the task, and says now and then that it is being done.
    pub(super) async fn reserved_task(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let serialized = self.cached().is_some_and(|(_, rule)| rule.serialize && !rule.overwrite);
        if !serialized {
            return self.host.runner.run(self, task).await;
        }
        let signs_of_life = async {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                if let (Some((_, rule)), Some(key)) = (self.cached(), self.key().await) {
                    self.reserve(&key, rule).await;
                }
            }
        };
        tokio::select! {
            seen = self.host.runner.run(self, task) => seen,
            never = signs_of_life => never,
        }
    }

    /// Puts the attempt's outputs into the cache.
    pub(in crate::run) async fn store(self: Arc<Self>) {
        let report = match self.stored().await {
            Ok(entry) => about(Status::CachePopulated, entry),
            Err(why) => {
                self.warn(&why, "outputs are not put into the cache");
                not_put()
            }
        };
        let reservation = self.given_back().await;
        self.tell(AttemptSeen::Stored { at: clock::now(), report: CacheReport { reservation, ..report } });
    }

    async fn stored(&self) -> Result<CatalogMetadata, String> {
        let (task, rule) = self.cached().ok_or("the node does not use the cache")?;
        let key = self.key().await.ok_or("its key is not known")?;
        let uri = self.run.paths.outputs(&self.place, self.number);
        let outputs = self.host.literals.get(&self.host.storage, &uri).await;
        let outputs = outputs.map_err(|error| told(&error))?;
        let entry = self.entry(&key, task, &outputs);
        let put = self.briefly(|| self.host.control.put(entry.clone(), rule.overwrite)).await;
        let artifact = put.map_err(|error| told(&error))?;
        self.host.cache_news.notify_waiters();
        Ok(source::told_of(&key, &artifact))
    }

    /// The entry of this attempt. Its name follows from the attempt's, so that it is made once.
    fn entry(&self, key: &Key, task: &TaskTemplate, outputs: &LiteralMap) -> Cached {
        let execution = &self.run.workflow.execution_id;
        let node = NodeExecutionIdentifier {
            node_id: self.place.unique_id.clone(),
            execution_id: Some(execution.into()),
        };
        let maker = TaskExecutionIdentifier {
            task_id: task.id.clone(),
            node_execution_id: Some(node),
            retry_attempt: self.number,
        };
        let id = key::artifact_id(key, &maker);
        let tag = Tag { name: key.tag.clone(), artifact_id: id.clone(), dataset: Some(key.dataset.clone()) };
        let data = |(name, value): (&String, _)| ArtifactData {
            name: name.clone(),
            value: Some(Clone::clone(value)),
        };
        Cached {
            artifact: Artifact {
                id,
                dataset: Some(key.dataset.clone()),
                data: outputs.literals.iter().map(data).collect(),
                metadata: Some(source::of_artifact(&maker)),
                tags: vec![tag],
                ..Default::default()
            },
            dataset: Dataset {
                id: Some(key.dataset.clone()),
                metadata: Some(source::of_dataset(&maker)),
                ..Default::default()
            },
        }
    }

    /// Gives the reservation back, for a node that came to an end without outputs.
    pub(in crate::run) async fn release(self) {
        self.given_back().await;
    }

    async fn given_back(&self) -> Reserved {
        let serialized = self.cached().is_some_and(|(_, rule)| rule.serialize && !rule.overwrite);
        let Some(key) = self.key().await.filter(|_| serialized) else { return Reserved::ReservationDisabled };
        let released = self.briefly(|| self.host.control.release(reservation(&key), self.owner())).await;
        self.host.cache_news.notify_waiters();
        match released {
            Ok(()) => Reserved::ReservationReleased,
            Err(error) => {
                self.warn(&told(&error), "a reservation is not given back; it expires by itself");
                Reserved::ReservationFailure
            }
        }
    }

    /// The key of the node's inputs, which every attempt of it has bound already.
    async fn key(&self) -> Option<Key> {
        let (task, rule) = self.cached()?;
        let inputs = self.inputs().await.ok()?;
        self.key_of(task, rule, &inputs).ok()
    }

    /// An item of an array shares entries with the task that is run by itself.
    fn key_of(&self, task: &TaskTemplate, rule: &CacheRule, inputs: &LiteralMap) -> Result<Key, KeyError> {
        match &self.item {
            Some(item) if item.wrapped => {
                key::of(&key::of_one_item(task, &item.bound), &rule.version, inputs)
            }
            _ => key::of(task, &rule.version, inputs),
        }
    }

    fn cached(&self) -> Option<(&TaskTemplate, &CacheRule)> {
        let Job::Task(task) = &self.job else { return None };
        Some((task, self.cache.as_ref()?))
    }

    /// The same for all attempts of the node, so that a retry goes on under the same reservation.
    fn owner(&self) -> String {
        self.run.paths.generated_name(&self.place, 0)
    }

    /// Asks a few times, as long as a cache may take that has a moment of weakness.
    async fn briefly<T, F>(&self, ask: impl Fn() -> F) -> Result<T, ControlError>
    where
        F: Future<Output = Result<T, ControlError>>,
    {
        let mut tried = 1;
        loop {
            match ask().await {
                Err(ControlError::Unavailable(_)) if tried < TRIES => {
                    tokio::time::sleep(PAUSE * tried).await;
                    tried += 1;
                }
                answer => return answer,
            }
        }
    }

    fn warn(&self, why: &str, what: &str) {
        let (execution, node) = (&self.run.workflow.execution_id.name, &self.place.unique_id);
        tracing::warn!(execution, node, why, "{what}");
    }
}

fn reservation(key: &Key) -> ReservationId {
    ReservationId { dataset_id: Some(key.dataset.clone()), tag_name: key.tag.clone() }
}

/// What is seen of a cache that says nothing.
pub(super) fn unanswered() -> AttemptSeen {
    missed(Status::CacheLookupFailure, Reserved::ReservationDisabled)
}

/// What is told of outputs that the cache does not have afterwards.
pub(super) fn not_put() -> CacheReport {
    report(Status::CachePutFailure, Reserved::ReservationDisabled)
}

fn missed(status: Status, reservation: Reserved) -> AttemptSeen {
    AttemptSeen::NotCached { report: report(status, reservation) }
}

fn report(status: Status, reservation: Reserved) -> CacheReport {
    CacheReport { reservation, ..CacheReport::from(status) }
}

fn about(status: Status, entry: CatalogMetadata) -> CacheReport {
    CacheReport { key: Some(Box::new(entry)), ..CacheReport::from(status) }
}

/// The outputs in an entry, which must be those that the task declares.
fn outputs_of(task: &TaskTemplate, found: &Cached) -> Result<LiteralMap, String> {
    let declared = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
    let mut outputs = LiteralMap::default();
    for variable in declared.into_iter().flat_map(|outputs| outputs.variables.keys()) {
        let data = found.artifact.data.iter().find(|data| data.name == *variable);
        let value = data.and_then(|data| data.value.clone());
        let value = value.ok_or_else(|| {
            format!("artifact {} in the cache lacks the output `{variable}`", found.artifact.id)
        })?;
        outputs.literals.insert(variable.clone(), value);
    }
    Ok(outputs)
}
