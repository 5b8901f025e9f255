//! Job definitions: one for each image, role and platform, made once and used again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::call::{Operation, Service};
use super::settings::Platform;
use crate::web::CallError;

/// What a job without an answer to it gets; every job asks for its own.
const VCPUS: &str = "1";
const MEMORY: &str = "2048";
/// Longest name of a definition.
const NAME: usize = 128;

/// What a definition is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) image: String,
    pub(super) job_role: String,
    pub(super) execution_role: String,
    pub(super) platform: Platform,
    pub(super) container_properties: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Described {
    job_definitions: Vec<Registered>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Registered {
    job_definition_arn: String,
    revision: i64,
    status: String,
}

/// The definitions that are known, by name.
#[derive(Debug)]
pub(super) struct Definitions {
    service: Arc<Service>,
    known: Mutex<HashMap<String, Arc<OnceCell<String>>>>,
}

impl Definitions {
    pub(super) fn new(service: Arc<Service>) -> Definitions {
        Definitions { service, known: Mutex::default() }
    }

    /// What Batch calls the definition, which is made if there is none. Whoever asks at the same time gets the same.
    pub(super) async fn get(&self, wanted: &Wanted) -> Result<String, CallError> {
        let request = wanted.request();
        let name = request["jobDefinitionName"].as_str().unwrap_or_default().to_owned();
        let cell = self.known().entry(name.clone()).or_default().clone();
        let arn = cell.get_or_try_init(|| self.find_or_make(&name, &request)).await?;
        Ok(arn.clone())
    }

    /// Forgets a definition that is not there any more.
    pub(super) fn forget(&self, arn: &str) {
        self.known().retain(|_, cell| cell.get().is_none_or(|known| known != arn));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<OnceCell<String>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find_or_make(&self, name: &str, request: &Value) -> Result<String, CallError> {
        let asked = json!({"jobDefinitionName": name, "status": "ACTIVE"});
        let found: Described = self.service.call(Operation::DescribeJobDefinitions, &asked).await?;
        let active = found.job_definitions.into_iter().filter(|found| found.status != "INACTIVE");
        if let Some(newest) = active.max_by_key(|found| found.revision) {
            return Ok(newest.job_definition_arn);
        }
        let made: Registered = self.service.call(Operation::RegisterJobDefinition, request).await?;
        tracing::info!(name, arn = made.job_definition_arn, "a job definition is registered");
        Ok(made.job_definition_arn)
    }
}

impl Wanted {
    /// What registers it. The name tells definitions apart by all that is in them.
    fn request(&self) -> Value {
        let mut properties = self.container_properties.clone();
        let mut put = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        put("image", json!(self.image));
        put(
            "resourceRequirements",
            json!([{"type": "VCPU", "value": VCPUS}, {"type": "MEMORY", "value": MEMORY}]),
        );
        if !self.job_role.is_empty() {
            put("jobRoleArn", json!(self.job_role));
        }
        if !self.execution_role.is_empty() {
            put("executionRoleArn", json!(self.execution_role));
        }
        let mut request = json!({
            "type": "container",
            "platformCapabilities": [self.platform],
            "containerProperties": properties,
        });
        let digest = crate::digest(request.to_string().as_bytes(), 8);
        request["jobDefinitionName"] =
            json!(format!("{}-{digest}", part(&self.image, NAME - digest.len() - 1)));
        request
    }
}

/// The last part of an image's name, in the letters that names here have.
fn part(image: &str, longest: usize) -> String {
    let last = image.split('@').next().and_then(|image| image.rsplit('/').next()).unwrap_or_default();
    let name = last.split(':').next().unwrap_or_default();
    super::submission::name(name).chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(wanted: &Wanted) -> String {
        wanted.request()["jobDefinitionName"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_definition_is_called_by_its_image_and_all_that_is_in_it() {
        let wanted = Wanted {
            image: "123.dkr.ecr.eu-west-1.amazonaws.com/team/my.image:v1".into(),
            job_role: "arn:aws:iam::1:role/r".into(),
            execution_role: String::new(),
            platform: Platform::Ec2,
            container_properties: Map::new(),
        };
        let first = name(&wanted);
        assert!(first.starts_with("my-image-") && first.len() == "my-image-".len() + 16, "{first}");
        assert_eq!(first, name(&wanted));
        for other in [
            Wanted { image: wanted.image.replace("v1", "v2"), ..wanted.clone() },
            Wanted { job_role: String::new(), ..wanted.clone() },
            Wanted { platform: Platform::Fargate, ..wanted.clone() },
        ] {
            assert_ne!(first, name(&other), "{other:?}");
        }
        assert_eq!(wanted.request()["platformCapabilities"], json!(["EC2"]));
        assert!(name(&Wanted { image: "x".repeat(300), ..wanted }).len() <= NAME);
    }
}
