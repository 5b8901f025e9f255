//! What a deployment decides; built once in `main` and passed down.

use std::path::PathBuf;
use std::time::Duration;

use aileron_idl::admin::{TaskResourceAttributes, TaskResourceSpec, WorkflowExecutionConfig};
use aileron_storage::Storage;

use crate::access::Authentication;
use crate::front::TlsFiles;
use crate::notifications::Notifications;
use crate::store::{Database, LIST_PATIENCE};

/// Settings of one control plane.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the signing key and of the name of the data plane; made when missing.
    pub data_dir: PathBuf,
    /// Where the metadata is kept: `aileron.db` in the folder, unless another is given.
    pub database: Database,
    /// Name of the data plane; without one, a name that is made up once and kept in the folder. Servers
    /// whose executors hand over to the same data plane have one name.
    pub cluster: Option<String>,
    /// Scheme, host and port that clients reach us by, used when a request does not say.
    pub public_url: String,
    /// Where literals, closures and uploads lie.
    pub storage: Storage,
    /// Projects that exist from the start.
    pub projects: Vec<String>,
    /// Domains that every project has.
    pub domains: Vec<String>,
    /// What executions are launched with where launch, launch plan and attributes say nothing.
    pub execution_defaults: WorkflowExecutionConfig,
    /// Types of tasks that may be registered in some places alone.
    pub task_type_scopes: Vec<TaskTypeScope>,
    /// Labels of the data plane: it takes executions with one of them, or with none. Without labels it takes
    /// all.
    pub cluster_labels: Vec<String>,
    /// Longest that any execution may take since it was accepted.
    pub execution_timeout: Option<Duration>,
    /// What tasks get that ask for nothing, and the most they may ask for; an empty limit, or one of 0,
    /// is none. Attributes replace them as a whole.
    pub task_resources: TaskResourceAttributes,
    /// Most nodes of a registered workflow, start and end not counted; 0 is no limit.
    pub max_workflow_nodes: usize,
    /// Most ticks of a schedule that are made up for after an outage, the newest; 0 is none.
    pub max_missed_ticks: usize,
    /// How long one list may be read; a filter that no index serves reads every row there is.
    pub query_timeout: Duration,
    /// Largest message that is read, in bytes.
    pub max_message_size: usize,
    /// Inputs or outputs of more bytes than this are answered by a signed URL.
    pub max_inline_size: u64,
    /// Largest file that is uploaded, in bytes.
    pub max_upload_size: u64,
    /// Longest life of a signed URL, and its life when a request does not say.
    pub max_url_life: Duration,
    /// Pages of other origins that may call, as `http://HOST:PORT`. When there is none: all, or, where callers are
    /// told apart, no others.
    pub cors_origins: Vec<String>,
    /// What requests and connections are held to.
    pub limits: Limits,
    /// How callers are told apart.
    pub authentication: Authentication,
    /// File with roles, beside those of the database.
    pub roles_file: Option<PathBuf>,
    /// Most requests a second of one caller, where callers are told apart; 0 is no limit.
    pub max_caller_rate: u32,
    /// How people are told of the ends of executions.
    pub notifications: Notifications,
    /// What TLS is spoken by, if it is.
    pub tls: Option<TlsFiles>,
}

/// Where a type of tasks may be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskTypeScope {
    /// The type.
    pub task_type: String,
    /// A project.
    pub project: String,
    /// A domain of it; all when there is none.
    pub domain: Option<String>,
}

/// What requests and connections are held to, whatever they ask.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most connections that are open; those beyond are closed.
    pub max_connections: usize,
    /// Most requests at work; those beyond are refused with RESOURCE_EXHAUSTED (HTTP 429).
    pub max_requests: usize,
    /// Most requests at work on one connection; those beyond are refused likewise.
    pub max_requests_per_connection: usize,
    /// How long a connection may take to say what it wants: its first bytes, and each HTTP/1 head.
    pub header_timeout: Duration,
    /// How long a request may take until the head of its answer; transfers of files may take longer.
    pub request_timeout: Duration,
    /// How long requests in flight may take once the server is to stop.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: 1000,
            max_requests: 1024,
            max_requests_per_connection: 256,
            header_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(8),
        }
    }
}

impl Settings {
    /// The defaults of a single machine.
    pub fn new(data_dir: impl Into<PathBuf>, public_url: impl Into<String>, storage: Storage) -> Settings {
        let data_dir = data_dir.into();
        Settings {
            database: Database::Sqlite(data_dir.join("aileron.db")),
            data_dir,
            cluster: None,
            public_url: public_url.into(),
            storage,
            projects: vec!["flytesnacks".to_owned()],
            domains: ["development", "staging", "production"].map(str::to_owned).to_vec(),
            execution_defaults: WorkflowExecutionConfig {
                max_parallelism: 25,
                ..WorkflowExecutionConfig::default()
            },
            task_type_scopes: Vec::new(),
            cluster_labels: Vec::new(),
            execution_timeout: None,
            task_resources: TaskResourceAttributes {
                defaults: Some(TaskResourceSpec {
                    cpu: "500m".to_owned(),
                    memory: "1Gi".to_owned(),
                    ..TaskResourceSpec::default()
                }),
                limits: None,
            },
            max_workflow_nodes: 10_000,
            max_missed_ticks: 100,
            query_timeout: LIST_PATIENCE,
            max_message_size: 64 << 20,
            max_inline_size: 1 << 20,
            max_upload_size: 4 << 30,
            max_url_life: Duration::from_secs(3600),
            cors_origins: Vec::new(),
            limits: Limits::default(),
            authentication: Authentication::Off,
            roles_file: None,
            max_caller_rate: 200,
            notifications: Notifications::default(),
            tls: None,
        }
    }
}
