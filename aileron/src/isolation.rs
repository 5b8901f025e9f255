//! Whether tasks are kept apart, by the settings and by what this machine can.

use std::path::PathBuf;

use aileron_propeller::local::TaskIsolation as DriverIsolation;
use aileron_storage::Storage;
use anyhow::{Context, Result, anyhow, bail};

use crate::settings::{Auth, Containers, DatabaseUrl, Driver, Settings, TaskIsolation};

/// How tasks are kept apart, if they are: as the settings say, or else where callers are told apart and the
/// machine can.
pub(crate) fn isolation(settings: &Settings, objects: &Storage) -> Result<Option<DriverIsolation>> {
    let asked = settings.task_isolation;
    let network = match asked.unwrap_or_else(|| otherwise(settings)) {
        TaskIsolation::Off => return Ok(None),
        TaskIsolation::SharedNetwork => true,
        TaskIsolation::NoNetwork => false,
    };
    if settings.driver != Driver::Local {
        return Ok(None);
    }
    refuse_what_does_not_go_together(settings, network, objects)?;
    let program = std::env::current_exe().context("failed to find this program's file")?;
    let isolation = DriverIsolation { program, network, hidden: hidden(settings) };
    match (isolation.check(), asked) {
        (Ok(lacks), _) => {
            if let Some(lacking) = lacks.told() {
                tracing::warn!(lacking, "tasks are kept apart without what this kernel lacks");
            }
            Ok(Some(isolation))
        }
        (Err(told), None) => {
            tracing::warn!(
                told,
                "tasks are not kept apart: they may do what the user may who started this server"
            );
            Ok(None)
        }
        (Err(told), Some(_)) => Err(anyhow!(
            "task_isolation: this machine cannot keep tasks apart: {told}; mend that, or write `task_isolation = \"off\"`"
        )),
    }
}

/// Where there are several people, one's tasks are not to read what is another's.
fn otherwise(settings: &Settings) -> TaskIsolation {
    let several = settings.auth != Auth::Off && settings.containers == Containers::Off;
    if several { TaskIsolation::SharedNetwork } else { TaskIsolation::Off }
}

fn refuse_what_does_not_go_together(settings: &Settings, network: bool, objects: &Storage) -> Result<()> {
    if settings.containers != Containers::Off {
        bail!("task_isolation: with `containers`, their engine keeps tasks apart; leave one of the two off");
    }
    if !network && !objects.root().starts_with('/') {
        bail!(
            "task_isolation: tasks reach the objects at {} by the network; write `shared-network`, or keep the objects \
             in a folder without `s3_listen`",
            objects.root()
        );
    }
    Ok(())
}

/// The files that hold the server's own secrets, and what else the settings name.
fn hidden(settings: &Settings) -> Vec<PathBuf> {
    let keys = [
        &settings.tls_key,
        &settings.token_key_file,
        &settings.s3_key_file,
        &settings.oidc_client_secret_file,
        &settings.server_key,
        &settings.server_client_secret_file,
        &settings.smtp_password_file,
        &settings.kubeconfig,
    ];
    let named = settings.task_hidden.iter().map(PathBuf::from);
    keys.into_iter().flatten().cloned().chain(named).chain(database(settings)).collect()
}

/// Its file, and those that SQLite keeps beside it.
fn database(settings: &Settings) -> Vec<PathBuf> {
    let Some(DatabaseUrl(url)) = &settings.database else { return Vec::new() };
    let Some(path) = url.strip_prefix("sqlite://") else { return Vec::new() };
    ["", "-wal", "-shm"].map(|suffix| PathBuf::from(format!("{path}{suffix}"))).into()
}
