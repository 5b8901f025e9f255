//! Secrets of tasks: Kubernetes' own, as variables or files where flytekit looks for them.
//!
//! A secret's group is the name of the object, its key the one in there. One that is not there is no error here:
//! the task says which it misses.

pub mod request;

use std::collections::BTreeMap;

use aileron_idl::core::Secret;
use aileron_idl::core::secret::MountType;
use k8s_openapi::api::core::v1::{
    Container, EnvVar, EnvVarSource, KeyToPath, PodSpec, SecretKeySelector, SecretVolumeSource, Volume,
    VolumeMount,
};

use super::BuildError;

/// What names of variables begin with.
const VARIABLE: &str = "_FSEC_";
/// Where files lie: `FOLDER/GROUP/KEY`, in lower case.
const FOLDER: &str = "/etc/flyte/secrets";

/// Gives all containers of a pod the secrets that a task asks for. What is there already stays: doing it twice is
/// doing it once.
///
/// # Errors
/// When a secret has no group or no key.
pub fn inject(spec: &mut PodSpec, secrets: &[Secret]) -> Result<(), BuildError> {
    if secrets.is_empty() {
        return Ok(());
    }
    if let Some(secret) = secrets.iter().find(|secret| secret.group.is_empty() || secret.key.is_empty()) {
        let named = format!("group `{}`, key `{}`", secret.group, secret.key);
        return Err(BuildError::Task(format!(
            "a secret needs a group and a key to be found in Kubernetes: {named}"
        )));
    }
    let files = files(secrets);
    for (volume, group, keys) in &files {
        add_volume(spec, volume, group, keys);
    }
    let variables: Vec<EnvVar> = secrets.iter().flat_map(variables).collect();
    let init = spec.init_containers.iter_mut().flatten();
    for container in init.chain(spec.containers.iter_mut()) {
        give(container, &variables, &files);
    }
    Ok(())
}

/// A volume, the group that it is of, and that group's keys.
type Files<'a> = Vec<(String, &'a str, Vec<&'a str>)>;

fn files(secrets: &[Secret]) -> Files<'_> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for secret in secrets.iter().filter(|secret| secret.mount_requirement() != MountType::EnvVar) {
        let keys = groups.entry(&secret.group).or_default();
        if !keys.contains(&secret.key.as_str()) {
            keys.push(&secret.key);
        }
    }
    let numbered = groups.into_iter().enumerate();
    numbered.map(|(number, (group, keys))| (format!("flyte-secret-{number}"), group, keys)).collect()
}

fn add_volume(spec: &mut PodSpec, name: &str, group: &str, keys: &[&str]) {
    let volumes = spec.volumes.get_or_insert_default();
    if volumes.iter().any(|volume| volume.name == name) {
        return;
    }
    let item = |key: &&str| KeyToPath { key: (*key).to_owned(), path: key.to_lowercase(), mode: None };
    let source = SecretVolumeSource {
        secret_name: Some(group.to_owned()),
        items: Some(keys.iter().map(item).collect()),
        optional: Some(true),
        ..Default::default()
    };
    volumes.push(Volume { name: name.to_owned(), secret: Some(source), ..Default::default() });
}

fn variables(secret: &Secret) -> Vec<EnvVar> {
    let (group, key) = (&secret.group, &secret.key);
    let from_secret = |name: String| {
        let selector = SecretKeySelector { name: group.clone(), key: key.clone(), optional: Some(true) };
        let source = EnvVarSource { secret_key_ref: Some(selector), ..Default::default() };
        EnvVar { name, value_from: Some(source), value: None }
    };
    let plain =
        |name: &str, value: String| EnvVar { name: name.to_owned(), value: Some(value), value_from: None };
    let own = Some(&secret.env_var).filter(|name| !name.is_empty());
    if secret.mount_requirement() == MountType::EnvVar {
        let name = format!("{VARIABLE}{group}_{key}").to_uppercase();
        let mut all = vec![from_secret(name), plain("FLYTE_SECRETS_ENV_PREFIX", VARIABLE.to_owned())];
        all.extend(own.map(|name| from_secret(name.clone())));
        return all;
    }
    let file = format!("{FOLDER}/{}/{}", group.to_lowercase(), key.to_lowercase());
    let mut all = vec![
        plain("FLYTE_SECRETS_DEFAULT_DIR", FOLDER.to_owned()),
        plain("FLYTE_SECRETS_FILE_PREFIX", String::new()),
    ];
    all.extend(own.map(|name| plain(name, file)));
    all
}

