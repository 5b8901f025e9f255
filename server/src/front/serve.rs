//! One listener for everything: HTTP/1.1 and HTTP/2, told apart by their first bytes, in TLS or without.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::connection::Connection;
use super::tls::{self, Tls};
use super::{Front, Routes, around, preface};

/// Bytes of headers that are read: names in URLs and tokens are long.
const HEADER_BYTES: u32 = 64 << 10;
/// Flow-control windows that do not slow one large upload or answer.
const WINDOW_BYTES: u32 = 4 << 20;
/// Silent HTTP/2 clients are asked after this time whether they are there, and have that to answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));
/// Streams on one HTTP/2 connection beyond its limit of requests: those are told that they are too
/// many, where the rest would wait unheard.
const SPARE_STREAMS: usize = 1024;

/// Serves the routes until `shutdown` completes, then lets requests in flight end for a while.
///
/// Clients may ping as often as they like: gRPC clients with short keepalives are not sent away.
///
/// # Errors
/// When the listener's address cannot be told; failed connections are logged and passed over.
pub(crate) async fn serve(
    front: Arc<Front>,
    listener: TcpListener,
    routes: impl Routes,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::debug!(%address, "serving");
    let graceful = GracefulShutdown::new();
    let closing = CancellationToken::new();
    let (builder, routes) = (builder(&front), around(&front, routes));
    let host = Arc::new(Host { builder, routes, front, closing: closing.clone() });
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => host.clone().accept(stream, graceful.watcher()),
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
    closing.cancel();
    if tokio::time::timeout(host.front.limits.drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time and are dropped");
    }
    Ok(())
}

fn builder(front: &Front) -> Builder<TokioExecutor> {
    let limits = &front.limits;
    let streams = limits.max_requests_per_connection.saturating_add(SPARE_STREAMS);
    let mut builder = Builder::new(TokioExecutor::new());
    // A client whose upload broke off may still hear why it was refused.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout).half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .max_concurrent_streams(u32::try_from(streams).unwrap_or(u32::MAX))
        .max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    builder
}

/// What connections are served by.
struct Host<R> {
    front: Arc<Front>,
    builder: Builder<TokioExecutor>,
    routes: R,
    /// Cancelled when no connection begins any more.
    closing: CancellationToken,
}

impl<R: Routes> Host<R> {
    /// Serves one connection, unless there are as many as may be: then it is closed.
    fn accept(self: Arc<Self>, stream: TcpStream, watcher: Watcher) {
        let limits = &self.front.limits;
        let open = &self.front.metrics.connections;
        if open.get() >= i64::try_from(limits.max_connections).unwrap_or(i64::MAX) {
            self.front.metrics.refused("connections");
            tracing::warn!(max_connections = limits.max_connections, "a connection too many is closed");
            return;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "failed to set TCP_NODELAY");
        }
        open.inc();
        tokio::spawn(async move {
            self.serve(stream, watcher).await;
            self.front.metrics.connections.dec();
        });
    }

    async fn serve(&self, stream: TcpStream, watcher: Watcher) {
        let connection = Connection { peer: stream.peer_addr().ok(), ..Connection::default() };
        match &self.front.tls {
            None => self.serve_plain(stream, connection, watcher).await,
            Some(tls) => self.serve_tls(tls, stream, connection, watcher).await,
        }
    }

    async fn serve_tls(&self, tls: &Tls, stream: TcpStream, connection: Connection, watcher: Watcher) {
        let patience = self.front.limits.header_timeout;
        let agreed = tokio::select! {
            agreed = tokio::time::timeout(patience, tls.acceptor().accept(stream)) => agreed,
            () = self.closing.cancelled() => return,
        };
        let stream = match agreed {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "a connection did not agree on TLS"),
            Err(_) => return tracing::debug!("a connection did not agree on TLS in time and is closed"),
        };
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let part = certificate.map(|certificate| tls::part(certificate).into());
        self.serve_plain(stream, Connection { tls: true, part, ..connection }, watcher).await;
    }

    async fn serve_plain<S>(&self, stream: S, connection: Connection, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let patience = self.front.limits.header_timeout;
        let first = tokio::select! {
            first = tokio::time::timeout(patience, preface::read(stream)) => first,
            () = self.closing.cancelled() => return,
        };
        let stream = match first {
            Ok(Ok(stream)) => TokioIo::new(stream),
            Ok(Err(error)) => return tracing::debug!(%error, "a connection ended before it began"),
            Err(_) => return tracing::debug!("a connection said nothing in time and is closed"),
        };
        tracing::trace!(peer = ?connection.peer, part = connection.part.as_deref(), "a connection begins");
        let routes = self.routes.clone().map_request(move |request: Request<_>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(connection.clone());
            request
        });
        let service = TowerToHyperService::new(routes);
        let served = self.builder.serve_connection_with_upgrades(stream, service).into_owned();
        if let Err(error) = watcher.watch(served).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}
