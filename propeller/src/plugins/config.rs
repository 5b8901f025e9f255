//! The platform's settings for objects of tasks, in Flyte's names and with its defaults (section `plugins.k8s`
//! of its configuration).

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{
    Affinity, NodeSelectorRequirement, PodDNSConfig, PodSecurityContext, SecurityContext, Toleration,
};
use serde::{Deserialize, Deserializer};

use super::logs::settings::LogSettings;

/// Settings of all plugins that make objects.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Annotations of every object.
    pub default_annotations: BTreeMap<String, String>,
    /// Labels of every object.
    pub default_labels: BTreeMap<String, String>,
    /// Variables of every container, after all others.
    pub default_env_vars: BTreeMap<String, String>,
    /// Config maps whose entries are variables of every container.
    pub default_env_from_configmaps: Vec<String>,
    /// Secrets whose entries are variables of every container.
    pub default_env_from_secrets: Vec<String>,
    /// Processors of a container that asks for none, where the execution does not say either.
    pub default_cpus: String,
    /// Memory of a container that asks for none, where the execution does not say either.
    pub default_memory: String,
    /// Tolerations of every pod.
    pub default_tolerations: Vec<Toleration>,
    /// Labels of the nodes that every pod is for.
    pub default_node_selector: BTreeMap<String, String>,
    /// Affinity of pods that have none.
    pub default_affinity: Option<Affinity>,
    /// Scheduler of pods that name none.
    pub scheduler_name: String,
    /// Tolerations of interruptible pods.
    pub interruptible_tolerations: Vec<Toleration>,
    /// Labels of the nodes that interruptible pods are for.
    pub interruptible_node_selector: BTreeMap<String, String>,
    /// What the nodes of interruptible pods must have.
    pub interruptible_node_selector_requirement: Option<NodeSelectorRequirement>,
    /// What the nodes of the others must have.
    pub non_interruptible_node_selector_requirement: Option<NodeSelectorRequirement>,
    /// Tolerations of pods with a limit on a resource, by its name.
    pub resource_tolerations: BTreeMap<String, Vec<Toleration>>,
    /// How raw containers get their inputs.
    pub co_pilot: Copilot,
    /// How long a container may fail to be created.
    #[serde(deserialize_with = "duration")]
    pub create_container_error_grace_period: Duration,
    /// How long one may fail for its configuration.
    #[serde(deserialize_with = "duration")]
    pub create_container_config_error_grace_period: Duration,
    /// How long an image may fail to be pulled.
    #[serde(deserialize_with = "duration")]
    pub image_pull_backoff_grace_period: Duration,
    /// When images are pulled; empty leaves it to Kubernetes.
    pub image_pull_policy: String,
    /// How long a pod may be pending; 0 is for ever.
    #[serde(deserialize_with = "duration")]
    pub pod_pending_timeout: Duration,
    /// The nodes' label with the kind of their GPUs.
    pub gpu_device_node_label: String,
    /// The nodes' label with the size of their GPUs' partitions.
    pub gpu_partition_size_node_label: String,
    /// What nodes with whole GPUs have, instead of no such label.
    pub gpu_unpartitioned_node_selector_requirement: Option<NodeSelectorRequirement>,
    /// What pods with whole GPUs tolerate.
    pub gpu_unpartitioned_toleration: Option<Toleration>,
    /// The name under which GPUs are asked for.
    pub gpu_resource_name: String,
    /// Security of pods that say nothing of it.
    pub default_pod_security_context: Option<PodSecurityContext>,
    /// Security of primary containers that say nothing of it.
    pub default_security_context: Option<SecurityContext>,
    /// Whether pods use the network of their nodes.
    pub enable_host_networking_pod: Option<bool>,
    /// Name servers of pods that name none.
    pub default_pod_dns_config: Option<PodDNSConfig>,
    /// The pod template of tasks that name none; empty for none.
    pub default_pod_template_name: String,
    /// Whether a webhook gives pods their secrets: they ask for them then, as Flyte's do. Otherwise they are made with
    /// them.
    pub secrets_by_webhook: bool,
    /// How long an operator may set no status of an object before its attempt fails; 0 is for ever.
    #[serde(deserialize_with = "duration")]
    pub operator_patience: Duration,
    /// Whether objects are deleted once their attempt has ended, and that is kept. What a crash in between leaves goes
    /// with its workflow's object.
    pub delete_resource_on_finalize: bool,
    /// Links to logs that the platform keeps elsewhere.
    pub logs: LogSettings,
}

