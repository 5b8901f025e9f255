//! The object store that the settings name, and the door by which it is served as S3.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aileron_crd::ExecutionId;
use aileron_propeller::container::objects::{ObjectAccess, RunKeys, Variables};
use aileron_s3::{Credentials, Door, Gate};
use aileron_server::{RunKey, Subject};
use aileron_storage::{Storage, Target};
use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::settings::{self, Auth, Options, Settings};

/// The variables that hold a key of S3.
const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
/// How long open requests may take once the server was asked to stop.
const DRAIN: Duration = Duration::from_secs(2);
/// How long the parts of an object may wait for its last one.
const UPLOAD_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The store, what tasks need to reach it, and what is to be served of it.
pub(crate) struct Objects {
    pub(crate) storage: Storage,
    /// By what tasks reach it.
    pub(crate) access: ObjectAccess,
    /// The store as S3.
    pub(crate) door: Option<OpenDoor>,
}

/// A listener, and what answers on it.
pub(crate) struct OpenDoor {
    listener: TcpListener,
    door: Door,
    credentials: Credentials,
}

impl OpenDoor {
    /// Answers until `stop` is cancelled; what is under way then may take a moment more.
    pub(crate) async fn serve(self, stop: CancellationToken, gate: Option<Arc<dyn Gate>>) -> io::Result<()> {
        self.door.sweep(long_ago()).await;
        let router = self.door.router(self.credentials, gate);
        let stopped = stop.clone().cancelled_owned();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(stopped);
        tokio::select! {
            served = serving.into_future() => served,
            () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => Ok(()),
        }
    }
}

/// Uploads that were begun before are given up.
#[expect(clippy::disallowed_methods, reason = "this is the binary, which has the clock")]
fn long_ago() -> SystemTime {
    SystemTime::now() - UPLOAD_LIFE
}

/// Opens the store and makes sure that it answers.
pub(crate) async fn open(settings: &Settings) -> Result<Objects> {
    let target = target(settings)?;
    let storage = target.open().context("the settings `objects` and `objects_...` name no store")?;
    if let Some(address) = settings.s3_listen {
        return serve(settings, storage, address).await;
    }
    if !storage.is_shared() {
        bail!(
            "objects: tasks are processes of their own and cannot reach the memory of this one; name a \
             folder or a bucket, or set s3_listen"
        );
    }
    storage.probe().await?;
    let storage = if settings.objects_through_server { storage.without_signer() } else { storage };
    Ok(Objects { storage, access: ObjectAccess::Shared(target.task_environment()), door: None })
}

/// The store of a server in another process: a bucket, or its door.
pub(crate) async fn of_others(settings: &Settings) -> Result<Objects> {
    let target = target(settings)?;
    let storage = target.open().context("the settings `objects` and `objects_...` name no store")?;
    if !storage.signs_urls() {
        bail!(
            "objects: pods cannot reach a folder or memory; name a bucket, or what the server serves by s3_listen"
        );
    }
    let access = access(target, settings.run_keys)?;
    Ok(Objects { storage, access, door: None })
}

/// The objects are named as the door shows them, so that whatever speaks S3 finds them.
async fn serve(settings: &Settings, storage: Storage, address: SocketAddr) -> Result<Objects> {
    if storage.signs_urls() {
        bail!("s3_listen: the objects are in a bucket already; only a folder or memory is served");
    }
    std::fs::create_dir_all(&settings.data_dir).context("data_dir: the folder cannot be made")?;
    let listener = crate::serve::listen(address, "s3_listen").await?;
    let credentials = Credentials::open(&key_file(settings))?;
    let door = Door::open(aileron_s3::Settings {
        bucket: settings.s3_bucket.clone(),
        storage: storage.clone(),
        buckets: settings.data_dir.join("buckets"),
        staging: settings.data_dir.join("staging"),
    })
    .context("the settings `s3_...` cannot be used")?;
    let root = format!("s3://{}", settings.s3_bucket);
    let own = format!("http://{}", reachable(listener.local_addr()?));
    let as_client = Target {
        endpoint: Some(settings.s3_url.clone().map_or(own, |url| url.0)),
        allow_http: true,
        environment: variables(credentials.clone()).into(),
        ..Target::new(&root)
    };
    Ok(Objects {
        storage: storage.renamed(root),
        access: access(as_client, settings.auth != Auth::Off)?,
        door: Some(OpenDoor { listener, door, credentials }),
    })
}

/// By what tasks reach a bucket: the key that we have ourselves, or one of their run's that follows from it.
fn access(target: Target, of_run: bool) -> Result<ObjectAccess> {
    if !of_run {
        return Ok(ObjectAccess::Shared(target.task_environment()));
    }
    let find = |wanted: &str| {
        let found = target.environment.iter().find(|(name, value)| name == wanted && !value.is_empty());
        found.map(|(_, value)| value.clone())
    };
    let own =
        find(ACCESS_KEY).zip(find(SECRET)).map(|(access_key, secret)| Credentials { access_key, secret });
    let own = own.with_context(|| {
        format!("run_keys: keys of runs follow from the server's; set {ACCESS_KEY} and {SECRET} to what its `s3_key_file` holds")
    })?;
    Ok(ObjectAccess::OfRun(Arc::new(DoorKeys { target, own })))
}

/// Keys of the door for runs.
struct DoorKeys {
    target: Target,
    own: Credentials,
}

impl RunKeys for DoorKeys {
    fn variables(&self, run: &ExecutionId) -> Variables {
        let ExecutionId { project, domain, name } = run.clone();
        let key = self.own.of(&RunKey { project, domain, name }.to_string());
        let rest = self.target.environment.iter().filter(|(name, _)| name != ACCESS_KEY && name != SECRET);
        let environment = rest.cloned().chain(variables(key)).collect();
        Target { environment, ..self.target.clone() }.task_environment()
    }
}

fn variables(key: Credentials) -> [(String, String); 2] {
    [(ACCESS_KEY.to_owned(), key.access_key), (SECRET.to_owned(), key.secret)]
}

fn key_file(settings: &Settings) -> PathBuf {
    settings.s3_key_file.clone().unwrap_or_else(|| settings.data_dir.join("s3.key"))
}

/// Whose key is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct S3Key {
    /// user:NAME or client:NAME.
    who: Subject,
    #[command(flatten)]
    options: Options,
}

/// Prints a caller's key of the door.
pub(crate) fn print_key(asked: S3Key) -> Result<()> {
    if !matches!(asked.who, Subject::User(_) | Subject::Client(_)) {
        bail!("{}: a key is one person's or one program's; write user:NAME or client:NAME", asked.who)
    }
    let settings = settings::load(asked.options)?.settings;
    std::fs::create_dir_all(&settings.data_dir).context("data_dir: the folder cannot be made")?;
    let key = Credentials::open(&key_file(&settings))?.of(&asked.who.to_string());
    crate::serve::say(&format!("{}\n{}", key.access_key, key.secret))
}

/// An address that processes of this machine can connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn target(settings: &Settings) -> Result<Target> {
    let own = || {
        let folder = std::path::absolute(settings.data_dir.join("objects"))?;
        folder.into_os_string().into_string().ok().context("data_dir: the path is not UTF-8")
    };
    Ok(Target {
        uri: settings.objects.clone().map_or_else(own, |uri| Ok(uri.0))?,
        endpoint: settings.objects_endpoint.clone().map(|url| url.0),
        region: settings.objects_region.clone(),
        virtual_host: settings.objects_virtual_host,
        allow_http: settings.objects_allow_http,
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    })
}
