//! Reaching the API server.

use std::path::Path;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

/// The namespace that every cluster has, whose identity is the cluster's.
const SYSTEM: &str = "kube-system";

/// A client of the cluster that a file names, or of the one that this process runs in.
pub(crate) async fn connect(kubeconfig: Option<&Path>) -> Result<Client> {
    let config = match kubeconfig {
        Some(path) => {
            let file =
                Kubeconfig::read_from(path).with_context(|| format!("kubeconfig: {}", path.display()))?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.context("kubeconfig")?
        }
        None => Config::incluster().context("kubeconfig: it is not set, and this does not run in a pod")?,
    };
    Client::try_from(config).context("kubeconfig: it names no cluster that can be reached")
}

/// What tells this cluster from any other, as long as it lives.
pub(crate) async fn identity(client: &Client) -> Result<String> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let system = namespaces.get_metadata(SYSTEM).await;
    let system = system.context(
        "kubernetes: the cluster does not say who it is (may the namespace `kube-system` be read?)",
    )?;
    system.metadata.uid.context("kubernetes: the namespace `kube-system` has no identity")
}
