//! Tasks that AWS Batch runs.
//!
//! An attempt is one job: [`definition`] makes sure of a job definition for its image and role, which all attempts of
//! such tasks share; [`submission`] says what the job is asked to do, and [`status`] reads how it stands. Jobs are looked
//! at a hundred to a call ([`looks`]). Both drivers use this: [`Batched`] stands before their own way to run tasks.
//!
//! What it deliberately does not do: make queues and compute environments, or give the job's role its rights. It does
//! not let Batch try the user's program again either: that is the engine's.
//!
//! Start reading at [`Batch`], then `runner.rs`.

mod answer;
mod call;
mod definition;
mod looks;
mod runner;
pub mod settings;
mod status;
mod submission;

use std::sync::Arc;

use call::Service;
use definition::Definitions;
use looks::Looks;
use settings::{BatchSettings, SettingsError};

use crate::run::TaskRunner;
use crate::web::limits::{Bucket, Limits};
use runner::Batched;

/// The task type of flytekit's package.
const TASK_TYPE: &str = "aws-batch";

/// A driver's way to run tasks, with AWS Batch before it if there is one.
pub(crate) fn with_batch(batch: Option<&Batch>, otherwise: Arc<dyn TaskRunner>) -> Arc<dyn TaskRunner> {
    Arc::new(Batched { batch: batch.cloned(), otherwise })
}

/// The AWS Batch of a driver. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Batch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: BatchSettings,
    service: Arc<Service>,
    definitions: Definitions,
    looks: Looks,
    limits: Limits,
}

impl Batch {
    /// The Batch of an account, which is not asked for anything yet. Credentials and, where the settings name none, the
    /// region come from these variables (`AWS_...`); without keys among them, from the machine's role.
    ///
    /// # Errors
    /// When there is no region, or the settings say what cannot be.
    pub fn new(settings: BatchSettings, environment: &[(String, String)]) -> Result<Batch, SettingsError> {
        settings.check()?;
        let service = Arc::new(Service::new(&settings, environment)?);
        Ok(Batch {
            shared: Arc::new(Shared {
                definitions: Definitions::new(service.clone()),
                // One call looks at a hundred jobs: its own bucket counts calls.
                looks: Looks::new(service.clone(), Bucket::new(settings.looks)),
                limits: Limits::new(settings.jobs, settings.changes, 0),
                service,
                settings,
            }),
        })
    }

    fn takes(&self, task_type: &str) -> bool {
        self.shared.settings.task_types.iter().any(|known| known == task_type)
    }
}
