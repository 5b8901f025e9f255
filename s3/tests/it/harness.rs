//! A door on a folder of its own, and the client of object_store.

use std::sync::Arc;

use aileron_s3::{Credentials, Door, Gate, Settings};
use aileron_storage::{Storage, Target};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The bucket that stands for the server's store.
pub(crate) const BUCKET: &str = "aileron";

/// A door that is open until it is dropped.
pub(crate) struct Open {
    pub(crate) folder: TempDir,
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Open {
    pub(crate) async fn new() -> Open {
        Open::with(None).await
    }

    /// A door with keys of callers.
    pub(crate) async fn with(gate: Option<Arc<dyn Gate>>) -> Open {
        // Another test of this process may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            bucket: BUCKET.to_owned(),
            storage: Storage::folder(&folder.path().join("objects")).unwrap(),
            buckets: folder.path().join("buckets"),
            staging: folder.path().join("staging"),
        };
        let credentials = Credentials::open(&folder.path().join("s3.key")).unwrap();
        let router = Door::open(settings).unwrap().router(credentials.clone(), gate);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Open { folder, endpoint, credentials, serving }
    }

    /// How a client is told of a place in it.
    pub(crate) fn target(&self, uri: &str) -> Target {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Target {
            endpoint: Some(self.endpoint.clone()),
            allow_http: true,
            environment: vec![
                variable("AWS_ACCESS_KEY_ID", &self.credentials.access_key),
                variable("AWS_SECRET_ACCESS_KEY", &self.credentials.secret),
            ],
            ..Target::new(uri)
        }
    }

    pub(crate) fn client(&self, uri: &str) -> Storage {
        self.target(uri).open().unwrap()
    }
}
