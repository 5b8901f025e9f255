//! Reaching the API server.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

/// The namespace that every cluster has, whose identity is the cluster's.
const SYSTEM: &str = "kube-system";
/// How long the API server may say nothing to a request: one whose machine has died says nothing for ever. Longer than it
/// takes for a request, and than it is silent on a watch.
const SILENCE: Duration = Duration::from_secs(90);

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
    client(config, SILENCE)
}

/// A client that waits no longer than this for anything.
fn client(mut config: Config, silence: Duration) -> Result<Client> {
    config.read_timeout = Some(silence);
    config.reset_reader_on_write = true;
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_api_server_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let silent = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok(connection) = listener.accept().await {
                held.push(connection);
            }
        });
        let client = client(Config::new(address.parse().unwrap()), Duration::from_millis(100)).unwrap();
        let asked = tokio::time::timeout(Duration::from_secs(60), client.apiserver_version()).await;
        assert!(asked.is_ok_and(|answer| answer.is_err()), "it is given up, with an error");
        silent.abort();
    }
}
