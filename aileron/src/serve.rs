//! `aileron serve`: everything in one process, on one port.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aileron_propeller::local::{LocalDriver, Settings as DriverSettings};
use aileron_server::{Server, Settings};
use aileron_storage::Storage;
use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::wiring::{InProcessControl, InProcessSink, LocalExecutor};
use crate::{console, logs};

/// How long open requests may take once the server was asked to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// What `aileron serve` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Address that gRPC, gRPC-web, REST and the console share.
    #[arg(long, default_value = "127.0.0.1:30080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Folder for everything that is kept; made when missing.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Goes before PATH for tasks: the `bin` folder of a Python environment with flytekit.
    #[arg(long, value_name = "DIR")]
    task_path: Option<PathBuf>,
    /// Most task attempts that run at once; the number of cores when not given.
    #[arg(long, value_name = "N")]
    parallel_attempts: Option<NonZeroUsize>,
    /// Scheme, host and port that clients reach this server by, when they do not use the address above.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

pub(crate) async fn serve(options: Options) -> Result<()> {
    let listener = listen(options.listen).await?;
    let address = listener.local_addr()?;
    let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let storage = Storage::folder(&options.data_dir.join("objects"))?;

    let executor = LocalExecutor::default();
    let settings = Settings::new(&options.data_dir, public_url.clone(), storage.clone());
    let server = Server::open(settings, Arc::new(executor.clone())).await?;
    let sink = Arc::new(InProcessSink(server.clone()));
    let control = Arc::new(InProcessControl(server.clone()));
    let driver = LocalDriver::open(driver_settings(&options, &public_url, storage), sink, control).await?;
    executor.attach(driver.clone());

    let stop = CancellationToken::new();
    let launcher = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.run_launcher(stop).await }
    });
    let scheduler = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.run_scheduler(stop).await }
    });
    let router = console::router().merge(logs::router(driver.logs())).merge(server.router());
    let serving = tokio::spawn(aileron_server::serve(listener, router, stop.clone().cancelled_owned()));
    say(&format!("aileron answers on http://{address}"))?;

    stop_asked().await?;
    stop.cancel();
    driver.shutdown().await;
    launcher.await?;
    scheduler.await?;
    // Open streams of clients that do not let go must not hold the process up.
    if let Ok(served) = tokio::time::timeout(DRAIN, serving).await {
        served??;
    }
    Ok(())
}

fn driver_settings(options: &Options, public_url: &str, storage: Storage) -> DriverSettings {
    let mut settings = DriverSettings::new(&options.data_dir, storage);
    settings.task_path = options.task_path.clone();
    settings.log_url_prefix = format!("{public_url}/api/v1/logs");
    settings.environment = std::env::vars_os().collect();
    if let Some(attempts) = options.parallel_attempts {
        settings.parallel_attempts = attempts;
    }
    settings
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("{address} is in use; stop what listens there, or give another address with --listen")
        }
        Err(error) => Err(error).with_context(|| format!("failed to listen on {address}")),
    }
}

/// The one line on standard output, for people and for scripts that wait for it.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("failed to write to standard output")
}

/// Returns at the first SIGTERM or SIGINT.
async fn stop_asked() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
