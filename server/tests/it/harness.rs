//! A server on a free port, and clients for it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use aileron_idl::datacatalog::data_catalog_client::DataCatalogClient;
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_idl::service::data_proxy_service_client::DataProxyServiceClient;
use aileron_server::{Database, Executor, HandoverError, Server, Settings, WaitingError, WaitingPage};
use aileron_storage::Storage;
use futures::future::BoxFuture;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::Channel;

use crate::database;

/// What the executor was given.
#[derive(Debug, PartialEq)]
pub(crate) enum Handed {
    Start(Box<FlyteWorkflow>),
    Abort(ExecutionId, String),
}

/// An executor that keeps what it is given, after failing as often as it was told to.
pub(crate) struct Queue {
    handed: mpsc::UnboundedSender<Handed>,
    failures: Mutex<VecDeque<HandoverError>>,
    waiting: Mutex<Waiting>,
}

/// What it says when it is asked why nodes wait, and what it was asked.
#[derive(Default)]
struct Waiting {
    answer: Option<Result<ListWaitingNodesResponse, WaitingError>>,
    asked: Option<WaitingPage>,
}

impl Queue {
    fn take(&self, handed: Handed) -> Result<(), HandoverError> {
        if let Some(failure) = self.failures.lock().unwrap().pop_front() {
            return Err(failure);
        }
        self.handed.send(handed).unwrap();
        Ok(())
    }

    pub(crate) fn answer_waiting(&self, answer: Result<ListWaitingNodesResponse, WaitingError>) {
        self.waiting.lock().unwrap().answer = Some(answer);
    }

    pub(crate) fn asked_waiting(&self) -> Option<WaitingPage> {
        self.waiting.lock().unwrap().asked
    }

    pub(crate) fn fail_with(&self, failure: HandoverError) {
        self.failures.lock().unwrap().push_back(failure);
    }
}

impl Executor for Queue {
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(async move { self.take(Handed::Start(Box::new(workflow))) })
    }

    fn abort(&self, id: ExecutionId, cause: String) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(async move { self.take(Handed::Abort(id, cause)) })
    }

    fn waiting(
        &self,
        _: ExecutionId,
        page: WaitingPage,
    ) -> BoxFuture<'_, Result<ListWaitingNodesResponse, WaitingError>> {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.asked = Some(page);
        let answer = waiting.answer.take().unwrap_or(Err(WaitingError::Unsupported));
        Box::pin(std::future::ready(answer))
    }
}

/// No data plane: what is launched is only stored.
pub(crate) struct Nobody;

