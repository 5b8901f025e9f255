//! What Batch is asked to do for an attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use aileron_crd::TaskResourceSpec;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{Container, Resources, TaskTemplate};
use serde_json::{Map, Value, json};

use super::definition::Wanted;
use super::settings::{BatchSettings, Platform};
use crate::plugins::BuildError;
use crate::plugins::pod::resources::amount;
use crate::plugins::pod::source::{structure, wrong};

/// Where flytekit's package has a task put its outputs: Flyte's plugin reads them as those of an array's first item.
const FIRST_ITEM: &str = "{{.outputPrefix}}/0";
const OUTPUT_PREFIX: &str = "{{.outputPrefix}}";
/// Where a job of an array finds its index, and the variable that says so.
const ARRAY_INDEX: &str = "AWS_BATCH_JOB_ARRAY_INDEX";
const ARRAY_INDEX_NAME: &str = "BATCH_JOB_ARRAY_INDEX_VAR_NAME";
/// Makes flytekit's entrypoint exit with an error's code.
const FAIL_ON_ERROR: &str = "FLYTE_FAIL_ON_ERROR";
/// Names of the queue in a task's configuration.
const QUEUES: [&str; 3] = ["dynamic_queue", "child_queue", "primary_queue"];
/// Fields of a submission that a task's own settings may have.
const OWN: [&str; 8] = [
    "arrayProperties",
    "dependsOn",
    "parameters",
    "propagateTags",
    "retryStrategy",
    "schedulingPriorityOverride",
    "shareIdentifier",
    "tags",
];
/// Longest name of a job.
const NAME: usize = 128;
/// Shortest time that Batch gives a job.
const SHORTEST: Duration = Duration::from_secs(60);

/// An attempt, with all that bears on its job.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The task, its command's variables filled in.
    pub(super) task: &'a TaskTemplate,
    /// Resources that this use of the task overrides.
    pub(super) overrides: Option<&'a Resources>,
    /// An image that this use of the task overrides; empty for none.
    pub(super) image: &'a str,
    /// Resources of tasks that ask for none.
    pub(super) platform: &'a TaskResourceSpec,
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The role of the execution, if it has one.
    pub(super) role: &'a str,
    /// The namespace, which is `PROJECT-DOMAIN`.
    pub(super) namespace: &'a str,
    /// Tags of the queues that its execution may wait in, those that count most first.
    pub(super) queue_tags: &'a [String],
    /// What the attempt is called among those of its execution.
    pub(super) generated_name: &'a str,
    /// Where its outputs go, which no other attempt has.
    pub(super) output_prefix: &'a str,
    pub(super) settings: &'a BatchSettings,
}

/// What begins a job.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Submission {
    pub(super) definition: Wanted,
    /// All but the definition's name.
    pub(super) request: Value,
}

/// The task as it runs here: its outputs go where those of all tasks do.
pub(super) fn plain(task: &TaskTemplate) -> TaskTemplate {
    let mut task = task.clone();
    if let Some(Target::Container(container)) = &mut task.target {
        for text in container.command.iter_mut().chain(&mut container.args) {
            if text == FIRST_ITEM {
                OUTPUT_PREFIX.clone_into(text);
            }
        }
    }
    task
}

/// The name of an attempt's job. The digest tells apart executions of one name in two projects.
pub(super) fn job_name(generated_name: &str, output_prefix: &str) -> String {
    let digest = crate::digest(output_prefix.as_bytes(), 6);
    let kept: String = name(generated_name).chars().take(NAME - digest.len() - 1).collect();
    format!("{kept}-{digest}")
}

/// A text in the letters that names have there.
pub(super) fn name(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = text.chars().map(letter).collect();
    name.trim_start_matches(['-', '_']).to_owned()
}

