//! By what tasks reach the objects: variables for their environment.

use std::fmt;
use std::sync::Arc;

use aileron_crd::ExecutionId;

/// Names of variables, and their values.
pub type Variables = Vec<(String, String)>;

/// The same for all tasks, or for each run a key of its own.
#[derive(Clone)]
pub enum ObjectAccess {
    /// Tasks reach what the platform reaches, as it does.
    Shared(Variables),
    /// Tasks reach what is of their run.
    OfRun(Arc<dyn RunKeys>),
}

/// Makes the keys of runs.
pub trait RunKeys: Send + Sync {
    /// What all tasks of a run get; the same whenever it is asked for.
    fn variables(&self, run: &ExecutionId) -> Variables;
}

impl ObjectAccess {
    /// What a task of a run gets, unless it sets them itself.
    pub fn of(&self, run: &ExecutionId) -> Variables {
        match self {
            ObjectAccess::Shared(all) => all.clone(),
            ObjectAccess::OfRun(keys) => keys.variables(run),
        }
    }
}

impl fmt::Debug for ObjectAccess {
    /// Without the variables: they hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectAccess::Shared(_) => "Shared",
            ObjectAccess::OfRun(_) => "OfRun",
        })
    }
}

impl Default for ObjectAccess {
    /// None are needed for a folder.
    fn default() -> ObjectAccess {
        ObjectAccess::Shared(Vec::new())
    }
}
