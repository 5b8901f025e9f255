//! Commands and environment of each container.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ConfigMapEnvSource, Container, EnvFromSource, EnvVar, SecretEnvSource};

use super::super::{BuildError, TaskView};
use super::containers;
use super::source::{Source, some};
use crate::container::environment::injected;
use crate::container::template::render;

/// Renders commands and arguments, and adds what every container is told.
pub(super) fn prepare(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    for container in containers(&mut source.spec) {
        for texts in [&mut container.command, &mut container.args].into_iter().flatten() {
            for text in texts {
                *text = render(text, &view.values)?;
            }
        }
        add_environment(view, container);
    }
    Ok(())
}

/// Ours after the task's, the execution's after ours, the platform's last: of two with one name the last wins.
fn add_environment(view: &TaskView<'_>, container: &mut Container) {
    let own = container.env.take().unwrap_or_default();
    let ours = injected(view.identity).into_iter().map(|(name, value)| variable(name, &value));
    let execution = view.execution.environment.iter().map(|(name, value)| variable(name, value));
    let all: Vec<_> = own.into_iter().chain(ours).chain(execution).chain(of_platform(view)).collect();
    container.env = some(last_of_each(all));
    let maps = view.config.default_env_from_configmaps.iter().map(|name| EnvFromSource {
        config_map_ref: Some(ConfigMapEnvSource { name: name.clone(), optional: Some(true) }),
        ..Default::default()
    });
    let secrets = view.config.default_env_from_secrets.iter().map(|name| EnvFromSource {
        secret_ref: Some(SecretEnvSource { name: name.clone(), optional: Some(true) }),
        ..Default::default()
    });
    let own = container.env_from.take().unwrap_or_default();
    container.env_from = some(own.into_iter().chain(secrets).chain(maps).collect());
}

/// What tells where the objects are, and what the platform's settings say instead or besides.
pub(super) fn of_platform(view: &TaskView<'_>) -> impl Iterator<Item = EnvVar> {
    let objects = view.execution.objects.iter().map(|(name, value)| variable(name, value));
    objects.chain(view.config.default_env_vars.iter().map(|(name, value)| variable(name, value)))
}

pub(super) fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.to_owned()), value_from: None }
}

/// Kubernetes would take the last of one name too, but an applied list may not name one twice.
pub(super) fn last_of_each(mut variables: Vec<EnvVar>) -> Vec<EnvVar> {
    let mut later = BTreeSet::new();
    variables.reverse();
    variables.retain(|variable| later.insert(variable.name.clone()));
    variables.reverse();
    variables
}