/// The queue of an attempt's job: the task's own, else that of the first tag that has one, else its project's and domain's,
/// else the only one.
pub(super) fn queue(
    task: &TaskTemplate,
    tags: &[String],
    namespace: &str,
    settings: &BatchSettings,
) -> Result<String, BuildError> {
    let of_container = match &task.target {
        Some(Target::Container(container)) => config(container),
        _ => BTreeMap::new(),
    };
    let own = QUEUES
        .iter()
        .find_map(|name| of_container.get(name).copied().or(task.config.get(*name).map(String::as_str)));
    let of_tag = || tags.iter().find_map(|tag| settings.job_queues_by_tag.get(tag));
    let given = || of_tag().or_else(|| settings.job_queues.get(namespace)).map(String::as_str);
    let found = own.or_else(given).unwrap_or(&settings.job_queue);
    if found.is_empty() {
        return Err(wrong(&format!(
            "no queue of AWS Batch is named for this task; set `jobQueue`, or one for {namespace} in `jobQueues`, or \
             `dynamic_queue` in the task's configuration"
        )));
    }
    Ok(found.to_owned())
}

#[expect(deprecated, reason = "the queue is nowhere else")]
fn config(container: &Container) -> BTreeMap<&str, &str> {
    container.config.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())).collect()
}

/// What begins the job of an attempt.
pub(super) fn submission(view: &View<'_>) -> Result<Submission, BuildError> {
    let container = container(view.task)?;
    let custom = view.task.custom.as_ref().map(structure);
    let custom = custom.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let platform = platform(view)?;
    let is_array = custom.get("arrayProperties").is_some_and(|array| !array["size"].is_null());
    let mut request = Map::new();
    for name in OWN {
        if let Some(value) = custom.get(name).filter(|value| !value.is_null()) {
            request.insert(name.to_owned(), value.clone());
        }
    }
    // As flytekit's package calls it.
    if let Some(priority) = custom.get("schedulingPriority").filter(|value| !value.is_null()) {
        request.insert("schedulingPriorityOverride".to_owned(), priority.clone());
    }
    let mut put = |name: &str, value: Value| request.insert(name.to_owned(), value);
    put("jobName", json!(job_name(view.generated_name, view.output_prefix)));
    put("jobQueue", json!(queue(view.task, view.queue_tags, view.namespace, view.settings)?));
    put("timeout", json!({ "attemptDurationSeconds": seconds(view) }));
    put(
        "containerOverrides",
        json!({
            "command": container.command.iter().chain(&container.args).collect::<Vec<_>>(),
            "environment": environment(view.environment, is_array),
            "resourceRequirements": resources(view, container, platform)?,
        }),
    );
    // Trying the program again is the engine's.
    request.entry("retryStrategy").or_insert_with(|| json!({"attempts": 1}));
    Ok(Submission { definition: definition(view, container, platform), request: Value::Object(request) })
}

