//! A launch as commands for a terminal: the same inputs and options, by each of the clients.

use aileron_idl::admin::ExecutionCreateRequest;
use aileron_idl::core::Identifier;
use serde_json::{Map, Value as Json, json};

use super::options::Options;
use super::protojson;
use crate::model::command::{Server, grpcurl, quoted};
use crate::model::route::{Entity, Place};

/// What is launched, where, and with what.
#[derive(Clone, Debug)]
pub struct Launch<'a> {
    /// The server.
    pub server: &'a Server,
    /// The place.
    pub place: &'a Place,
    /// The launch plan or task.
    pub target: &'a Identifier,
    /// The inputs that are given, by name.
    pub inputs: &'a Map<String, Json>,
    /// Everything else.
    pub options: &'a Options,
}

impl Launch<'_> {
    fn is_task(&self) -> bool {
        Entity::of_resource_type(self.target.resource_type) == Some(Entity::Task)
    }

    /// By `pyflyte run`.
    pub fn pyflyte(&self) -> String {
        let Place { project, domain } = self.place;
        let kind = if self.is_task() { "remote-task" } else { "remote-launchplan" };
        let mut words: Vec<String> = vec!["pyflyte".into(), "run".into()];
        let mut option = |name: &str, value: &str| {
            if !value.is_empty() {
                words.push(format!("{name} {}", quoted(value)));
            }
        };
        option("--project", project);
        option("--domain", domain);
        option("--name", self.options.name.trim());
        option("--service-account", &self.options.service_account);
        option("--raw-output-data-prefix", &self.options.raw_output);
        option("--max-parallelism", &self.options.max_parallelism);
        option("--interruptible", &self.options.interruptible);
        option("--cluster-pool", &self.options.cluster_pool);
        option("--execution-cluster-label", &self.options.cluster_label);
        for tag in self.options.tags.split(',') {
            option("--tag", tag.trim());
        }
        for line in self.options.envs.lines() {
            option("--env", line.trim());
        }
        option("--labels", &object(&self.options.labels));
        option("--annotations", &object(&self.options.annotations));
        if self.options.overwrite_cache {
            words.push("--overwrite-cache".into());
        }
        if self.options.notifications == "none" {
            words.push("--disable-notifications".into());
        }
        words.push(format!("{kind} {}", quoted(&format!("{}:{}", self.target.name, self.target.version))));
        words.extend(self.inputs.iter().filter_map(|(name, value)| pyflyte_input(name, value)));
        let environment = format!(
            "FLYTE_PLATFORM_URL={} FLYTE_PLATFORM_INSECURE={}",
            self.server.host, self.server.is_insecure
        );
        format!("{environment} \\\n  {}", words.join(" "))
    }

    /// By `flytectl create execution`.
    pub fn flytectl(&self) -> String {
        let Place { project, domain } = self.place;
        let mut file = Map::new();
        file.insert(
            (if self.is_task() { "task" } else { "workflow" }).into(),
            self.target.name.as_str().into(),
        );
        file.insert("version".into(), self.target.version.as_str().into());
        file.insert("inputs".into(), Json::Object(self.inputs.clone()));
        let texts = [
            ("kubeServiceAcct", &self.options.service_account),
            ("iamRoleARN", &self.options.iam_role),
            ("clusterPool", &self.options.cluster_pool),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            file.insert(name.into(), text.as_str().into());
        }
        if !self.options.envs.is_empty() {
            file.insert("envs".into(), json!(pairs(&self.options.envs)));
        }
        if self.options.overwrite_cache {
            file.insert("overwriteCache".into(), true.into());
        }
        let yaml = yaml(&Json::Object(file));
        format!(
            "cat > launch.yaml <<'EOF'\n{yaml}EOF\nflytectl create execution -p {} -d {} {} --execFile launch.yaml",
            quoted(project),
            quoted(domain),
            self.server.for_flytectl()
        )
    }

    /// By `aileron launch`, which launches launch plans.
    pub fn aileron(&self) -> Option<String> {
        if self.is_task() {
            return None;
        }
        let inputs = self
            .inputs
            .iter()
            .map(|(name, value)| format!(" \\\n  --input {}", quoted(&format!("{name}={}", bare(value)))));
        Some(format!(
            "aileron launch {} --version {} -p {} -d {} {}{}",
            quoted(&self.target.name),
            quoted(&self.target.version),
            quoted(&self.place.project),
            quoted(&self.place.domain),
            self.server.for_aileron(),
            inputs.collect::<String>()
        ))
    }

    /// By `grpcurl`: the very request that the form sends.
    pub fn grpcurl(&self, request: &ExecutionCreateRequest) -> String {
        let method = "flyteidl.service.AdminService/CreateExecution";
        grpcurl(self.server, method, &protojson::request(request).to_string())
    }
}

/// Text in YAML.
pub fn yaml(value: &Json) -> String {
    // Every JSON value can be written as YAML.
    serde_yaml_ng::to_string(value).unwrap_or_default()
}

/// Click has a flag for each truth value, and takes everything else as text.
fn pyflyte_input(name: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Bool(true) => Some(format!("--{name}")),
        Json::Bool(false) => Some(format!("--no-{}", name.replace('_', "-"))),
        value => Some(format!("--{name} {}", quoted(&bare(value)))),
    }
}

fn bare(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

fn pairs(lines: &str) -> Map<String, Json> {
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().into())).collect()
}

fn object(lines: &str) -> String {
    let pairs = pairs(lines);
    if pairs.is_empty() { String::new() } else { Json::Object(pairs).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch<R>(kind: i32, check: impl FnOnce(Launch<'_>) -> R) -> R {
        let server = Server { host: "h:1".into(), is_insecure: true };
        let target = Identifier {
            resource_type: kind,
            name: "shop.order".into(),
            version: "v1".into(),
            ..Default::default()
        };
        let Json::Object(inputs) = json!({"flag": false, "list": [1, 2], "text": "it's", "none": null})
        else {
            panic!("an object")
        };
        let options =
            Options { labels: "a=1".into(), overwrite_cache: true, envs: "X=1".into(), ..Options::default() };
        let place = Place::new("p", "d");
        check(Launch { server: &server, place: &place, target: &target, inputs: &inputs, options: &options })
    }

    #[test]
    fn pyflyte_is_given_what_click_understands() {
        let text = launch(3, |launch| launch.pyflyte());
        let expect = "FLYTE_PLATFORM_URL=h:1 FLYTE_PLATFORM_INSECURE=true \\\n  pyflyte run --project p --domain d --env X=1 \
            --labels '{\"a\":\"1\"}' --overwrite-cache remote-launchplan shop.order:v1 --no-flag --list '[1,2]' --text 'it'\\''s'";
        assert_eq!(text, expect);
        assert!(launch(1, |launch| launch.pyflyte()).contains("remote-task shop.order:v1"));
    }

    #[test]
    fn flytectl_is_given_a_file() {
        let text = launch(3, |launch| launch.flytectl());
        assert!(text.contains("workflow: shop.order\n") && text.contains("version: v1\n"), "{text}");
        assert!(text.ends_with("EOF\nflytectl create execution -p p -d d --admin.endpoint dns:///h:1 --admin.insecure=true --execFile launch.yaml"), "{text}");
    }

    #[test]
    fn aileron_launches_launch_plans() {
        assert!(
            launch(3, |launch| launch.aileron()).is_some_and(|text| text.contains("--input 'text=it'\\''s'"))
        );
        assert_eq!(launch(1, |launch| launch.aileron()), None);
    }
}
