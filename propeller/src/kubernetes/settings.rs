//! What the controller is told by whoever starts it.

use std::time::Duration;

use aileron_storage::Storage;
use kube::Client;

use crate::batch::Batch;
use crate::connectors::Connectors;
use crate::container::objects::ObjectAccess;
use crate::plugins::config::Config;

/// Settings of the controller.
#[derive(Clone)]
pub struct Settings {
    /// The cluster.
    pub client: Client,
    /// Where closures, inputs and outputs lie.
    pub storage: Storage,
    /// The only namespace whose workflows are run; `None` for all.
    pub namespace: Option<String>,
    /// By what tasks reach what is stored; what `plugins` says of the same variables counts before.
    pub objects: ObjectAccess,
    /// The platform's settings for objects of tasks.
    pub plugins: Config,
    /// The connectors that run tasks instead of objects, if there are some.
    pub connectors: Option<Connectors>,
    /// The AWS Batch that runs tasks, if there is one.
    pub batch: Option<Batch>,
    /// Where logs are served; a task's log is at `PREFIX/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT`.
    pub log_url_prefix: String,
    /// How deep executions may be nested that launch plan nodes launch.
    pub max_nesting: u32,
    /// At most how often a run's state is written into its object.
    pub checkpoint_interval: Duration,
    /// Most bytes of a run's state inside of its object; a larger one lies in the store.
    pub inline_state: usize,
    /// How long the object of an ended run stays; its pods go with it.
    pub keep_ended: Duration,
    /// Into how many shards runs are divided, at most 32. Each is run by one propeller at a time.
    pub shards: u32,
    /// The namespace of the shards' leases; `None` runs all shards without asking anyone.
    pub lease_namespace: Option<String>,
    /// This propeller's name among others.
    pub identity: String,
}

impl Settings {
    /// Settings with their defaults: all namespaces, one shard without a lease, a state a second, ended runs kept
    /// for 23 hours.
    pub fn new(client: Client, storage: Storage) -> Settings {
        Settings {
            client,
            storage,
            namespace: None,
            objects: ObjectAccess::default(),
            plugins: Config::default(),
            connectors: None,
            batch: None,
            log_url_prefix: String::new(),
            max_nesting: 64,
            checkpoint_interval: Duration::from_secs(1),
            inline_state: 16 << 10,
            keep_ended: Duration::from_secs(23 * 3600),
            shards: 1,
            lease_namespace: None,
            identity: "propeller".to_owned(),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("identity", &self.identity)
            .field("shards", &self.shards)
            .finish_non_exhaustive()
    }
}
