//! Facts about an execution, a task or a launch plan: a name and a value each, and only those that say something.

use aileron_idl::admin::{Execution, ExecutionSpec, LaunchPlan, TaskExecutionClosure, execution_spec};
use aileron_idl::core::quality_of_service::{Designation, Tier};
use aileron_idl::core::{
    Container, QualityOfService, Resources, SecurityContext, TaskTemplate, resources, task_template,
};

use super::entity::registered::in_words;
use super::listing::mode;
use super::route::{Entity, Page, Place};
use super::sorted;
use super::time;
use super::value;

/// A fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is about.
    pub name: &'static str,
    /// What it says.
    pub value: Told,
}

/// How a fact is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// In words.
    Words(String),
    /// As text that is copied: a command, a URI.
    Code(String),
    /// As a page that tells more.
    Link(String, Page),
    /// As names and values.
    Pairs(Vec<(String, String)>),
    /// As an instant, in milliseconds since 1970.
    Instant(f64),
}

/// Facts that gather.
#[derive(Default)]
struct Facts(Vec<Fact>);

impl Facts {
    fn words(&mut self, name: &'static str, text: impl Into<String>) {
        self.add(name, Told::Words(text.into()));
    }

    fn code(&mut self, name: &'static str, text: impl Into<String>) {
        self.add(name, Told::Code(text.into()));
    }

    fn pairs(&mut self, name: &'static str, pairs: impl IntoIterator<Item = (String, String)>) {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        sorted::sort_by(&mut pairs, Ord::cmp);
        self.add(name, Told::Pairs(pairs));
    }

    fn add(&mut self, name: &'static str, value: Told) {
        let is_empty = match &value {
            Told::Words(text) | Told::Code(text) => text.is_empty(),
            Told::Pairs(pairs) => pairs.is_empty(),
            Told::Link(..) | Told::Instant(_) => false,
        };
        if !is_empty {
            self.0.push(Fact { name, value });
        }
    }
}

/// What an execution was launched with, beyond its inputs.
pub fn of_execution(execution: &Execution) -> Vec<Fact> {
    let spec = execution.spec.clone().unwrap_or_default();
    let closure = execution.closure.clone().unwrap_or_default();
    let mut facts = Facts::default();
    launched(&mut facts, &spec);
    let instants = [
        ("Accepted", closure.created_at),
        ("Started", closure.started_at),
        ("Last change", closure.updated_at),
    ];
    for (name, at) in instants {
        if let Some(at) = at {
            facts.add(name, Told::Instant(time::millis(&at)));
        }
    }
    options(&mut facts, spec);
    if let Some(state) = closure.state_change_details.filter(|details| details.state == 1) {
        facts.words("Archived", format!("by {}", or(&state.principal, "somebody")));
    }
    facts.0
}

/// From what, how, and by whom.
fn launched(facts: &mut Facts, spec: &ExecutionSpec) {
    if let Some(id) = &spec.launch_plan {
        let kind = Entity::of_resource_type(id.resource_type).unwrap_or(Entity::LaunchPlan);
        let place = Place::new(&id.project, &id.domain);
        let name = if kind == Entity::Task { "Task" } else { "Launch plan" };
        let page = Page::Version(place, kind, id.name.clone(), id.version.clone());
        facts.add(name, Told::Link(id.name.clone(), page));
        facts.code("Version", id.version.clone());
    }
    let metadata = spec.metadata.clone().unwrap_or_default();
    facts.words(
        "Launched by",
        match metadata.principal.as_str() {
            "" => mode(metadata.mode).to_owned(),
            who => format!("{who} ({})", mode(metadata.mode)),
        },
    );
    if let Some(at) = metadata.scheduled_at {
        facts.add("Scheduled for", Told::Instant(time::millis(&at)));
    }
    if let Some(id) = metadata.reference_execution {
        let page = Page::Execution(Place::new(&id.project, &id.domain), id.name.clone());
        facts.add("Repeats", Told::Link(id.name, page));
    }
    if let Some(node) = metadata.parent_node_execution {
        let id = node.execution_id.unwrap_or_default();
        let page = Page::Execution(Place::new(&id.project, &id.domain), id.name.clone());
        facts.add("Parent", Told::Link(format!("{} · {}", id.name, node.node_id), page));
    }
    let system = metadata.system_metadata.unwrap_or_default();
    facts.words("Cluster", system.execution_cluster);
    facts.words("Namespace", system.namespace);
}

