//! `aileron webhook`: gives pods the secrets that they ask for, as they are created.
//!
//! The API server asks it about every pod with the label of those. It is spoken to by TLS with a certificate that it
//! makes itself, keeps in a secret of the cluster, and renews in time; what the API server trusts is renewed with it.

mod certificate;
mod configuration;
mod review;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::post;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use certificate::{Certificates, Current};

/// How often the certificate is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Where it is served, and how the API server reaches it.
#[derive(Debug, clap::Args)]
pub(crate) struct Webhook {
    /// File that names the cluster; the one that this runs in, where there is none.
    #[arg(long, env = "AILERON_KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    /// Where it is served.
    #[arg(long, default_value = "0.0.0.0:9443")]
    listen: SocketAddr,
    /// Namespace of its service and of the secret with its certificate.
    #[arg(long, default_value = "flyte")]
    namespace: String,
    /// Its service, and the name of that secret.
    #[arg(long, default_value = "flyte-pod-webhook")]
    service: String,
    /// How the API server reaches it, when not by its service: HOST:PORT.
    #[arg(long)]
    address: Option<String>,
    /// For how many days a certificate lasts; it is renewed when a third of that is left.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    certificate_days: u32,
}

/// Serves until it is told to stop.
pub(crate) async fn webhook(asked: Webhook) -> Result<()> {
    let client = connect(asked.kubeconfig.as_deref()).await?;
    let listener = crate::serve::listen(asked.listen, "listen").await?;
    let stop = CancellationToken::new();
    let signals = crate::serve::StopSignals::heed()?;
    let work = work(client, &asked, listener, stop.clone());
    tokio::select! {
        () = signals.asked() => Ok(()),
        worked = work => worked,
    }
}

/// Serves on a listener until it is told to stop.
async fn work(client: Client, asked: &Webhook, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let current = Arc::new(Current::default());
    let certificates = Certificates::new(client.clone(), asked);
    refresh(&client, asked, &certificates, &current).await?;
    let serving = tokio::spawn(serve(listener, current.clone(), stop.clone()));
    crate::serve::say(&format!("aileron webhook answers on https://{}", asked.listen))?;
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Err(error) = refresh(&client, asked, &certificates, &current).await {
            tracing::warn!("the certificate is not looked at; it is tried again: {error:#}");
        }
    }
    Ok(serving.await?)
}

async fn connect(kubeconfig: Option<&Path>) -> Result<Client> {
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

/// Takes the certificate of the cluster, renewed if it is time, and tells the API server to trust it.
async fn refresh(
    client: &Client,
    asked: &Webhook,
    certificates: &Certificates,
    current: &Current,
) -> Result<()> {
    let held = certificates.held().await.context("the certificate")?;
    configuration::apply(client, asked, &held.trusted).await.context("the webhook's configuration")?;
    current.set(&held)
}

async fn serve(listener: TcpListener, current: Arc<Current>, stop: CancellationToken) {
    let acceptor = TlsAcceptor::from(Arc::new(current.config()));
    let router = Router::new().route(configuration::PATH, post(review::review));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (acceptor, router) = (acceptor.clone(), router.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                        let service = TowerToHyperService::new(router);
                        // A connection that breaks off is its client's business.
                        let _ = server.serve_connection(TokioIo::new(stream), service).await;
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::Secret;
    use aileron_idl::core::secret::MountType;
    use aileron_propeller::plugins::secrets::request;
    use aileron_test_cluster::{Cluster, Nodes};
    use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
    use kube::api::{Api, PostParams};
    use serde_json::{Value, json};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "`json!` is written in place")]
    fn pod(name: &str, annotations: Value) -> Pod {
        let (label, value) = request::LABEL;
        serde_json::from_value(json!({
            "metadata": {"name": name, "labels": {label: value}, "annotations": annotations},
            "spec": {"containers": [{"name": "c", "image": "registry.local/c:1"}]},
        }))
        .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_api_server_asks_and_pods_get_their_secrets() {
        let cluster = Cluster::shared(Nodes::Instant);
        let client = connect(Some(&cluster.kubeconfig())).await.unwrap();
        let params = PostParams::default();
        let namespace = json!({"metadata": {"name": "flyte"}});
        let namespaces: Api<Namespace> = Api::all(client.clone());
        namespaces.create(&params, &serde_json::from_value(namespace).unwrap()).await.unwrap();
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "flyte");
        while accounts.get_opt("default").await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Webhook {
            kubeconfig: None,
            listen: address,
            namespace: "flyte".into(),
            service: "flyte-pod-webhook".into(),
            address: Some(address.to_string()),
            certificate_days: 90,
        };
        let stop = CancellationToken::new();
        let (work_client, stopped) = (client.clone(), stop.clone());
        let working = tokio::spawn(async move { work(work_client, &asked, listener, stopped).await });

        let secret = Secret {
            group: "db".into(),
            key: "pass".into(),
            mount_requirement: MountType::EnvVar.into(),
            ..Default::default()
        };
        let pods: Api<Pod> = Api::namespaced(client.clone(), "flyte");
        let annotations = json!(request::annotations(&[secret]));
        // Until the API server has heard of the webhook, pods are made as they are.
        let given = async {
            for number in 0.. {
                let made =
                    pods.create(&params, &pod(&format!("p{number}"), annotations.clone())).await.unwrap();
                if let Some(env) = made.spec.unwrap().containers.remove(0).env {
                    return env;
                }
            }
            unreachable!("the loop ends by its return")
        };
        let env = tokio::time::timeout(Duration::from_secs(30), given).await.unwrap();
        assert_eq!(env[0].name, "_FSEC_DB_PASS");
        let refused =
            pods.create(&params, &pod("wrong", json!({"flyte.secrets/s0": "!"}))).await.unwrap_err();
        assert!(refused.to_string().contains("names no secret"), "{refused}");
        stop.cancel();
        working.await.unwrap().unwrap();
    }
}
