//! From the row to the start with a crash at every point between: one start, in the end.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_idl::admin::ExecutionCreateRequest;
use aileron_server::{Database, Executor, HandoverError, Server, Settings};
use aileron_storage::Storage;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::database::Tables;
use crate::fixture::{self, launch, number};
use crate::harness::TestServer;

/// Where a server dies while it hands over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crash {
    BeforeTheStart,
    AfterTheStart,
    Never,
}

/// A data plane that outlives servers: it starts an execution once, however often it is asked.
#[derive(Default)]
struct DataPlane {
    asked: Mutex<Vec<String>>,
    started: Mutex<BTreeSet<String>>,
}

/// One server's way to it.
struct Way {
    plane: Arc<DataPlane>,
    crash: Crash,
    crashed: Notify,
}

impl Executor for Way {
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(async move {
            let name = workflow.execution_id.name;
            self.plane.asked.lock().unwrap().push(name.clone());
            if self.crash != Crash::BeforeTheStart {
                self.plane.started.lock().unwrap().insert(name);
            }
            if self.crash != Crash::Never {
                self.crashed.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    fn abort(&self, _: ExecutionId, _: String) -> BoxFuture<'_, Result<(), HandoverError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

struct Life {
    server: Server,
    way: Arc<Way>,
}

impl Life {
    async fn begin(folder: &Path, database: &Database, plane: &Arc<DataPlane>, crash: Crash) -> Life {
        let way = Arc::new(Way { plane: plane.clone(), crash, crashed: Notify::new() });
        let storage = Storage::folder(&folder.join("objects")).unwrap();
        let mut settings = Settings::new(folder, "http://public.test", storage);
        settings.database = database.clone();
        Life { server: Server::open(settings, way.clone()).await.unwrap(), way }
    }

    /// Launches and hands over until the crash, or until nothing is owed to the data plane.
    async fn live(self, database: &Database, launches: Vec<ExecutionCreateRequest>) {
        for request in launches {
            self.server.create_execution(request).await.unwrap();
        }
        let stop = CancellationToken::new();
        let tables = Tables::of(database);
        tokio::select! {
            () = self.server.run_launcher(stop) => {}
            () = self.way.crashed.notified() => {}
            () = nothing_owed(&tables) => {}
        }
    }
}

async fn nothing_owed(tables: &Tables) {
    let owed = "SELECT execution_name FROM executions WHERE handover <> 'done'";
    while !tables.select::<(String,)>(owed).await.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_execution_is_started_once_wherever_the_server_dies() {
    let mut api = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut api).await;
    let database = api.database.clone();
    let folder = tempfile::tempdir().unwrap();
    for (round, crashes) in [
        vec![],
        vec![Crash::BeforeTheStart],
        vec![Crash::AfterTheStart],
        vec![Crash::BeforeTheStart, Crash::AfterTheStart, Crash::BeforeTheStart],
    ]
    .into_iter()
    .enumerate()
    {
        let plane = Arc::new(DataPlane::default());
        let name = format!("e{round}");
        let mut launches = vec![launch(&name, number(1))];
        for crash in &crashes {
            let life = Life::begin(folder.path(), &database, &plane, *crash).await;
            life.live(&database, std::mem::take(&mut launches)).await;
        }
        let last = Life::begin(folder.path(), &database, &plane, Crash::Never).await;
        last.live(&database, launches).await;
        // Once it is noted as handed over, nobody is asked again.
        let after = Life::begin(folder.path(), &database, &plane, Crash::Never).await;
        after.live(&database, vec![launch(&format!("{name}-after"), number(1))]).await;
        let asked = plane.asked.lock().unwrap().iter().filter(|asked| **asked == name).count();
        assert_eq!(asked, crashes.len() + 1, "{crashes:?}");
        let expected = BTreeSet::from([name.clone(), format!("{name}-after")]);
        assert_eq!(*plane.started.lock().unwrap(), expected, "{crashes:?}");
    }
}