impl Executor for Nobody {
    fn start(&self, _: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn abort(&self, _: ExecutionId, _: String) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    pub(crate) queue: Arc<Queue>,
    pub(crate) handed: mpsc::UnboundedReceiver<Handed>,
    pub(crate) admin: AdminServiceClient<Channel>,
    pub(crate) data_proxy: DataProxyServiceClient<Channel>,
    pub(crate) catalog: DataCatalogClient<Channel>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) database: Database,
    _stop: DropGuard,
    folder: tempfile::TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> TestServer {
        Self::start_with(|_| {}, true).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Settings), launch: bool) -> TestServer {
        let folder = tempfile::tempdir().unwrap();
        let database = database::fresh(folder.path());
        Self::start_in(folder, database, adjust, launch).await
    }

    /// A server on a database that others can be beside it on.
    pub(crate) async fn start_shared(launch: bool) -> TestServer {
        Self::start_in(tempfile::tempdir().unwrap(), database::shared(), |_| {}, launch).await
    }

    /// Another server on the same database and objects, with a folder and a data plane of its own.
    pub(crate) async fn beside(&self, launch: bool) -> TestServer {
        self.beside_with(|_| {}, launch).await
    }

    /// The same with other settings.
    pub(crate) async fn beside_with(&self, adjust: impl FnOnce(&mut Settings), launch: bool) -> TestServer {
        let storage = self.storage.clone();
        let adjust = |settings: &mut Settings| {
            settings.storage = storage;
            adjust(settings);
        };
        Self::start_in(tempfile::tempdir().unwrap(), self.database.clone(), adjust, launch).await
    }

    async fn start_in(
        folder: tempfile::TempDir,
        database: Database,
        adjust: impl FnOnce(&mut Settings),
        launch: bool,
    ) -> TestServer {
        let storage = Storage::folder(&folder.path().join("objects")).unwrap();
        let mut settings = Settings::new(folder.path(), "http://public.test", storage.clone());
        settings.database = database.clone();
        adjust(&mut settings);
        let storage = settings.storage.clone();
        let limit = settings.max_message_size;
        let (sender, handed) = mpsc::unbounded_channel();
        let queue = Arc::new(Queue { handed: sender, failures: Mutex::default(), waiting: Mutex::default() });
        let server = Server::open(settings, queue.clone()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(listener, server.router(), stop.cancelled_owned()).await }
        });
        if launch {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move { server.run_launcher(stop).await });
        }
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        TestServer {
            server,
            storage,
            queue,
            handed,
            admin: AdminServiceClient::new(channel.clone()).max_decoding_message_size(limit),
            data_proxy: DataProxyServiceClient::new(channel.clone()),
            catalog: DataCatalogClient::new(channel),
            address,
            database,
            _stop: stop.clone().drop_guard(),
            stop,
            folder,
        }
    }

    /// A new server over the same folder and database, as after a crash.
    pub(crate) async fn restart(self) -> TestServer {
        Self::start_in(self.folder, self.database, |_| {}, true).await
    }

    pub(crate) async fn next_handed(&mut self) -> Handed {
        self.handed.recv().await.unwrap()
    }

    /// Everything that the server keeps.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn objects_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("objects")
    }

    pub(crate) fn objects(&self) -> Vec<std::path::PathBuf> {
        files(&self.folder.path().join("objects"))
    }

    /// Begins a launch by HTTP/1.1 whose body does not come: the request is at work.
    pub(crate) async fn slow_launch(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = "POST /api/v1/executions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server asks for the body once a handler wants it.
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&answer));
        stream
    }

    /// One HTTP/1.1 request on a connection of its own.
    pub(crate) async fn http(&self, head: &str, body: &[u8]) -> HttpAnswer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{head}\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        // A server may refuse before it has read everything.
        let _ = stream.write_all(body).await;
        let _ = stream.shutdown().await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        HttpAnswer::parse(&bytes)
    }

    pub(crate) async fn get(&self, path: &str, accept: &str) -> HttpAnswer {
        self.http(&format!("GET {path} HTTP/1.1\r\nAccept: {accept}"), b"").await
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl HttpAnswer {
    pub(crate) fn parse(bytes: &[u8]) -> HttpAnswer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer");
        let head = lower_names(&String::from_utf8_lossy(&bytes[..end]));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let rest = &bytes[end + 4..];
        let body = if head.contains("transfer-encoding: chunked") { unchunked(rest) } else { rest.to_vec() };
        HttpAnswer { status, head, body }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Names of headers are written in any case.
fn lower_names(head: &str) -> String {
    let lines = head.lines().map(|line| match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}\r\n", name.to_lowercase()),
        None => format!("{line}\r\n"),
    });
    lines.collect()
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

/// The typed detail of a refusal; the only other one says which request it is.
pub(crate) fn detail<M: prost::Message + Default>(status: &tonic::Status) -> M {
    #[derive(Clone, PartialEq, prost::Message)]
    struct RpcStatus {
        #[prost(message, repeated, tag = "3")]
        details: Vec<prost_types::Any>,
    }
    let details = RpcStatus::decode(status.details()).unwrap().details;
    assert_eq!(details.len(), 2, "{status:?}");
    assert!(details[1].type_url.ends_with("google.rpc.RequestInfo"), "{status:?}");
    M::decode(&*details[0].value).unwrap()
}
