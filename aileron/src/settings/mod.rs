//! The configuration of a server: one table of keys, and the structure that is made of it.
//!
//! A setting has one name. `data_dir` is that key in the file, `--data-dir` as a flag and
//! `AILERON_DATA_DIR` in the environment; a flag counts before the environment, that before the file,
//! and that before the default. To add a setting, add it to the table below and use its field;
//! `UPDATE_EXPECT=1 cargo test -p aileron` then writes it into `docs/configuration.md`.

mod file;
mod flags;
mod problem;
#[cfg(test)]
mod reference;
mod sources;
mod table;
mod value;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(crate) use problem::Problems;
pub(crate) use sources::{Given, Options, Origin};
pub(crate) use value::{
    Auth, Containers, DatabaseUrl, Driver, Endpoint, LogFilter, LogFormat, ObjectsUri, OtlpProtocol, Pairs,
    Quantity, Size, Span, TaskIsolation, TaskLimits, Url,
};

use table::Otherwise::{Preset, Required, Unset};

table::settings! {
    "Serving" {
        /// Where gRPC, gRPC-web, REST and the console are served.
        listen: SocketAddr = Preset("127.0.0.1:30080");
        /// Folder for everything that is kept; made when missing.
        data_dir: PathBuf = Required;
        /// How clients reach the server, when not by the address above.
        public_url: Option<Url> = Unset("http:// and the address it listens on");
        /// Origins whose pages may call, `http://host:port` each. When there is none: all, or no others with `auth`.
        cors_origins: Vec<String> = Preset("");
        /// File with the certificate chain of TLS, in PEM; read again when it changes; [more](security.md).
        tls_cert: Option<PathBuf> = Unset("no TLS");
        /// File with its key.
        tls_key: Option<PathBuf> = Unset("no TLS");
        /// File with the authorities whose certificates prove that a caller is a part of the platform.
        tls_client_ca: Option<PathBuf> = Unset("no certificate proves that");
        /// Whether an address that others reach may be served without authentication: all who reach it are trusted.
        allow_anonymous: bool = Preset("false");
        /// Whether an address that others reach may be served without TLS: something before it speaks it.
        allow_plaintext: bool = Preset("false");
    }
    "Access" {
        /// Who tells callers apart: nobody, this server by passwords of its own, or an identity provider; [more](security.md).
        auth: Auth = Preset("off");
        /// File with roles, beside those of the database; read again when it changes.
        roles_file: Option<PathBuf> = Unset("the database's alone");
        /// Most requests a second of one caller, twice as many at once; 0 is no limit.
        max_caller_rate: u32 = Preset("200"), "0" to "1000000";
        /// With `builtin`: file with the keys that sign tokens, made when missing; servers that share a database share it.
        token_key_file: Option<PathBuf> = Unset("`token.key` in the data folder");
        /// The same: how long a person's access token counts.
        access_token_life: Span = Preset("15 min"), "10 s" to "24 h";
        /// The same: how long a command line stays logged in.
        refresh_token_life: Span = Preset("12 h"), "1 min" to "8760 h";
        /// With `oidc`: the issuer, exactly as its tokens have it.
        oidc_issuer: Option<String> = Unset("must be given with `oidc`");
        /// The same: of which audience tokens must be one.
        oidc_audience: Vec<String> = Preset("");
        /// The same: the client by which the console logs people in.
        oidc_client_id: String = Preset("aileron");
        /// The same: file with that client's secret.
        oidc_client_secret_file: Option<PathBuf> = Unset("a public client");
        /// The same: the client by which pyflyte and flytectl do.
        oidc_public_client_id: String = Preset("flytectl");
        /// The same: what those ask for.
        oidc_scopes: Vec<String> = Preset("openid,offline_access");
        /// The same: the audience that those ask for.
        oidc_client_audience: Option<String> = Unset("none");
        /// The same: a scope that every token must have.
        oidc_required_scope: Option<String> = Unset("none");
        /// The same: by which algorithms tokens may be signed.
        oidc_algorithms: Vec<String> = Preset("RS256,PS256,ES256,ES384,EdDSA");
        /// The same: the claim that names people; one that they cannot change.
        oidc_user_claim: String = Preset("sub");
        /// The same: the claim that lists their groups.
        oidc_groups_claim: String = Preset("groups");
    }
    "Metadata" {
        /// Which database keeps what is registered and launched; [more](databases.md).
        database: Option<DatabaseUrl> = Unset("the file `aileron.db` in the data folder");
    }
    "Objects" {
        /// Where objects lie; [more](objects.md).
        objects: Option<ObjectsUri> = Unset("the folder `objects` of the data folder");
        /// Where the bucket is served, when not at its provider's usual place.
        objects_endpoint: Option<Endpoint> = Unset("the provider's");
        /// The bucket's region.
        objects_region: Option<String> = Unset("the environment's");
        /// Whether the bucket's name is part of its host's name, not of the path.
        objects_virtual_host: bool = Preset("false");
        /// Whether the bucket may be reached without TLS.
        objects_allow_http: bool = Preset("false");
        /// Whether clients transfer files through this server, when they cannot reach the bucket.
        objects_through_server: bool = Preset("false");
        /// Where the objects are served as S3 too, when they are not in a bucket; they are named so then.
        s3_listen: Option<SocketAddr> = Unset("nowhere");
        /// The address by which tasks reach that, when it is another.
        s3_url: Option<Url> = Unset("http:// and `s3_listen`");
        /// The bucket that they are there.
        s3_bucket: String = Preset("aileron");
        /// File with access key and secret, a line each; made when missing.
        s3_key_file: Option<PathBuf> = Unset("`s3.key` in the data folder");
    }
    "Running tasks" {
        /// Who runs executions: child processes of this machine, or a propeller in a cluster.
        driver: Driver = Preset("local");
        /// Goes before PATH for tasks: the `bin` folder of a Python environment with flytekit.
        task_path: Option<PathBuf> = Unset("PATH alone");
        /// Most task attempts that run at once.
        parallel_attempts: Option<NonZeroUsize> = Unset("the number of cores"), "1" to "4096";
        /// How long a task may take to end itself before it is killed.
        task_grace: Span = Preset("5 s"), "0" to "5 min";
        /// Most interpreters that are kept warm for Python tasks, one an environment; [more](tasks.md).
        warm_workers: usize = Preset("0"), "0" to "64";
        /// What runs tasks in their images; [more](tasks.md).
        containers: Containers = Preset("off");
        /// How tasks are kept apart from the machine and from each other; [more](security.md#what-tasks-may-do).
        task_isolation: Option<TaskIsolation> = Unset("`shared-network` where `auth` tells callers apart, else `off`");
        /// Files and folders that isolated tasks see nothing of, beside the server's own.
        task_hidden: Vec<String> = Preset("");
        /// Which tasks are held to memory and CPU; [more](tasks.md).
        task_limits: TaskLimits = Preset("asked");
        /// How much of a task's log is kept: its beginning and its end.
        task_log_size: Size = Preset("64 MiB"), "64 KiB" to "1024 GiB";
        /// File with the connectors that run tasks, in Flyte's names, as YAML; [more](connectors.md).
        connectors: Option<PathBuf> = Unset("no connectors");
        /// File with the AWS Batch that runs tasks of type `aws-batch`, as YAML; [more](plugins/aws-batch.md).
        aws_batch: Option<PathBuf> = Unset("no AWS Batch");
        /// How deep executions may be nested that launch plan nodes launch.
        max_nesting: u32 = Preset("64"), "1" to "1000";
    }
    "Kubernetes" {
        /// Which cluster, when not the one that this runs in.
        kubeconfig: Option<PathBuf> = Unset("the cluster that this runs in");
        /// Folder of manifests that every namespace gets, with `{{ namespace }}`, `{{ project }}`, `{{ domain }}`
        /// and any other `{{ NAME }}` in them.
        namespace_templates: Option<PathBuf> = Unset("namespaces get nothing");
        /// Values of those, `NAME=VALUE` each; attributes of cluster resources count before them.
        namespace_values: Vec<String> = Preset("");
        /// How long an execution's object may be missing in the cluster before the execution is aborted.
        lost_after: Span = Preset("2 min"), "2 s" to "24 h";
    }
    "Propeller" {
        /// Where `aileron propeller` finds its server, `HOST:PORT`, or `https://HOST:PORT` for TLS.
        server: String = Preset("127.0.0.1:30080");
        /// File with authorities that the server's certificate may be of, beside the system's.
        server_ca: Option<PathBuf> = Unset("the system's alone");
        /// File with the certificate by which the propeller proves to be one; see `tls_client_ca`.
        server_cert: Option<PathBuf> = Unset("none");
        /// File with its key.
        server_key: Option<PathBuf> = Unset("none");
        /// The program as which the propeller calls a server that tells callers apart, when it has no certificate; it needs
        /// the role `propeller`.
        server_client_id: Option<String> = Unset("none");
        /// File with that program's secret.
        server_client_secret_file: Option<PathBuf> = Unset("none");
        /// Whether tasks have a key of the bucket for each run, which opens what is of that run: takes a server that serves
        /// the bucket by `s3_listen` and tells callers apart; [more](objects.md).
        run_keys: bool = Preset("false");
        /// File with the platform's settings for pods of tasks, in Flyte's names, as YAML.
        plugins: Option<PathBuf> = Unset("defaults alone");
        /// The only namespace whose workflows it runs.
        propeller_namespace: Option<String> = Unset("all namespaces");
        /// Into how many shards workflows are divided; each is run by one propeller at a time.
        shards: u32 = Preset("1"), "1" to "32";
        /// The namespace of the shards' leases, for several propellers.
        lease_namespace: Option<String> = Unset("no leases: there is one propeller");
        /// The propeller's name among others.
        identity: Option<String> = Unset("the name of the machine or pod");
        /// How long the objects of ended workflows are kept; their pods go with them.
        keep_ended: Span = Preset("23 h"), "0" to "8760 h";
        /// At most how often the state of a workflow is written into its object.
        checkpoint_interval: Span = Preset("1 s"), "0" to "1 min";
    }
    "Registering and launching" {
        /// Projects that exist from the start.
        projects: Vec<String> = Preset("flytesnacks");
        /// Domains that every project has.
        domains: Vec<String> = Preset("development,staging,production");
        /// Most nodes of one execution that run at once, when neither launch nor launch plan says.
        max_parallelism: u32 = Preset("25"), "0" to "100000";
        /// Labels of executions that have none of their own, from their launch plan or by attributes.
        execution_labels: Pairs = Preset("");
        /// The same of annotations.
        execution_annotations: Pairs = Preset("");
        /// The same of environment variables of their tasks.
        execution_env: Pairs = Preset("");
        /// The same of the URI below which tasks put bulk data.
        raw_output_prefix: Option<String> = Unset("below the objects");
        /// The same of the service account that tasks run as on Kubernetes.
        service_account: Option<String> = Unset("the namespace's");
        /// The same of the role that tasks have in a cloud.
        iam_role: Option<String> = Unset("none");
        /// Whether tasks may be interrupted where nothing else says.
        interruptible: bool = Preset("false");
        /// Whether cached results are ignored and replaced in every execution.
        overwrite_cache: bool = Preset("false");
        /// Types of tasks that may be registered in some places alone, as TYPE=PROJECT or TYPE=PROJECT/DOMAIN.
        task_type_whitelist: Pairs = Preset("");
        /// Labels of this data plane, where several share a database; [more](attributes.md).
        cluster_labels: Vec<String> = Preset("");
        /// Longest that any execution may take; the annotation `aileron/timeout` says it for one.
        execution_timeout: Option<Span> = Unset("no limit"), "1 s" to "87600 h";
        /// Most nodes of a registered workflow, start and end not counted; 0 is no limit.
        max_workflow_nodes: usize = Preset("10000"), "0" to "1000000";
        /// CPU of tasks that ask for none.
        task_cpu: Quantity = Preset("500m");
        /// Memory of tasks that ask for none.
        task_memory: Quantity = Preset("1Gi");
        /// Most CPU that a task may ask for.
        task_cpu_limit: Option<Quantity> = Unset("no limit");
        /// Most memory that a task may ask for.
        task_memory_limit: Option<Quantity> = Unset("no limit");
        /// Most ticks of a schedule that are made up for after an outage, the newest; 0 is none.
        max_missed_ticks: usize = Preset("100"), "0" to "100000";
    }
    "Notifications" {
        /// The mail server by which people are told how executions have ended; [more](notifications.md).
        smtp_url: Option<String> = Unset("no mails");
        /// The name by which to log in there.
        smtp_user: Option<String> = Unset("no login");
        /// File with the password.
        smtp_password_file: Option<PathBuf> = Unset("no login");
        /// From whom mails come: an address, or `Name <address>`.
        mail_sender: Option<String> = Unset("must be given with `smtp_url`");
        /// Their subject, with names in double braces.
        mail_subject: Option<String> = Unset("project, domain, name and phase");
        /// Their text, likewise.
        mail_body: Option<String> = Unset("a sentence, the error, and the address of the page");
        /// An address that is called with each notification.
        notification_webhook: Option<String> = Unset("nobody is called");
    }
    "Limits" {
        /// Largest message that is read.
        max_message_size: Size = Preset("64 MiB"), "64 KiB" to "1 GiB";
        /// Inputs and outputs above it are answered by a signed URL.
        max_inline_size: Size = Preset("1 MiB"), "0" to "64 MiB";
        /// Largest file that is uploaded.
        max_upload_size: Size = Preset("4 GiB"), "1 MiB" to "1024 GiB";
        /// Longest life of a signed URL, and its life when a request does not say.
        max_url_life: Span = Preset("1 h"), "1 s" to "168 h";
        /// Most connections that are open; those beyond are closed.
        max_connections: usize = Preset("1000"), "1" to "100000";
        /// Most requests at work at once; those beyond are refused with RESOURCE_EXHAUSTED (HTTP 429).
        max_requests: usize = Preset("1024"), "1" to "100000";
        /// Most requests at work at once on one connection; those beyond are refused likewise.
        max_requests_per_connection: usize = Preset("256"), "1" to "100000";
        /// How long a connection may take to say what it wants: its first bytes, and each head of HTTP/1.
        header_timeout: Span = Preset("30 s"), "100 ms" to "10 min";
        /// How long a request may take until its answer begins; transfers of files may take longer.
        request_timeout: Span = Preset("1 min"), "100 ms" to "1 h";
        /// How long one list may be read: a filter that no index serves reads every row there is.
        query_timeout: Span = Preset("10 s"), "100 ms" to "10 min";
        /// How long requests at work may take once the server is asked to stop.
        drain_timeout: Span = Preset("8 s"), "0" to "10 min";
    }
    "Observing" {
        /// What is written to standard error.
        log: LogFilter = Preset("info");
        /// How it is written.
        log_format: LogFormat = Preset("text");
        /// Collector that traces are sent to; [more](operations.md).
        otlp_endpoint: Option<Url> = Unset("no traces");
        /// What it speaks.
        otlp_protocol: OtlpProtocol = Preset("grpc");
        /// How many of a hundred traces are sent that no caller has begun.
        trace_percent: u32 = Preset("100"), "0" to "100";
    }
}

