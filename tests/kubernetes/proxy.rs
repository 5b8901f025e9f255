//! An API server that fails as real ones do now and then: it stands before the real one and passes on what it does
//! not refuse, lose or cut.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use kube::Client;
use kube::client::Body as KubeBody;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

/// Most bytes of one request.
const MOST: usize = 8 << 20;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is passed on, and so is its answer.
    Passed,
    /// A write is refused, as if someone else had been faster.
    Conflict,
    /// It is refused for there being too many.
    Throttled,
    /// It is refused by a server that is not itself.
    Unwell,
    /// It is passed on, and its answer is lost on the way.
    Lost,
    /// A watch begins where the server does not remember any more.
    Expired,
    /// A watch breaks off after a moment.
    Cut,
}

const FATES: usize = Fate::Cut as usize + 1;

/// The proxy, which answers as long as this lives.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    counts: Arc<[AtomicU32; FATES]>,
    away: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

struct Door {
    client: Client,
    /// Nothing fails without.
    dice: Option<Mutex<StdRng>>,
    /// How many watches were begun.
    watches: AtomicU32,
    counts: Arc<[AtomicU32; FATES]>,
    away: watch::Receiver<bool>,
    /// What was watched when the server went away: it remembers nothing of before.
    forgotten: Mutex<HashSet<String>>,
}

impl Proxy {
    /// Before the API server that a client reaches; with a seed it fails.
    pub(crate) async fn start(client: Client, seed: Option<u64>) -> Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts: Arc<[AtomicU32; FATES]> = Arc::default();
        let dice = seed.map(|seed| Mutex::new(StdRng::seed_from_u64(seed)));
        let (away, is_away) = watch::channel(false);
        let door = Door {
            client,
            dice,
            watches: AtomicU32::new(0),
            counts: counts.clone(),
            away: is_away,
            forgotten: Mutex::default(),
        };
        let door = Arc::new(door);
        let router = Router::new().fallback(answer).with_state(door);
        let task = tokio::spawn(async move {
            // It ends when it is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Proxy { address, counts, away, task })
    }

    /// Has nothing pass until it is there again, ends all watches, and begins none of them again where it was.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.away.send_replace(is_away);
    }

    /// A file by which clients reach it, in a folder.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("proxy.yaml");
        let cluster = json!({ "name": "c", "cluster": { "server": format!("http://{}", self.address) } });
        let context = json!({ "name": "c", "context": { "cluster": "c", "user": "u" } });
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [cluster], "contexts": [context], "users": [{ "name": "u", "user": {} }],
        });
        std::fs::write(&file, config.to_string())?;
        Ok(file)
    }

    /// How many requests had a fate.
    pub(crate) fn count(&self, fate: Fate) -> u32 {
        self.counts[fate as usize].load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(door): State<Arc<Door>>, request: Request) -> Response {
    let is_watch = request.uri().query().is_some_and(|query| query.contains("watch="));
    let path = request.uri().path().to_owned();
    let fate = match *door.away.borrow() {
        true => Fate::Unwell,
        false if is_watch && door.forgotten().remove(&path) => Fate::Expired,
        false => door.fate(is_watch, request.method()),
    };
    door.counts[fate as usize].fetch_add(1, Ordering::Relaxed);
    match fate {
        Fate::Passed if is_watch => door.watch(request, path).await,
        Fate::Conflict => refused(StatusCode::CONFLICT, "Conflict"),
        Fate::Throttled => refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        Fate::Unwell => refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Fate::Expired => expired(),
        Fate::Passed => door.pass(request).await,
        Fate::Lost => broken(door.pass(request).await, std::future::ready(())),
        Fate::Cut => broken(door.pass(request).await, sleep(door.moment())),
    }
}

impl Door {
    fn fate(&self, is_watch: bool, method: &Method) -> Fate {
        let Some(dice) = &self.dice else { return Fate::Passed };
        if is_watch {
            // There are few of them: each fate has its turn.
            let turn = self.watches.fetch_add(1, Ordering::Relaxed);
            return [Fate::Cut, Fate::Expired, Fate::Cut, Fate::Passed][turn as usize % 4];
        }
        let thrown = dice.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..100);
        match thrown {
            0..10 => Fate::Throttled,
            10..15 => Fate::Unwell,
            15..25 => Fate::Lost,
            25..40 if *method != Method::GET => Fate::Conflict,
            _ => Fate::Passed,
        }
    }

    fn forgotten(&self) -> MutexGuard<'_, HashSet<String>> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes a watch on until nothing passes any more.
    async fn watch(self: &Arc<Door>, request: Request, path: String) -> Response {
        let (door, mut away) = (self.clone(), self.away.clone());
        let until = async move {
            // Without the proxy nothing passes either.
            let _ = away.wait_for(|is_away| *is_away).await;
            door.forgotten().insert(path);
        };
        broken(self.pass(request).await, until)
    }

    fn moment(&self) -> Duration {
        let Some(dice) = &self.dice else { return Duration::ZERO };
        let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(dice.random_range(50..1500))
    }

    async fn pass(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        // Whoever asks this has no rights of its own here, and names this as its host.
        parts.headers.remove(header::HOST);
        let Ok(body) = to_bytes(body, MOST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let asked = axum::http::Request::from_parts(parts, KubeBody::from(body.to_vec()));
        match self.client.send(asked).await {
            Ok(answered) => answered.map(Body::new),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

fn refused(code: StatusCode, reason: &str) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("refused by the proxy: {reason}"), "reason": reason, "code": code.as_u16(),
    });
    (code, [(header::CONTENT_TYPE, "application/json")], status.to_string()).into_response()
}

fn expired() -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "too old resource version", "reason": "Expired", "code": 410,
    });
    let event = format!("{}\n", json!({ "type": "ERROR", "object": status }));
    ([(header::CONTENT_TYPE, "application/json")], event).into_response()
}

/// An answer of which nothing comes any more after something; the connection breaks off in the middle.
fn broken(answer: Response, after: impl Future<Output = ()> + Send + 'static) -> Response {
    let (mut parts, body) = answer.into_parts();
    // What is announced would be missed only at the end.
    parts.headers.remove(header::CONTENT_LENGTH);
    let whole = body.into_data_stream().map(|part| part.map_err(std::io::Error::other));
    let cut = stream::once(async { Err(std::io::Error::other("cut")) });
    let stream = whole.take_until(after).chain(cut);
    Response::from_parts(parts, Body::from_stream(stream))
}
