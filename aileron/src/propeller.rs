//! `aileron propeller`: runs the workflows of a cluster, and reports to a server.

use std::sync::Arc;

use aileron_propeller::kubernetes::{Controller, Settings as ControllerSettings};
use anyhow::{Context as _, Result, bail};
use tokio_util::sync::CancellationToken;

use crate::batch::batch;
use crate::channel::{self, Trust};
use crate::connectors::connectors;
use crate::kubernetes;
use crate::objects;
use crate::remote::{Credentials, Remote};
use crate::secret_file;
use crate::serve::{StopSignals, say};
use crate::settings::Settings;

/// Where the system says what this machine or pod is called.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Carries runs until it is asked to stop. What it leaves, the next one finds. One that another has taken over from ends
/// with an error, so that whoever started it notices.
pub(crate) async fn propeller(settings: Settings) -> Result<()> {
    let trust = trust(&settings)?;
    let remote = Arc::new(Remote::new(&settings.server, &trust, credentials(&settings)?)?);
    let settings = controller_settings(&settings, &trust).await?;
    let controller = Controller::new(settings, remote.clone(), remote)?;
    let stop = CancellationToken::new();
    let mut working = tokio::spawn(controller.run(stop.clone()));
    let signals = StopSignals::heed()?;
    say("aileron propeller carries the workflows of the cluster")?;
    tokio::select! {
        () = signals.asked() => {}
        ended = &mut working => {
            ended?;
            bail!(
                "another propeller carries workflows that this one had; started again it takes them over. Several that \
                 run at a time need leases: set `lease_namespace`"
            );
        }
    }
    stop.cancel();
    Ok(working.await?)
}

/// By what the server is known, and the propeller to it.
fn trust(settings: &Settings) -> Result<Trust> {
    let own = match (&settings.server_cert, &settings.server_key) {
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        (None, None) => None,
        _ => bail!("server_cert: a certificate and its key go together; give `server_cert` and `server_key`"),
    };
    Ok(Trust { authorities: settings.server_ca.clone(), own })
}

/// As which program the propeller calls, if it is one.
fn credentials(settings: &Settings) -> Result<Option<Credentials>> {
    match (&settings.server_client_id, &settings.server_client_secret_file) {
        (Some(client_id), Some(path)) => {
            let secret = secret_file::read("server_client_secret_file", path)?;
            Ok(Some(Credentials { client_id: client_id.clone(), secret }))
        }
        (None, None) => Ok(None),
        _ => bail!(
            "server_client_id: a program and its secret go together; give `server_client_secret_file` too"
        ),
    }
}

/// What the controller is told.
async fn controller_settings(settings: &Settings, trust: &Trust) -> Result<ControllerSettings> {
    let client = kubernetes::connect(settings.kubeconfig.as_deref()).await?;
    let objects = objects::of_others(settings).await?;
    let public_url = match &settings.public_url {
        Some(url) => url.0.clone(),
        None => channel::url(&settings.server, trust).context("server")?,
    };
    let identity = match &settings.identity {
        Some(name) => name.clone(),
        None => std::fs::read_to_string(HOST_NAME)
            .context("identity: it is not set, and the host has no name")?
            .trim()
            .to_owned(),
    };
    let defaults = ControllerSettings::new(client, objects.storage);
    let controller = ControllerSettings {
        namespace: settings.propeller_namespace.clone(),
        objects: objects.access,
        plugins: kubernetes::plugins(settings.plugins.as_deref())?,
        connectors: connectors(settings.connectors.as_deref())?,
        batch: batch(settings.aws_batch.as_deref())?,
        log_url_prefix: format!("{public_url}/api/v1/logs"),
        max_nesting: settings.max_nesting,
        checkpoint_interval: settings.checkpoint_interval.0,
        keep_ended: settings.keep_ended.0,
        shards: settings.shards,
        lease_namespace: settings.lease_namespace.clone(),
        identity,
        ..defaults
    };
    Ok(controller)
}