fn give(container: &mut Container, variables: &[EnvVar], files: &Files<'_>) {
    let env = container.env.get_or_insert_default();
    for variable in variables {
        if !env.iter().any(|known| known.name == variable.name) {
            env.push(variable.clone());
        }
    }
    let mounts = container.volume_mounts.get_or_insert_default();
    for (volume, group, _) in files {
        if !mounts.iter().any(|mount| mount.name == *volume) {
            mounts.push(VolumeMount {
                name: volume.clone(),
                mount_path: format!("{FOLDER}/{}", group.to_lowercase()),
                read_only: Some(true),
                ..Default::default()
            });
        }
    }
    if mounts.is_empty() {
        container.volume_mounts = None;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(group: &str, key: &str, mount: MountType, env_var: &str) -> Secret {
        let env_var = env_var.to_owned();
        let mut secret = Secret { group: group.into(), key: key.into(), env_var, ..Default::default() };
        secret.set_mount_requirement(mount);
        secret
    }

    fn injected(secrets: &[Secret], times: usize) -> Result<serde_json::Value, String> {
        let mut spec = PodSpec {
            containers: vec![Container { name: "c".into(), ..Default::default() }],
            ..Default::default()
        };
        for _ in 0..times {
            inject(&mut spec, secrets).map_err(|error| error.to_string())?;
        }
        Ok(serde_json::to_value(spec).unwrap())
    }

    #[test]
    fn a_variable_is_where_flytekit_looks() {
        let spec = injected(&[secret("db", "Pass", MountType::EnvVar, "PASSWORD")], 1).unwrap();
        let from = json!({"secretKeyRef": {"name": "db", "key": "Pass", "optional": true}});
        assert_eq!(
            spec["containers"][0]["env"],
            json!([
                {"name": "_FSEC_DB_PASS", "valueFrom": from},
                {"name": "FLYTE_SECRETS_ENV_PREFIX", "value": "_FSEC_"},
                {"name": "PASSWORD", "valueFrom": from},
            ])
        );
        assert_eq!(spec["volumes"], json!(null));
    }

    #[test]
    fn a_file_is_where_flytekit_looks() {
        let secrets = [
            secret("db", "Pass", MountType::File, "PASSWORD_FILE"),
            secret("db", "user", MountType::Any, ""),
        ];
        let spec = injected(&secrets, 1).unwrap();
        assert_eq!(
            spec["volumes"][0]["secret"],
            json!({"secretName": "db", "optional": true,
                "items": [{"key": "Pass", "path": "pass"}, {"key": "user", "path": "user"}]})
        );
        let container = &spec["containers"][0];
        assert_eq!(
            container["volumeMounts"],
            json!([{"name": "flyte-secret-0", "mountPath": "/etc/flyte/secrets/db", "readOnly": true}])
        );
        let env = container["env"].as_array().unwrap();
        assert!(env.contains(&json!({"name": "FLYTE_SECRETS_DEFAULT_DIR", "value": "/etc/flyte/secrets"})));
        assert!(env.contains(&json!({"name": "PASSWORD_FILE", "value": "/etc/flyte/secrets/db/pass"})));
    }

    #[test]
    fn twice_is_once() {
        let secrets = [secret("a", "k", MountType::File, ""), secret("b", "k", MountType::EnvVar, "")];
        assert_eq!(injected(&secrets, 2), injected(&secrets, 1));
    }

    #[test]
    fn a_secret_without_a_group_is_refused() {
        let error = injected(&[secret("", "k", MountType::Any, "")], 1).unwrap_err();
        assert!(error.contains("needs a group and a key"), "{error}");
    }
}