fn options(facts: &mut Facts, spec: ExecutionSpec) {
    if spec.max_parallelism > 0 {
        facts.words("At once", format!("{} nodes at most", spec.max_parallelism));
    }
    if let Some(interruptible) = spec.interruptible {
        facts.words("Interruptible", yes(interruptible));
    }
    if spec.overwrite_cache {
        facts.words("Cache", "is not read, and overwritten");
    }
    facts.code("Raw outputs", spec.raw_output_data_config.unwrap_or_default().output_location_prefix);
    facts.pairs("Labels", spec.labels.unwrap_or_default().values);
    facts.pairs("Annotations", spec.annotations.unwrap_or_default().values);
    let envs = spec.envs.unwrap_or_default().values;
    facts.pairs("Environment", envs.into_iter().map(|pair| (pair.key, pair.value)));
    #[expect(deprecated, reason = "clients send tags all the same")]
    facts.words("Tags", spec.tags.join(", "));
    security(facts, spec.security_context.unwrap_or_default());
    facts.words("Cluster pool", spec.cluster_assignment.unwrap_or_default().cluster_pool_name);
    facts.words("Cluster label", spec.execution_cluster_label.unwrap_or_default().value);
    facts.words("Quality of service", spec.quality_of_service.as_ref().map(quality).unwrap_or_default());
    match spec.notification_overrides {
        Some(execution_spec::NotificationOverrides::DisableAll(true)) => {
            facts.words("Notifications", "none");
        }
        Some(execution_spec::NotificationOverrides::Notifications(list)) => {
            facts.words("Notifications", format!("{} of its own", list.notifications.len()));
        }
        _ => {}
    }
}

fn security(facts: &mut Facts, context: SecurityContext) {
    let identity = context.run_as.unwrap_or_default();
    facts.words("Service account", identity.k8s_service_account);
    facts.words("IAM role", identity.iam_role);
    facts.words(
        "Secrets",
        context
            .secrets
            .iter()
            .map(|secret| format!("{}/{}", secret.group, secret.key))
            .collect::<Vec<_>>()
            .join(", "),
    );
}

fn quality(of: &QualityOfService) -> String {
    match &of.designation {
        Some(Designation::Tier(tier)) => match Tier::try_from(*tier) {
            Ok(Tier::High) => "high".to_owned(),
            Ok(Tier::Medium) => "medium".to_owned(),
            Ok(Tier::Low) => "low".to_owned(),
            _ => String::new(),
        },
        Some(Designation::Spec(spec)) => spec
            .queueing_budget
            .as_ref()
            .map(|budget| format!("within {} of queueing", time::human(time::span(budget))))
            .unwrap_or_default(),
        None => String::new(),
    }
}

