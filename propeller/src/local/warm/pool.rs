//! The warm workers of a driver.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::super::process::Launch;
use super::fit::Key;
use super::message;
use super::worker::{Over, Worker, WorkerError};
use crate::told;

/// A worker that is there, is being started, or cannot be.
type Place = Arc<OnceCell<Option<Worker>>>;

/// As many workers as are wanted, the last used first.
#[derive(Debug)]
pub(in crate::local) struct Workers {
    most: usize,
    /// Processes that each worker keeps ready for an attempt to come.
    spares: usize,
    folder: PathBuf,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    made: u64,
    known: Vec<(Key, Place)>,
}

impl Workers {
    /// At most so many workers, with their files below a folder; none when it is 0.
    pub(in crate::local) fn new(most: usize, spares: usize, folder: PathBuf) -> Workers {
        Workers { most, spares, folder, places: Mutex::default() }
    }

    /// Has a worker start an attempt. When none does, the attempt may be running all the same: its claim
    /// tells.
    pub(in crate::local) async fn run(&self, launch: &Launch) -> Option<Over> {
        if self.most == 0 || !message::is_sound(launch) {
            return None;
        }
        let to_read = launch.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&to_read)).await;
        let key = prepared.ok()?.ok()??;
        let (place, folder) = self.place(&key);
        let start = async || self.start(&key, &folder).await;
        place.get_or_init(start).await.as_ref()?.run(launch).await
    }

    /// Lets go of all workers: each ends when its attempts have.
    pub(in crate::local) fn close(&self) {
        self.places().known.clear();
    }

    /// A place for the key's worker; one whose worker is no good any more is left.
    fn place(&self, key: &Key) -> (Place, PathBuf) {
        let mut places = self.places();
        let is_good = |place: &Place| match place.get() {
            Some(Some(worker)) => worker.is_good(),
            Some(None) | None => true,
        };
        places.known.retain(|(known, place)| known != key || is_good(place));
        let found = places.known.iter().position(|(known, _)| known == key);
        let entry = match found {
            Some(at) => places.known.remove(at),
            None => (key.clone(), Place::default()),
        };
        let place = entry.1.clone();
        places.known.insert(0, entry);
        places.known.truncate(self.most);
        places.made += u64::from(found.is_none());
        (place, self.folder.join(places.made.to_string()))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn start(&self, key: &Key, folder: &Path) -> Option<Worker> {
        match Worker::start(key, folder, self.spares).await {
            Ok(worker) => {
                tracing::info!(interpreter = %key.interpreter.display(), "a warm worker is ready");
                Some(worker)
            }
            Err(error) => {
                let hint = hint(&error);
                tracing::warn!(
                    error = told(&error),
                    interpreter = %key.interpreter.display(),
                    hint,
                    "tasks of this environment run without a warm worker"
                );
                None
            }
        }
    }
}

const fn hint(error: &WorkerError) -> &'static str {
    match error {
        WorkerError::Unfit(_) | WorkerError::Ended(_) => "try `pyflyte-execute --help` in this environment",
        WorkerError::Start(_) | WorkerError::TooSlow => "start the server again to try again",
    }
}

/// Makes what the attempt finds, and says which worker it takes.
fn prepare(launch: &Launch) -> std::io::Result<Option<Key>> {
    let key = Key::of(launch);
    if key.is_some() {
        launch.prepare()?;
    }
    Ok(key)
}
