//! `aileron serve`: everything in one process, on one port.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use aileron_idl::admin::{
    Annotations, Envs, Labels, RawOutputDataConfig, TaskResourceAttributes, TaskResourceSpec,
    WorkflowExecutionConfig,
};
use aileron_idl::core::{Identity, KeyValuePair, SecurityContext};
use aileron_propeller::container::objects::ObjectAccess;
use aileron_propeller::local::{self, ContainerEngine, Settings as DriverSettings};
use aileron_s3::Gate;
use aileron_server::{Limits, Server, Settings as ServerSettings, TaskTypeScope, TlsFiles};
use aileron_storage::Storage;
use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::batch::batch;
use crate::connectors::connectors;
use crate::gate::Policy;
use crate::notifications::notifications;
use crate::objects;
use crate::plane::Prepared;
use crate::settings::{Auth, Containers, Pairs, Quantity, Settings, TaskLimits};
use crate::{access, console, exposure, isolation, metrics, migrate};

/// Files, pipes and sockets that the server and its tasks use beside clients' connections.
const SPARE_FILES: u64 = 512;

pub(crate) async fn serve(settings: Settings) -> Result<()> {
    exposure::check(&settings)?;
    check_engine(settings.containers)?;
    allow_connections(settings.max_connections);
    let listener = listen(settings.listen, "listen").await?;
    let address = listener.local_addr()?;
    let scheme = if settings.tls_cert.is_some() { "https" } else { "http" };
    let own_url = format!("{scheme}://{address}");
    let public_url = settings.public_url.clone().map_or_else(|| own_url.clone(), |url| url.0);
    let objects = objects::open(&settings).await?;

    let prepared = Prepared::of(&settings, &objects.storage).await?;
    let mut server_settings = server_settings(&settings, &public_url, objects.storage.clone());
    server_settings.database = migrate::database(&settings)?;
    server_settings.cluster = prepared.name();
    server_settings.authentication = access::authentication(&settings)?;
    server_settings.notifications = notifications(&settings)?;
    let server = Server::open(server_settings, prepared.executor()).await?;
    let isolation = isolation::isolation(&settings, &objects.storage)?;
    let mut driver_settings = driver_settings(&settings, &public_url, objects.storage, objects.access);
    driver_settings.isolation = isolation;
    driver_settings.connectors = connectors(settings.connectors.as_deref())?;
    driver_settings.batch = batch(settings.aws_batch.as_deref())?;
    let plane = prepared.begin(&server, driver_settings, settings.lost_after.0).await?;

    let stop = CancellationToken::new();
    let launcher = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.run_launcher(stop).await }
    });
    let scheduler = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.run_scheduler(stop).await }
    });
    let notifier = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.run_notifier(stop).await }
    });
    let others = server.guarded(plane.logs().merge(metrics::router(&server, plane.driver())));
    let router = console::router().merge(others).merge(server.router());
    let serving = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.serve(listener, router, stop.cancelled_owned()).await }
    });
    // Where callers are not told apart there is one key, the platform's.
    let gate = (settings.auth != Auth::Off).then(|| Arc::new(Policy(server.clone())) as Arc<dyn Gate>);
    let door = objects.door.map(|door| tokio::spawn(door.serve(stop.clone(), gate)));
    let signals = StopSignals::heed()?;
    say(&format!("aileron answers on {own_url}"))?;

    signals.asked().await;
    stop.cancel();
    plane.shutdown().await?;
    launcher.await?;
    scheduler.await?;
    notifier.await?;
    serving.await??;
    if let Some(door) = door {
        door.await??;
    }
    Ok(())
}

fn server_settings(settings: &Settings, public_url: &str, storage: Storage) -> ServerSettings {
    ServerSettings {
        projects: settings.projects.clone(),
        domains: settings.domains.clone(),
        execution_defaults: execution_defaults(settings),
        task_type_scopes: settings.task_type_whitelist.0.iter().map(task_type_scope).collect(),
        cluster_labels: settings.cluster_labels.clone(),
        execution_timeout: settings.execution_timeout.map(|span| span.0),
        task_resources: task_resources(settings),
        max_workflow_nodes: settings.max_workflow_nodes,
        max_missed_ticks: settings.max_missed_ticks,
        query_timeout: settings.query_timeout.0,
        max_message_size: usize::try_from(settings.max_message_size.0).unwrap_or(usize::MAX),
        max_inline_size: settings.max_inline_size.0,
        max_upload_size: settings.max_upload_size.0,
        max_url_life: settings.max_url_life.0,
        cors_origins: settings.cors_origins.clone(),
        limits: limits(settings),
        roles_file: settings.roles_file.clone(),
        max_caller_rate: settings.max_caller_rate,
        tls: tls(settings),
        ..ServerSettings::new(&settings.data_dir, public_url, storage)
    }
}

