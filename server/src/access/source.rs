//! Where bindings come from: a file, and the database. Both are read again when they have changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use super::bindings_file::{self, BindingsFileError};
use super::policy::{Binding, Policy};
use crate::store::{Store, bindings};

/// How old what is known of bindings may be.
const LOOK: Duration = Duration::from_secs(1);

/// The policy, kept up to date by whoever asks for it.
#[derive(Debug)]
pub(crate) struct PolicySource {
    file: Option<PathBuf>,
    known: RwLock<Known>,
    /// Held by the one who looks whether something has changed.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Known {
    policy: Arc<Policy>,
    of_file: Vec<Binding>,
    stamp: Stamp,
    looked: Option<Instant>,
}

/// By what changed bindings are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stamp {
    file: Option<(SystemTime, u64)>,
    database: Option<bindings::Stamp>,
}

impl PolicySource {
    /// The bindings of a file, if there is one, and of the database.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub(crate) fn open(file: Option<PathBuf>) -> Result<PolicySource, BindingsFileError> {
        let stamp = Stamp { file: file.as_deref().and_then(file_stamp), database: None };
        let of_file = file.as_deref().map_or(Ok(Vec::new()), bindings_file::read)?;
        let policy = Arc::new(of_file.iter().cloned().collect());
        let known = Known { policy, of_file, stamp, looked: None };
        Ok(PolicySource { file, known: RwLock::new(known), looking: tokio::sync::Mutex::new(()) })
    }

    /// What counts now, a second old at the most. While nobody can tell, it is what counted before.
    ///
    /// Every request asks this, and what it takes to look would make each one's future a large one.
    pub(crate) async fn current(&self, store: &Store) -> Arc<Policy> {
        let fresh = |known: &Known| known.looked.is_some_and(|at| at.elapsed() < LOOK);
        match self.known(|known| fresh(known).then(|| known.policy.clone())) {
            Some(policy) => policy,
            None => Box::pin(self.renewed(store)).await,
        }
    }

    async fn renewed(&self, store: &Store) -> Arc<Policy> {
        let (policy, age) = self.known(|known| (known.policy.clone(), known.looked.map(|at| at.elapsed())));
        // The first of all is waited for; later the others need not wait for who looks.
        let looking = match age {
            None => self.looking.lock().await,
            Some(_) => match self.looking.try_lock() {
                Ok(looking) => looking,
                Err(_) => return policy,
            },
        };
        if self.known(|known| known.looked.is_none_or(|at| at.elapsed() >= LOOK)) {
            self.look(store).await;
        }
        drop(looking);
        self.known(|known| known.policy.clone())
    }

    /// Has the next request look, for who has just changed something.
    pub(crate) fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).looked = None;
    }

    fn known<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn look(&self, store: &Store) {
        let before = self.known(|known| known.stamp.clone());
        let file = self.file.as_deref().and_then(file_stamp);
        let read = async {
            let stamp = bindings::stamp(store.readers()).await?;
            let changed = before.database.as_ref() != Some(&stamp) || before.file != file;
            let found = if changed { Some(bindings::all(store.readers()).await?) } else { None };
            Ok::<_, crate::store::StoreError>((stamp, found))
        };
        let (stamp, found) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "roles cannot be read from the database; those known before count");
                (before.database.clone().unwrap_or_default(), None)
            }
        };
        let of_file = (before.file != file).then(|| self.read_file()).flatten();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.looked = Some(Instant::now());
        if let Some(of_file) = of_file {
            known.of_file = of_file;
        }
        if let Some(found) = found {
            known.policy = Arc::new(known.of_file.iter().cloned().chain(found).collect());
            known.stamp = Stamp { file, database: Some(stamp) };
        }
    }

    /// The bindings of the file; those of a file that cannot be used are not taken.
    fn read_file(&self) -> Option<Vec<Binding>> {
        match bindings_file::read(self.file.as_deref()?) {
            Ok(bindings) => Some(bindings),
            Err(error) => {
                tracing::error!(%error, "the file of roles is not taken; what it said before counts");
                None
            }
        }
    }
}

fn file_stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}
