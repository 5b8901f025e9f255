//! One listener for everything: HTTP/1.1 and HTTP/2 without TLS, told apart by their first bytes.

use std::future::Future;
use std::io;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// How long requests in flight may take once the server is to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Most requests in flight on one HTTP/2 connection.
const STREAMS: u32 = 1024;
/// Bytes of headers that are read: names in URLs and tokens are long.
const HEADER_BYTES: u32 = 64 << 10;
/// Flow-control windows that do not slow one large upload or answer.
const WINDOW_BYTES: u32 = 4 << 20;

/// Serves the router until `shutdown` completes, then lets requests in flight end for a while.
///
/// Clients may ping as often as they like: gRPC clients with short keepalives are not sent away.
///
/// # Errors
/// When the listener's address cannot be told; failed connections are logged and passed over.
pub async fn serve(
    listener: TcpListener,
    router: axum::Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::debug!(%address, "serving");
    let graceful = GracefulShutdown::new();
    let builder = builder();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connect(&builder, stream, router.clone(), &graceful),
                // Out of descriptors, mostly: some will be freed.
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time and are dropped");
    }
    Ok(())
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // A client whose upload broke off may still hear why it was refused.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30)).half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    builder
}

fn connect(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    router: axum::Router,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    });
}