fn execution_defaults(settings: &Settings) -> WorkflowExecutionConfig {
    let values = |pairs: &Pairs| pairs.0.iter().cloned().collect();
    let env = |(key, value): &(String, String)| KeyValuePair { key: key.clone(), value: value.clone() };
    let run_as = Identity {
        iam_role: settings.iam_role.clone().unwrap_or_default(),
        k8s_service_account: settings.service_account.clone().unwrap_or_default(),
        ..Identity::default()
    };
    let raw_output = |prefix: &String| RawOutputDataConfig { output_location_prefix: prefix.clone() };
    WorkflowExecutionConfig {
        max_parallelism: settings.max_parallelism.cast_signed(),
        labels: Some(Labels { values: values(&settings.execution_labels) }),
        annotations: Some(Annotations { values: values(&settings.execution_annotations) }),
        envs: Some(Envs { values: settings.execution_env.0.iter().map(env).collect() }),
        raw_output_data_config: settings.raw_output_prefix.as_ref().map(raw_output),
        security_context: Some(SecurityContext { run_as: Some(run_as), ..SecurityContext::default() }),
        interruptible: settings.interruptible.then_some(true),
        overwrite_cache: settings.overwrite_cache,
        ..WorkflowExecutionConfig::default()
    }
}

/// A type and `PROJECT` or `PROJECT/DOMAIN`.
fn task_type_scope((task_type, place): &(String, String)) -> TaskTypeScope {
    let (project, domain) = match place.split_once('/') {
        Some((project, domain)) => (project, Some(domain.to_owned())),
        None => (place.as_str(), None),
    };
    TaskTypeScope { task_type: task_type.clone(), project: project.to_owned(), domain }
}

fn tls(settings: &Settings) -> Option<TlsFiles> {
    let (certificate, key) = settings.tls_cert.clone().zip(settings.tls_key.clone())?;
    Some(TlsFiles { certificate, key, client_authorities: settings.tls_client_ca.clone() })
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        max_connections: settings.max_connections,
        max_requests: settings.max_requests,
        max_requests_per_connection: settings.max_requests_per_connection,
        header_timeout: settings.header_timeout.0,
        request_timeout: settings.request_timeout.0,
        drain_timeout: settings.drain_timeout.0,
    }
}

fn task_resources(settings: &Settings) -> TaskResourceAttributes {
    let spec = |cpu: Option<&Quantity>, memory: Option<&Quantity>| {
        let text =
            |quantity: Option<&Quantity>| quantity.map(|quantity| quantity.0.clone()).unwrap_or_default();
        let given = cpu.is_some() || memory.is_some();
        given.then(|| TaskResourceSpec {
            cpu: text(cpu),
            memory: text(memory),
            ..TaskResourceSpec::default()
        })
    };
    TaskResourceAttributes {
        defaults: spec(Some(&settings.task_cpu), Some(&settings.task_memory)),
        limits: spec(settings.task_cpu_limit.as_ref(), settings.task_memory_limit.as_ref()),
    }
}

fn driver_settings(
    settings: &Settings,
    public_url: &str,
    storage: Storage,
    objects: ObjectAccess,
) -> DriverSettings {
    let defaults = DriverSettings::new(&settings.data_dir, storage);
    DriverSettings {
        task_path: settings.task_path.clone(),
        parallel_attempts: settings.parallel_attempts.unwrap_or(defaults.parallel_attempts),
        log_url_prefix: format!("{public_url}/api/v1/logs"),
        environment: std::env::vars_os().collect(),
        objects,
        grace: settings.task_grace.0,
        warm_workers: settings.warm_workers,
        containers: engine(settings.containers),
        task_limits: match settings.task_limits {
            TaskLimits::Off => local::TaskLimits::Off,
            TaskLimits::Asked => local::TaskLimits::Asked,
            TaskLimits::All => local::TaskLimits::All,
        },
        task_log_size: settings.task_log_size.0,
        max_nesting: settings.max_nesting,
        ..defaults
    }
}

const fn engine(containers: Containers) -> Option<ContainerEngine> {
    match containers {
        Containers::Off => None,
        Containers::Podman => Some(ContainerEngine::Podman),
        Containers::Docker => Some(ContainerEngine::Docker),
    }
}

/// Refuses to start when tasks are to run in their images and nothing is there that could.
fn check_engine(containers: Containers) -> Result<()> {
    let Some(engine) = engine(containers) else { return Ok(()) };
    engine.check().map_err(|told| {
        let program = engine.program();
        anyhow!(
            "containers: {program} does not answer: {told}; install and start it (`{program} info` must work for \
             this user), or leave `containers` off"
        )
    })
}

/// Asks the system for as many open files as the connections need; what it does not give is told.
fn allow_connections(most: usize) {
    let needed = most as u64 + SPARE_FILES;
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= needed) {
        return;
    }
    let current = now.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: now.maximum });
    if raised.is_err() || current < needed {
        tracing::warn!(needed, "the limit on open files is below what max_connections needs; raise it");
    }
}

/// A listener at the address that a setting names.
pub(crate) async fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let flag = setting.replace('_', "-");
            bail!("{address} is in use; stop what listens there, or give another address with --{flag}")
        }
        Err(error) => Err(error).with_context(|| format!("failed to listen on {address}")),
    }
}

/// The one line on standard output, for people and for scripts that wait for it.
pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("failed to write to standard output")
}

/// SIGTERM and SIGINT, from now on. Before, they end the process at once, as long as it starts.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// To be called before anyone is told that the program is up, who may stop it then.
    pub(crate) fn heed() -> Result<StopSignals> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(StopSignals { terminate, interrupt })
    }

    /// Returns at the first of them.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
