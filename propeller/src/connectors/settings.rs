//! Which connectors there are and how they are asked, in the names of Flyte's `connector-service` section.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::plugins::config::duration;

/// The name of the connector for all types that none is named for.
pub const DEFAULT: &str = "defaultConnector";

/// Why connectors cannot be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An address is none.
    #[error("connector `{name}`: `{endpoint}` is no address; write HOST:PORT, as in connectors.flyte:8000")]
    Endpoint {
        /// The connector.
        name: String,
        /// What was found.
        endpoint: String,
    },
    /// A task type is sent to nobody.
    #[error(
        "connectorForTaskTypes: type `{task_type}` is sent to `{name}`, which `connectors` does not have"
    )]
    Unknown {
        /// The type.
        task_type: String,
        /// The name that is not there.
        name: String,
    },
}

/// Settings of all connectors.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectorSettings {
    /// The connector for all types that none is named for; without an endpoint there is none.
    #[serde(alias = "defaultAgent")]
    pub default_connector: ServiceSettings,
    /// Other connectors, by name.
    #[serde(alias = "agents")]
    pub connectors: BTreeMap<String, ServiceSettings>,
    /// Which connector a task type goes to, whatever others offer.
    #[serde(alias = "agentForTaskTypes")]
    pub connector_for_task_types: BTreeMap<String, String>,
    /// How often connectors are asked what they offer.
    #[serde(deserialize_with = "duration")]
    pub poll_interval: Duration,
    /// First and longest pause between two looks at a job.
    #[serde(deserialize_with = "duration")]
    pub first_look: Duration,
    /// Longest pause between two looks at a job.
    #[serde(deserialize_with = "duration")]
    pub longest_look: Duration,
    /// How long a connector may be away before what waits for it fails.
    #[serde(deserialize_with = "duration")]
    pub patience: Duration,
}

/// One connector.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceSettings {
    /// `HOST:PORT`, with `dns:///` before it or not.
    pub endpoint: String,
    /// Whether it is spoken to without TLS.
    pub insecure: bool,
    /// How gRPC balances between its addresses. Only `round_robin` is known, and is what is done.
    pub default_service_config: String,
    /// Longest time of a call, by its name (`CreateTask`, `GetTask`, `DeleteTask`, `ExecuteTaskSync`, `ListAgents`).
    pub timeouts: BTreeMap<String, Timeout>,
    /// Longest time of the other calls.
    pub default_timeout: Timeout,
    /// Most jobs of it under way at once; 0 for any number.
    pub jobs: usize,
    /// Most jobs begun or ended a second; 0 for any number.
    pub changes: u32,
    /// Most looks at jobs a second; 0 for any number.
    pub looks: u32,
}

/// A length of time as `3m` or `10s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Duration);

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timeout, D::Error> {
        duration(deserializer).map(Timeout)
    }
}

impl Default for ConnectorSettings {
    fn default() -> ConnectorSettings {
        ConnectorSettings {
            default_connector: ServiceSettings::default(),
            connectors: BTreeMap::new(),
            connector_for_task_types: BTreeMap::new(),
            poll_interval: Duration::from_secs(10),
            first_look: Duration::from_millis(250),
            longest_look: Duration::from_secs(10),
            patience: Duration::from_secs(600),
        }
    }
}

impl Default for ServiceSettings {
    fn default() -> ServiceSettings {
        ServiceSettings {
            endpoint: String::new(),
            insecure: true,
            default_service_config: String::new(),
            timeouts: BTreeMap::new(),
            default_timeout: Timeout(Duration::from_secs(10)),
            jobs: 0,
            changes: 200,
            looks: 1000,
        }
    }
}

impl ConnectorSettings {
    /// All connectors that have an address; the default one comes last, so that what others offer is theirs.
    pub(super) fn services(&self) -> impl Iterator<Item = (&str, &ServiceSettings)> {
        let named = self.connectors.iter().map(|(name, service)| (name.as_str(), service));
        named.chain([(DEFAULT, &self.default_connector)]).filter(|(_, service)| !service.endpoint.is_empty())
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let known = |name: &String| self.services().any(|(known, _)| known == name);
        match self.connector_for_task_types.iter().find(|(_, name)| !known(name)) {
            None => Ok(()),
            Some((task_type, name)) => {
                Err(SettingsError::Unknown { task_type: task_type.clone(), name: name.clone() })
            }
        }
    }
}

impl ServiceSettings {
    /// Longest time of a call.
    pub(super) fn timeout(&self, call: &str) -> Duration {
        self.timeouts.get(call).unwrap_or(&self.default_timeout).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_flytes_names() {
        let text = r#"{"defaultConnector": {"endpoint": "dns:///a:8000", "insecure": false, "defaultTimeout": "3s",
                "timeouts": {"CreateTask": "1m"}},
            "connectors": {"b": {"endpoint": "b:8000"}}, "connectorForTaskTypes": {"spark": "b"}, "pollInterval": "1s"}"#;
        let settings: ConnectorSettings = serde_json::from_str(text).unwrap();
        settings.check().unwrap();
        let names: Vec<_> = settings.services().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", DEFAULT]);
        let of = |call| settings.default_connector.timeout(call).as_secs();
        assert_eq!((of("CreateTask"), of("GetTask")), (60, 3));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let read = |text: &str| serde_json::from_str::<ConnectorSettings>(text);
        assert!(
            read(r#"{"pollInterval": "soon"}"#)
                .unwrap_err()
                .to_string()
                .contains("`soon` is no length of time")
        );
        assert!(read(r#"{"conectors": {}}"#).is_err());
        let unknown = read(r#"{"connectorForTaskTypes": {"spark": "nobody"}}"#).unwrap().check().unwrap_err();
        assert!(unknown.to_string().contains("`nobody`"), "{unknown}");
    }
}