/// How raw containers get their inputs and give their outputs.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Copilot {
    /// What its containers' names begin with.
    pub name: String,
    /// An image that has this program as `aileron`.
    pub image: String,
    /// Where inputs lie when the task does not say.
    pub default_input_path: String,
    /// Where outputs lie when the task does not say.
    pub default_output_path: String,
    /// The volume of inputs.
    pub input_vol_name: String,
    /// The volume of outputs.
    pub output_vol_name: String,
    /// Processors of each of its containers.
    pub cpu: String,
    /// Memory of each of its containers.
    pub memory: String,
    /// How long an upload may take.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

impl Default for Config {
    fn default() -> Config {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let untouched = ("cluster-autoscaler.kubernetes.io/safe-to-evict".to_owned(), "false".to_owned());
        Config {
            default_annotations: [untouched].into(),
            default_labels: BTreeMap::new(),
            default_env_vars: BTreeMap::new(),
            default_env_from_configmaps: Vec::new(),
            default_env_from_secrets: Vec::new(),
            default_cpus: "1000m".to_owned(),
            default_memory: "1024Mi".to_owned(),
            default_tolerations: Vec::new(),
            default_node_selector: BTreeMap::new(),
            default_affinity: None,
            scheduler_name: String::new(),
            interruptible_tolerations: Vec::new(),
            interruptible_node_selector: BTreeMap::new(),
            interruptible_node_selector_requirement: None,
            non_interruptible_node_selector_requirement: None,
            resource_tolerations: BTreeMap::new(),
            co_pilot: Copilot::default(),
            create_container_error_grace_period: minutes(3),
            create_container_config_error_grace_period: minutes(0),
            image_pull_backoff_grace_period: minutes(3),
            image_pull_policy: String::new(),
            pod_pending_timeout: minutes(0),
            gpu_device_node_label: "k8s.amazonaws.com/accelerator".to_owned(),
            gpu_partition_size_node_label: "k8s.amazonaws.com/gpu-partition-size".to_owned(),
            gpu_unpartitioned_node_selector_requirement: None,
            gpu_unpartitioned_toleration: None,
            gpu_resource_name: "nvidia.com/gpu".to_owned(),
            default_pod_security_context: None,
            default_security_context: None,
            enable_host_networking_pod: None,
            default_pod_dns_config: None,
            default_pod_template_name: String::new(),
            secrets_by_webhook: false,
            operator_patience: minutes(10),
            delete_resource_on_finalize: false,
            logs: LogSettings::default(),
        }
    }
}

impl Default for Copilot {
    fn default() -> Copilot {
        Copilot {
            name: "flyte-copilot-".to_owned(),
            image: "aileron:latest".to_owned(),
            default_input_path: "/var/flyte/inputs".to_owned(),
            default_output_path: "/var/flyte/outputs".to_owned(),
            input_vol_name: "flyte-inputs".to_owned(),
            output_vol_name: "flyte-outputs".to_owned(),
            cpu: "500m".to_owned(),
            memory: "128Mi".to_owned(),
            timeout: Duration::from_secs(3600),
        }
    }
}

/// Reads a length of time as `3m` or `1h30m`, as Flyte's files of settings have them.
pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| serde::de::Error::custom(format!("`{text}` is no length of time; write 3m or 1h30m"));
    let parsed: jiff::SignedDuration = text.parse().map_err(wrong)?;
    Ok(parsed.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_flytes_names() {
        let text = r#"{"image-pull-backoff-grace-period":"1h30m","default-env-vars":{"A":"b"},
            "co-pilot":{"image":"i","timeout":"10s"}}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.image_pull_backoff_grace_period, Duration::from_secs(5400));
        assert_eq!((config.co_pilot.image.as_str(), config.co_pilot.timeout.as_secs()), ("i", 10));
        assert_eq!(config.default_cpus, "1000m");
        let wrong = serde_json::from_str::<Config>(r#"{"pod-pending-timeout":"soon"}"#).unwrap_err();
        assert!(wrong.to_string().contains("`soon` is no length of time"), "{wrong}");
        assert!(serde_json::from_str::<Config>(r#"{"default-cpu":"1"}"#).is_err());
    }
}
