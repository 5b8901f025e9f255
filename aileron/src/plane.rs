//! The data plane that a server hands executions to: the driver in this process, or a cluster.

use std::sync::Arc;
use std::time::Duration;

use aileron_propeller::local::{LocalDriver, Settings as DriverSettings};
use aileron_server::{Executor, Server};
use aileron_storage::Storage;
use anyhow::Result;
use axum::Router;
use kube::Client;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::kubernetes::{self, KubernetesExecutor, Templates};
use crate::logs;
use crate::settings::{Driver, Settings};
use crate::wiring::{InProcessControl, InProcessSink, LocalExecutor};

/// A data plane that has no control plane yet.
pub(crate) enum Prepared {
    Local(LocalExecutor),
    Cluster {
        executor: KubernetesExecutor,
        client: Client,
        /// The identity of the cluster.
        name: String,
    },
}

/// A data plane at work.
pub(crate) enum Plane {
    Local(LocalDriver),
    Cluster {
        client: Client,
        /// Looks for executions that are gone from the cluster, until it is told to stop.
        census: JoinHandle<()>,
        stop: CancellationToken,
    },
}

impl Prepared {
    /// The one that the settings name. A cluster must answer.
    pub(crate) async fn of(settings: &Settings, storage: &Storage) -> Result<Prepared> {
        if settings.driver == Driver::Local {
            return Ok(Prepared::Local(LocalExecutor::default()));
        }
        let templates = Templates::open(settings.namespace_templates.as_deref(), &settings.namespace_values)?;
        let client = kubernetes::connect(settings.kubeconfig.as_deref()).await?;
        let name = kubernetes::identity(&client).await?;
        let executor = KubernetesExecutor::new(client.clone(), storage.clone(), templates);
        Ok(Prepared::Cluster { executor, client, name })
    }

    /// What the control plane hands over by.
    pub(crate) fn executor(&self) -> Arc<dyn Executor> {
        match self {
            Prepared::Local(executor) => Arc::new(executor.clone()),
            Prepared::Cluster { executor, .. } => Arc::new(executor.clone()),
        }
    }

    /// Its name among those that share a database; the local one has that of its folder.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Prepared::Local(_) => None,
            Prepared::Cluster { name, .. } => Some(name.clone()),
        }
    }

    /// Begins to work for a control plane.
    ///
    /// What a cluster was given and lacks for longer than `lost_after` is ended.
    pub(crate) async fn begin(
        self,
        server: &Server,
        driver: DriverSettings,
        lost_after: Duration,
    ) -> Result<Plane> {
        match self {
            Prepared::Local(executor) => {
                let sink = Arc::new(InProcessSink(server.clone()));
                let control = Arc::new(InProcessControl(server.clone()));
                let driver = LocalDriver::open(driver, sink, control).await?;
                executor.attach(driver.clone());
                Ok(Plane::Local(driver))
            }
            Prepared::Cluster { executor, client, .. } => {
                executor.attach(server.clone());
                let stop = CancellationToken::new();
                // Missing twice in a row is lost.
                let census = kubernetes::census(executor, lost_after / 2, stop.clone());
                Ok(Plane::Cluster { client, census: tokio::spawn(census), stop })
            }
        }
    }
}

impl Plane {
    /// The driver in this process, if it is that.
    pub(crate) fn driver(&self) -> Option<&LocalDriver> {
        match self {
            Plane::Local(driver) => Some(driver),
            Plane::Cluster { .. } => None,
        }
    }

    /// The route of logs.
    pub(crate) fn logs(&self) -> Router {
        match self {
            Plane::Local(driver) => logs::router(driver.logs()),
            Plane::Cluster { client, .. } => kubernetes::logs(client.clone()),
        }
    }

    /// Ends what ends with this process. A cluster goes on.
    ///
    /// # Errors
    /// When what looked after the cluster had panicked.
    pub(crate) async fn shutdown(self) -> Result<()> {
        match self {
            Plane::Local(driver) => driver.shutdown().await,
            Plane::Cluster { census, stop, .. } => {
                stop.cancel();
                census.await?;
            }
        }
        Ok(())
    }
}
