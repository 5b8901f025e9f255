//! Which AWS Batch there is, and what its jobs get.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TASK_TYPE;
use crate::plugins::config::duration;

/// Why AWS Batch cannot be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No region.
    #[error("region: it is not set, and neither is AWS_REGION; write one as in eu-west-1")]
    Region,
    /// An address is none.
    #[error("endpoint: `{0}` is no address; write one as in https://batch.eu-west-1.amazonaws.com")]
    Endpoint(String),
    /// No task would go there.
    #[error("taskTypes: no type is named; leave it out for `aws-batch`")]
    TaskTypes,
    /// What the environment says cannot be used.
    #[error("the credentials of AWS: {0}")]
    Credentials(String),
}

/// Where jobs run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Platform {
    /// On machines.
    #[default]
    Ec2,
    /// On Fargate.
    Fargate,
}

/// Settings of AWS Batch.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchSettings {
    /// The region; without it, that of the environment.
    pub region: String,
    /// Where its API is, when not where AWS has it.
    pub endpoint: String,
    /// The queue of jobs for which nothing else names one.
    pub job_queue: String,
    /// Queues of projects and domains, by `PROJECT-DOMAIN`.
    pub job_queues: BTreeMap<String, String>,
    /// Queues of executions with a tag, by the tag: attributes of the kind EXECUTION_QUEUE give them.
    pub job_queues_by_tag: BTreeMap<String, String>,
    /// Task types that go there.
    pub task_types: Vec<String>,
    /// The role of jobs whose execution names none.
    pub job_role: String,
    /// The role that pulls images and writes logs; Fargate wants one.
    pub execution_role: String,
    /// Where jobs run whose task does not say.
    pub platform: Platform,
    /// What else is in the container properties of every job definition, as Batch has it.
    pub container_properties: Map<String, Value>,
    /// Longest time of a job whose task has no time-out; Batch ends it then.
    #[serde(deserialize_with = "duration")]
    pub longest_job: Duration,
    /// The group of CloudWatch that jobs log to.
    pub log_group: String,
    /// Most jobs under way at once; 0 for any number.
    pub jobs: usize,
    /// Most jobs begun or ended a second; 0 for any number.
    pub changes: u32,
    /// Most calls a second that look at jobs, a hundred each; 0 for any number.
    pub looks: u32,
    /// First and longest pause between two looks at a job.
    #[serde(deserialize_with = "duration")]
    pub first_look: Duration,
    /// Longest pause between two looks at a job.
    #[serde(deserialize_with = "duration")]
    pub longest_look: Duration,
    /// Longest time of a call.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// How long Batch may be away before what waits for it fails.
    #[serde(deserialize_with = "duration")]
    pub patience: Duration,
}

impl Default for BatchSettings {
    fn default() -> BatchSettings {
        BatchSettings {
            region: String::new(),
            endpoint: String::new(),
            job_queue: String::new(),
            job_queues: BTreeMap::new(),
            job_queues_by_tag: BTreeMap::new(),
            task_types: vec![TASK_TYPE.to_owned()],
            job_role: String::new(),
            execution_role: String::new(),
            platform: Platform::Ec2,
            container_properties: Map::new(),
            longest_job: Duration::from_secs(3 * 24 * 3600),
            log_group: "/aws/batch/job".to_owned(),
            jobs: 0,
            changes: 15,
            looks: 15,
            first_look: Duration::from_secs(1),
            longest_look: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            patience: Duration::from_secs(600),
        }
    }
}

impl BatchSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.task_types.is_empty() { Err(SettingsError::TaskTypes) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Batch;

    fn refusal(settings: &str, environment: &[(&str, &str)]) -> String {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = match serde_json::from_str(settings) {
            Ok(settings) => settings,
            Err(error) => return error.to_string(),
        };
        Batch::new(settings, &environment).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn what_cannot_be_is_refused() {
        // As `main` does; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for (settings, environment, expected) in [
            (r#"{"region": "eu-west-1"}"#, &[][..], ""),
            ("{}", &[("AWS_REGION", "eu-west-1")], ""),
            ("{}", &[], "region: it is not set, and neither is AWS_REGION"),
            (r#"{"region": "r", "endpoint": "here"}"#, &[], "`here` is no address"),
            (r#"{"region": "r", "taskTypes": []}"#, &[], "taskTypes: no type is named"),
            (r#"{"platform": "LAMBDA"}"#, &[], "unknown variant `LAMBDA`"),
            (r#"{"longestJob": "soon"}"#, &[], "`soon` is no length of time"),
            (r#"{"queue": "q"}"#, &[], "unknown field `queue`"),
        ] {
            let found = refusal(settings, environment);
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{settings}: {found}"
            );
        }
    }
}
