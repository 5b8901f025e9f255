//! `aileron propeller`: runs the workflows of a cluster, and reports to a server.

use std::sync::Arc;

use aileron_propeller::kubernetes::{Controller, Settings as ControllerSettings};
use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use crate::kubernetes;
use crate::objects;
use crate::remote::Remote;
use crate::serve::{StopSignals, say};
use crate::settings::Settings;

/// Where the system says what this machine or pod is called.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Carries runs until it is asked to stop. What it leaves, the next one finds.
pub(crate) async fn propeller(settings: Settings) -> Result<()> {
    let settings = controller_settings(&settings).await?;
    let remote = Arc::new(Remote::new(&settings.1)?);
    let controller = Controller::new(settings.0, remote.clone(), remote)?;
    let stop = CancellationToken::new();
    let working = tokio::spawn(controller.run(stop.clone()));
    let signals = StopSignals::heed()?;
    say("aileron propeller carries the workflows of the cluster")?;
    signals.asked().await;
    stop.cancel();
    Ok(working.await?)
}

/// What the controller is told, and where the server is.
async fn controller_settings(settings: &Settings) -> Result<(ControllerSettings, String)> {
    let client = kubernetes::connect(settings.kubeconfig.as_deref()).await?;
    let objects = objects::of_others(settings).await?;
    let mut plugins = kubernetes::plugins(settings.plugins.as_deref())?;
    // What the platform says of its own counts before what follows from the store's settings.
    for (name, value) in objects.task_environment {
        plugins.default_env_vars.entry(name).or_insert(value);
    }
    let public_url =
        settings.public_url.clone().map_or_else(|| format!("http://{}", settings.server), |url| url.0);
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
        plugins,
        log_url_prefix: format!("{public_url}/api/v1/logs"),
        max_nesting: settings.max_nesting,
        checkpoint_interval: settings.checkpoint_interval.0,
        keep_ended: settings.keep_ended.0,
        shards: settings.shards,
        lease_namespace: settings.lease_namespace.clone(),
        identity,
        ..defaults
    };
    Ok((controller, settings.server.clone()))
}
