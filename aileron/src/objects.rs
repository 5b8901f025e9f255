//! The object store that the settings name.

use aileron_storage::{Storage, Target};
use anyhow::{Context, Result, bail};

use crate::settings::Settings;

/// The store, and what tasks need to reach it.
pub(crate) struct Objects {
    pub(crate) storage: Storage,
    /// Variables for the environment of tasks.
    pub(crate) task_environment: Vec<(String, String)>,
}

/// Opens the store and makes sure that it answers.
pub(crate) async fn open(settings: &Settings) -> Result<Objects> {
    let target = target(settings)?;
    let storage = target.open().context("the settings `objects` and `objects_...` name no store")?;
    if !storage.is_shared() {
        bail!(
            "objects: tasks are processes of their own and cannot reach the memory of this one; name a folder or a bucket"
        );
    }
    storage.probe().await?;
    Ok(Objects { storage, task_environment: target.task_environment() })
}

fn target(settings: &Settings) -> Result<Target> {
    let own = || {
        let folder = std::path::absolute(settings.data_dir.join("objects"))?;
        folder.into_os_string().into_string().ok().context("data_dir: the path is not UTF-8")
    };
    Ok(Target {
        uri: settings.objects.clone().map_or_else(own, |uri| Ok(uri.0))?,
        endpoint: settings.objects_endpoint.clone().map(|url| url.0),
        region: settings.objects_region.clone(),
        virtual_host: settings.objects_virtual_host,
        allow_http: settings.objects_allow_http,
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    })
}