/// What a task is and what it runs with.
pub fn of_task(template: &TaskTemplate) -> Vec<Fact> {
    let mut facts = Facts::default();
    facts.code("Type", template.r#type.clone());
    let metadata = template.metadata.clone().unwrap_or_default();
    if let Some(runtime) = metadata.runtime {
        facts.words("Made with", format!("{} {}", runtime.flavor, runtime.version));
    }
    if metadata.discoverable {
        let alone = if metadata.cache_serializable { ", one computes what several want" } else { "" };
        facts.words("Cached", format!("version {}{alone}", or(&metadata.discovery_version, "(empty)")));
    }
    if let Some(retries) = metadata.retries.filter(|retries| retries.retries > 0) {
        facts.words("Retries", retries.retries.to_string());
    }
    if let Some(timeout) = metadata.timeout {
        facts.words("Time-out", time::human(time::span(&timeout)));
    }
    facts.words("Deprecated", metadata.deprecated_error_message);
    match &template.target {
        Some(task_template::Target::Container(container)) => of_container(&mut facts, container),
        Some(task_template::Target::K8sPod(pod)) => {
            facts.words("Pod", format!("main container {}", or(&pod.primary_container_name, "primary")));
        }
        Some(task_template::Target::Sql(sql)) => facts.code("Statement", sql.statement.clone()),
        None => {}
    }
    security(&mut facts, template.security_context.clone().unwrap_or_default());
    facts.pairs("Configuration", template.config.clone());
    facts.pairs("Plugin", template.custom.iter().flat_map(value::fields));
    facts.0
}

/// What runs an attempt: a job of a cluster, a call to a service, and what that tells of itself.
pub fn of_attempt(closure: &TaskExecutionClosure) -> Vec<Fact> {
    let mut facts = Facts::default();
    let metadata = closure.metadata.clone().unwrap_or_default();
    facts.words("Run by", metadata.plugin_identifier);
    facts.code("Known there as", metadata.generated_name);
    facts.pairs("It tells", closure.custom_info.iter().flat_map(value::fields));
    facts.0
}

fn of_container(facts: &mut Facts, container: &Container) {
    facts.code("Image", container.image.clone());
    facts.code("Command", [container.command.clone(), container.args.clone()].concat().join(" "));
    if let Some(resources) = &container.resources {
        facts.pairs("Resources", resource_pairs(resources));
    }
    facts.pairs("Environment", container.env.iter().map(|pair| (pair.key.clone(), pair.value.clone())));
}

/// `cpu: 1 (at most 2)`.
fn resource_pairs(of: &Resources) -> Vec<(String, String)> {
    let name = |entry: &resources::ResourceEntry| entry.name().as_str_name().to_lowercase();
    let limit = |wanted: &resources::ResourceEntry| of.limits.iter().find(|entry| entry.name == wanted.name);
    let asked = of.requests.iter().map(|entry| {
        let most = limit(entry).map(|limit| format!(" (at most {})", limit.value)).unwrap_or_default();
        (name(entry), format!("{}{most}", entry.value))
    });
    let unasked = of.limits.iter().filter(|limit| !of.requests.iter().any(|entry| entry.name == limit.name));
    asked.chain(unasked.map(|entry| (name(entry), format!("at most {}", entry.value)))).collect()
}

/// What a launch plan launches and with what.
pub fn of_launch_plan(plan: &LaunchPlan) -> Vec<Fact> {
    let spec = plan.spec.clone().unwrap_or_default();
    let mut facts = Facts::default();
    if let Some(id) = spec.workflow_id {
        let place = Place::new(&id.project, &id.domain);
        let page = Page::Version(place, Entity::Workflow, id.name.clone(), id.version);
        facts.add("Workflow", Told::Link(id.name, page));
    }
    let metadata = spec.entity_metadata.unwrap_or_default();
    facts.words("Schedule", metadata.schedule.as_ref().map(in_words).unwrap_or_default());
    let kickoff = metadata.schedule.map(|schedule| schedule.kickoff_time_input_arg).unwrap_or_default();
    facts.code("Tick given to", kickoff);
    if let Some(policy) = spec.concurrency_policy {
        facts.words("At once", format!("{} executions at most", policy.max));
    }
    options(
        &mut facts,
        ExecutionSpec {
            max_parallelism: spec.max_parallelism,
            interruptible: spec.interruptible,
            overwrite_cache: spec.overwrite_cache,
            raw_output_data_config: spec.raw_output_data_config,
            labels: spec.labels,
            annotations: spec.annotations,
            envs: spec.envs,
            security_context: spec.security_context,
            cluster_assignment: spec.cluster_assignment,
            quality_of_service: spec.quality_of_service,
            ..ExecutionSpec::default()
        },
    );
    facts.0
}

fn yes(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use aileron_idl::admin::{ClusterAssignment, Envs, ExecutionClusterLabel, Labels, RawOutputDataConfig};
    use aileron_idl::core::{Identifier, KeyValuePair};

    use super::*;

    fn names(facts: &[Fact]) -> Vec<&str> {
        facts.iter().map(|fact| fact.name).collect()
    }

    #[test]
    fn every_option_of_a_launch_is_a_fact() {
        #[expect(deprecated, reason = "clients send tags all the same")]
        let spec = ExecutionSpec {
            launch_plan: Some(Identifier { name: "a.b".into(), resource_type: 3, ..Default::default() }),
            max_parallelism: 5,
            interruptible: Some(false),
            overwrite_cache: true,
            labels: Some(Labels { values: [("team".to_owned(), "a".to_owned())].into_iter().collect() }),
            envs: Some(Envs { values: vec![KeyValuePair { key: "A".into(), value: "1".into() }] }),
            tags: vec!["x".into(), "y".into()],
            cluster_assignment: Some(ClusterAssignment { cluster_pool_name: "gpu".into() }),
            execution_cluster_label: Some(ExecutionClusterLabel { value: "east".into() }),
            raw_output_data_config: Some(RawOutputDataConfig { output_location_prefix: "s3://b".into() }),
            notification_overrides: Some(execution_spec::NotificationOverrides::DisableAll(true)),
            ..Default::default()
        };
        let facts = of_execution(&Execution { spec: Some(spec), ..Default::default() });
        let expect = [
            "Launch plan",
            "Launched by",
            "At once",
            "Interruptible",
            "Cache",
            "Raw outputs",
            "Labels",
            "Environment",
            "Tags",
            "Cluster pool",
            "Cluster label",
            "Notifications",
        ];
        assert_eq!(names(&facts), expect);
    }

    #[test]
    fn a_service_is_told_of_and_what_it_tells() {
        let text = |text: &str| prost_types::Value {
            kind: Some(prost_types::value::Kind::StringValue(text.to_owned())),
        };
        let mut closure = TaskExecutionClosure::default();
        closure.metadata.get_or_insert_default().plugin_identifier = "spark".into();
        let fields = [("master", text("local[2]")), ("driver", text("s-0"))];
        closure.custom_info.get_or_insert_default().fields =
            fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let facts = of_attempt(&closure);
        assert_eq!(names(&facts), ["Run by", "It tells"]);
        let Told::Pairs(pairs) = &facts[1].value else { panic!("they are pairs") };
        assert_eq!(pairs[1], ("master".to_owned(), "local[2]".to_owned()));
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(names(&of_execution(&Execution::default())), ["Launched by"]);
        assert_eq!(names(&of_task(&TaskTemplate::default())), Vec::<&str>::new());
    }

    #[test]
    fn resources_say_what_is_asked_for_and_allowed() {
        let entry = |name, value: &str| resources::ResourceEntry { name, value: value.into() };
        let of = Resources { requests: vec![entry(1, "1")], limits: vec![entry(1, "2"), entry(3, "1Gi")] };
        let pairs = resource_pairs(&of);
        assert_eq!(pairs[0], ("cpu".to_owned(), "1 (at most 2)".to_owned()));
        assert_eq!(pairs[1], ("memory".to_owned(), "at most 1Gi".to_owned()));
    }
}