fn container(task: &TaskTemplate) -> Result<&Container, BuildError> {
    let secrets = task.security_context.as_ref().is_some_and(|context| !context.secrets.is_empty());
    match &task.target {
        Some(Target::Container(_)) if secrets => Err(wrong(
            "the task asks for secrets, which AWS Batch does not get from here; let its job role read them where AWS \
             keeps them",
        )),
        Some(Target::Container(container)) if container.data_config.is_some() => Err(wrong(
            "the task is a raw container that gets its inputs as files, which AWS Batch has nobody to give it",
        )),
        Some(Target::Container(container)) => Ok(container),
        _ => Err(wrong(&format!("AWS Batch runs containers; this `{}` task has none", task.r#type))),
    }
}

fn platform(view: &View<'_>) -> Result<Platform, BuildError> {
    let named = view.task.config.get("platformCapabilities").filter(|named| !named.is_empty());
    let Some(named) = named else { return Ok(view.settings.platform) };
    serde_json::from_value(json!(named))
        .map_err(|_| wrong(&format!("platformCapabilities is `{named}`; write EC2 or FARGATE")))
}

fn definition(view: &View<'_>, container: &Container, platform: Platform) -> Wanted {
    let or = |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
    Wanted {
        image: or(view.image, &container.image),
        job_role: or(view.role, &view.settings.job_role),
        execution_role: view.settings.execution_role.clone(),
        platform,
        container_properties: view.settings.container_properties.clone(),
    }
}

/// The task's time-out is the engine's to keep; Batch ends what nobody looks after any more.
fn seconds(view: &View<'_>) -> u64 {
    view.settings.longest_job.max(SHORTEST).as_secs()
}

fn environment(variables: &BTreeMap<String, String>, is_array: bool) -> Vec<Value> {
    let mut all = variables.clone();
    all.entry(FAIL_ON_ERROR.to_owned()).or_insert_with(|| "true".to_owned());
    if is_array {
        all.insert(ARRAY_INDEX_NAME.to_owned(), ARRAY_INDEX.to_owned());
    }
    all.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// Batch has one amount of each, which is had and not exceeded: the limit, or without one the request.
fn resources(view: &View<'_>, container: &Container, platform: Platform) -> Result<Vec<Value>, BuildError> {
    let asked = |kind| {
        let of = |resources: Option<&Resources>| {
            let resources = resources?;
            entry(&resources.limits, kind).or_else(|| entry(&resources.requests, kind))
        };
        of(view.overrides).or_else(|| of(container.resources.as_ref()))
    };
    let or_default = |found: Option<String>, default: &str| {
        found.or_else(|| Some(default.to_owned()).filter(|text| !matches!(text.as_str(), "" | "0")))
    };
    let mut all = Vec::new();
    let mut put = |kind: &str, value: String| all.push(json!({"type": kind, "value": value}));
    if let Some(text) = or_default(asked(ResourceName::Cpu), &view.platform.cpu) {
        put("VCPU", vcpus(amount("cpu", &text)?, platform));
    }
    if let Some(text) = or_default(asked(ResourceName::Memory), &view.platform.memory) {
        put("MEMORY", format!("{:.0}", (amount("memory", &text)? / 1024_f64.powi(2)).ceil().max(4.0)));
    }
    if let Some(text) = asked(ResourceName::Gpu) {
        put("GPU", format!("{:.0}", amount("gpu", &text)?.ceil()));
    }
    Ok(all)
}

fn entry(entries: &[ResourceEntry], kind: ResourceName) -> Option<String> {
    let found = entries.iter().find(|entry| entry.name() == kind).map(|entry| entry.value.clone());
    found.filter(|text| !matches!(text.as_str(), "" | "0"))
}

/// Machines have whole processors; Fargate has some sizes, of which the next larger one is taken.
fn vcpus(asked: f64, platform: Platform) -> String {
    const SIZES: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
    match platform {
        Platform::Ec2 => format!("{:.0}", asked.ceil().max(1.0)),
        Platform::Fargate => SIZES.into_iter().find(|size| *size >= asked).unwrap_or(asked).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(custom: Value, config: &[(&str, &str)]) -> TaskTemplate {
        let Value::Object(custom) = custom else { panic!("{custom} is no object") };
        let entry =
            |name: ResourceName, value: &str| ResourceEntry { name: name.into(), value: value.into() };
        let container = Container {
            image: "img:1".into(),
            command: vec!["run".into()],
            args: vec!["--out".into(), "{{.outputPrefix}}/0".into()],
            resources: Some(Resources {
                requests: vec![entry(ResourceName::Cpu, "100m")],
                limits: vec![entry(ResourceName::Cpu, "1500m"), entry(ResourceName::Gpu, "2")],
            }),
            ..Default::default()
        };
        TaskTemplate {
            r#type: "aws-batch".into(),
            custom: Some(aileron_idl::json::structure(&custom)),
            config: config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            target: Some(Target::Container(container)),
            ..Default::default()
        }
    }

    fn submitted(task: &TaskTemplate, settings: Value) -> Result<Submission, BuildError> {
        let settings: BatchSettings = serde_json::from_value(settings).unwrap();
        submission(&View {
            task,
            overrides: None,
            image: "",
            platform: &TaskResourceSpec { memory: "1Gi".into(), ..TaskResourceSpec::default() },
            environment: &[("B".to_owned(), "2".to_owned()), ("A".to_owned(), "1".to_owned())].into(),
            role: "",
            namespace: "p-d",
            queue_tags: &[],
            generated_name: "exec.1-n0-0",
            output_prefix: "s3://b/p/d/exec.1/n0/data/0",
            settings: &settings,
        })
    }

    #[test]
    fn a_job_gets_what_the_task_asks_for() {
        let custom = json!({"parameters": {"p": "1"}, "schedulingPriority": 7, "platformCapabilities": "EC2",
            "propagateTags": true, "tags": {"t": "v"}, "jobName": "mine", "ofALaterVersion": 1, "shareIdentifier": null});
        let found =
            submitted(&plain(&task(custom, &[])), json!({"jobQueue": "q", "longestJob": "1h"})).unwrap();
        let expected = json!({
            "jobName": job_name("exec.1-n0-0", "s3://b/p/d/exec.1/n0/data/0"),
            "jobQueue": "q",
            "parameters": {"p": "1"},
            "propagateTags": true,
            "retryStrategy": {"attempts": 1},
            "schedulingPriorityOverride": 7,
            "tags": {"t": "v"},
            "timeout": {"attemptDurationSeconds": 3600},
            "containerOverrides": {
                "command": ["run", "--out", "{{.outputPrefix}}"],
                "environment": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": "2"},
                    {"name": "FLYTE_FAIL_ON_ERROR", "value": "true"},
                ],
                "resourceRequirements": [
                    {"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "1024"}, {"type": "GPU", "value": "2"},
                ],
            },
        });
        assert_eq!(found.request, expected);
        assert_eq!((found.definition.image.as_str(), found.definition.platform), ("img:1", Platform::Ec2));
    }

    #[test]
    fn a_task_may_ask_for_an_array_fargate_and_tries_of_batchs_own() {
        let custom = json!({"arrayProperties": {"size": 3}, "retryStrategy": {"attempts": 4}});
        let task = task(custom, &[("platformCapabilities", "FARGATE"), ("dynamic_queue", "other")]);
        let found = submitted(&task, json!({"jobQueue": "q"})).unwrap();
        assert_eq!(found.request["arrayProperties"]["size"], 3);
        assert_eq!(found.request["retryStrategy"]["attempts"], 4);
        assert_eq!(found.request["jobQueue"], "other");
        let environment = found.request["containerOverrides"]["environment"].as_array().unwrap();
        assert!(environment.contains(&json!({"name": ARRAY_INDEX_NAME, "value": ARRAY_INDEX})));
        let cpu = &found.request["containerOverrides"]["resourceRequirements"][0];
        assert_eq!((cpu["value"].as_str(), found.definition.platform), (Some("2"), Platform::Fargate));
    }

    #[test]
    fn the_queue_is_the_tasks_the_tags_the_domains_or_the_only_one() {
        let settings = json!({
            "region": "r", "jobQueue": "only", "jobQueues": {"p-d": "domain"},
            "jobQueuesByTag": {"gpu": "large", "night": "cheap"},
        });
        let settings: BatchSettings = serde_json::from_value(settings).unwrap();
        let of = |config: &[(&str, &str)], tags: &[&str], namespace: &str| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            queue(&task(json!({}), config), &tags, namespace, &settings).unwrap()
        };
        assert_eq!(of(&[("dynamic_queue", "own")], &["gpu"], "p-d"), "own");
        assert_eq!(of(&[], &["unknown", "night", "gpu"], "p-d"), "cheap");
        assert_eq!(of(&[], &["unknown"], "p-d"), "domain");
        assert_eq!(of(&[], &[], "q-d"), "only");
    }

    #[test]
    fn names_tell_attempts_apart_and_are_no_longer_than_they_may_be() {
        let name = job_name(&"e.".repeat(100), "s3://a");
        assert!(name.len() <= NAME && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
        assert_ne!(job_name("e", "s3://a"), job_name("e", "s3://b"));
    }

    #[test]
    fn what_batch_cannot_run_is_refused_and_says_why() {
        let refused = |task: &TaskTemplate, settings| submitted(task, settings).unwrap_err().to_string();
        let good = task(json!({}), &[]);
        let settings = || json!({"jobQueue": "q"});
        assert!(refused(&good, json!({})).contains("no queue of AWS Batch"));
        let wrong = task(json!({}), &[("platformCapabilities", "MOON")]);
        assert!(refused(&wrong, settings()).contains("`MOON`; write EC2 or FARGATE"));
        let bare = TaskTemplate { target: None, ..good.clone() };
        assert!(refused(&bare, settings()).contains("has none"));
        let mut secret = good.clone();
        secret.security_context.get_or_insert_default().secrets.push(Default::default());
        assert!(refused(&secret, settings()).contains("asks for secrets"));
        let mut raw = good;
        if let Some(Target::Container(container)) = &mut raw.target {
            container.data_config = Some(Default::default());
        }
        assert!(refused(&raw, settings()).contains("raw container"));
    }
}