/// A configuration that holds.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// Where each value comes from.
    pub(crate) given: Given,
}

/// Reads the file, the environment and the flags.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub(crate) fn load(options: Options) -> Result<Loaded, Problems> {
    let given = Given::gather(options)?;
    Ok(Loaded { settings: Settings::read(&given)?, given })
}

/// The settings of a command line, for tests.
#[cfg(test)]
pub(crate) fn of_flags(flags: &[&str]) -> Settings {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }
    let words = ["aileron", "--data-dir", "data"].into_iter().chain(flags.iter().copied());
    let line = <Line as clap::Parser>::parse_from(words);
    load(line.options).unwrap_or_else(|problems| panic!("{problems}")).settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use expect_test::expect;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn loaded(file: &str, flags: &[&str]) -> Result<Loaded, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aileron.toml");
        std::fs::write(&path, file).unwrap();
        let words = ["aileron", "--data-dir"].map(str::to_owned).into_iter();
        let folder_name = folder.path().to_str().unwrap().to_owned();
        let words = words.chain([folder_name.clone()]).chain(flags.iter().map(|word| (*word).to_owned()));
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        load(line.options).map_err(|problems| problems.to_string().replace(&folder_name, "DIR"))
    }

    #[test]
    fn a_flag_counts_before_the_file_and_the_file_before_the_default() {
        let file = "max_nesting = 7\nmax_parallelism = 8\n";
        let Loaded { settings, given } = loaded(file, &["--max-nesting", "9"]).unwrap();
        assert_eq!((settings.max_nesting, settings.max_parallelism, settings.max_missed_ticks), (9, 8, 100));
        let origin = |name: &str| given.effective(table::key(name).unwrap()).1;
        assert_eq!(origin("max_nesting"), Origin::Flag("max-nesting".to_owned()));
        assert!(matches!(origin("max_parallelism"), Origin::File { line: 2, .. }));
        assert_eq!(origin("max_missed_ticks"), Origin::Default);
    }

    #[test]
    fn all_wrong_values_are_told_at_once() {
        let file = "parallel_attempts = 0\nmax_message_size = \"1 TB\"\nlog_format = true\n";
        expect![[r"
            the configuration is wrong
              DIR/aileron.toml:1: invalid value for `parallel_attempts`: `0` is no number for this: number would be zero for non-zero type
              --max-nesting: invalid value for `max_nesting`: `1001` is not between 1 and 1000
              DIR/aileron.toml:2: invalid value for `max_message_size`: `1 TB` is no size; write a whole number of bytes, or `64 MiB`
              DIR/aileron.toml:3: invalid value for `log_format`: `true` is no format; write `text` or `json`"]]
        .assert_eq(&loaded(file, &["--max-nesting", "1001"]).unwrap_err());
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let told = loaded("", &["--config", "nowhere.toml"]).unwrap_err();
        assert!(told.contains("failed to read nowhere.toml: No such file"), "{told}");
    }

    #[test]
    fn what_has_no_default_must_be_given() {
        let line = Line::try_parse_from(["aileron"]).unwrap();
        expect![[r"
            the configuration is wrong
              missing `data_dir`: give --data-dir, AILERON_DATA_DIR, or `data_dir` in a file that --config names"]]
        .assert_eq(&load(line.options).unwrap_err().to_string());
    }
}
