//! Settings of an execution: for each the launch's own, else the launch plan's, else those of attributes,
//! else the server's.

use aileron_idl::admin::execution_spec::NotificationOverrides;
use aileron_idl::admin::{
    Auth, AuthRole, ClusterAssignment, ExecutionSpec, Labels, LaunchPlanSpec, Notification,
    RawOutputDataConfig, SystemMetadata, WorkflowExecutionConfig,
};
use aileron_idl::core::{Identity, ResourceType, SecurityContext, WorkflowExecutionIdentifier};

use super::attributes::Matched;
use super::time_limits;
use crate::access::caller;
use crate::error::ServiceError;
use crate::launcher::namespace;
use crate::settings::Settings;
use crate::{labels, names};

/// What a launch is completed from, beside itself.
pub(super) struct Sources<'a> {
    /// The launch plan's; default for a task.
    pub(super) plan: &'a LaunchPlanSpec,
    /// Attributes of the workflow, the domain and the project.
    pub(super) matched: &'a Matched,
    /// Labels of the project, for keys that nobody else sets.
    pub(super) project_labels: Option<&'a Labels>,
    pub(super) settings: &'a Settings,
}

/// The spec as it is stored: everything decided, so that it can be launched again as it was.
pub(super) fn complete(
    mut spec: ExecutionSpec,
    sources: &Sources<'_>,
    id: &WorkflowExecutionIdentifier,
) -> Result<ExecutionSpec, ServiceError> {
    assign_cluster(&mut spec, sources)?;
    let config = merged(&mut spec, sources);
    spec.max_parallelism = config.max_parallelism;
    spec.security_context = Some(config.security_context.unwrap_or_else(nobody));
    spec.raw_output_data_config = config.raw_output_data_config;
    let mut labels = config.labels.unwrap_or_default();
    for (key, value) in sources.project_labels.into_iter().flat_map(|labels| &labels.values) {
        labels.values.entry(key.clone()).or_insert_with(|| value.clone());
    }
    spec.labels = Some(labels);
    spec.annotations = Some(config.annotations.unwrap_or_default());
    spec.envs = config.envs;
    spec.interruptible = config.interruptible;
    spec.overwrite_cache = config.overwrite_cache;
    spec.quality_of_service = spec.quality_of_service.or(sources.plan.quality_of_service);
    time_limits::timeout(&spec, sources.settings.execution_timeout)?;
    if let Some(target) = spec.launch_plan.as_mut().filter(|target| target.resource_type == 0) {
        target.set_resource_type(ResourceType::LaunchPlan);
    }
    let metadata = spec.metadata.get_or_insert_default();
    // Whoever calls. A child that the data plane launches is its parent's user's.
    if metadata.parent_node_execution.is_none() || !caller::is_of_platform() {
        metadata.principal = caller::principal();
    }
    let namespace = namespace(&id.project, &id.domain);
    metadata.system_metadata = Some(SystemMetadata { namespace, ..SystemMetadata::default() });
    Ok(spec)
}

/// For each setting the first source that says something: the launch, its plan, the attributes that count
/// most, those of the project, the older role fields, the server.
fn merged(spec: &mut ExecutionSpec, sources: &Sources<'_>) -> WorkflowExecutionConfig {
    let plan = sources.plan;
    let of_plan = WorkflowExecutionConfig {
        max_parallelism: plan.max_parallelism,
        security_context: plan.security_context.clone(),
        raw_output_data_config: plan.raw_output_data_config.clone(),
        labels: plan.labels.clone(),
        annotations: plan.annotations.clone(),
        interruptible: plan.interruptible,
        overwrite_cache: plan.overwrite_cache,
        envs: plan.envs.clone(),
        ..WorkflowExecutionConfig::default()
    };
    let own = WorkflowExecutionConfig {
        max_parallelism: spec.max_parallelism,
        security_context: spec.security_context.take(),
        raw_output_data_config: spec.raw_output_data_config.take(),
        labels: spec.labels.take(),
        annotations: spec.annotations.take(),
        interruptible: spec.interruptible,
        overwrite_cache: spec.overwrite_cache,
        envs: spec.envs.take(),
        ..WorkflowExecutionConfig::default()
    };
    let roles = WorkflowExecutionConfig {
        security_context: older_roles(spec, plan),
        ..WorkflowExecutionConfig::default()
    };
    let server = sources.settings.execution_defaults.clone();
    let attributes = sources.matched.execution_configs().cloned();
    [own, of_plan].into_iter().chain(attributes).chain([roles, server]).fold(Default::default(), filled)
}

/// Fills what is still open from the next source.
pub(super) fn filled(
    known: WorkflowExecutionConfig,
    next: WorkflowExecutionConfig,
) -> WorkflowExecutionConfig {
    let prefix = |config: &RawOutputDataConfig| !config.output_location_prefix.is_empty();
    WorkflowExecutionConfig {
        max_parallelism: if known.max_parallelism == 0 {
            next.max_parallelism
        } else {
            known.max_parallelism
        },
        security_context: known.security_context.or(next.security_context.filter(decides)),
        raw_output_data_config: known.raw_output_data_config.or(next.raw_output_data_config.filter(prefix)),
        labels: known.labels.or(next.labels.filter(|labels| !labels.values.is_empty())),
        annotations: known.annotations.or(next.annotations.filter(|all| !all.values.is_empty())),
        interruptible: known.interruptible.or(next.interruptible),
        overwrite_cache: known.overwrite_cache || next.overwrite_cache,
        envs: known.envs.or(next.envs.filter(|envs| !envs.values.is_empty())),
        ..known
    }
}

/// A context that does not say who runs the tasks decides nothing.
fn decides(context: &SecurityContext) -> bool {
    context.run_as.as_ref().is_some_and(is_somebody)
}

fn is_somebody(identity: &Identity) -> bool {
    !(identity.iam_role.is_empty()
        && identity.k8s_service_account.is_empty()
        && identity.execution_identity.is_empty())
}

fn nobody() -> SecurityContext {
    SecurityContext { run_as: Some(Identity::default()), ..SecurityContext::default() }
}

/// Roles as older clients send them, in four places.
fn older_roles(spec: &ExecutionSpec, plan: &LaunchPlanSpec) -> Option<SecurityContext> {
    let of_role =
        |role: &AuthRole| (role.assumable_iam_role.clone(), role.kubernetes_service_account.clone());
    let of_auth = |auth: &Auth| (auth.assumable_iam_role.clone(), auth.kubernetes_service_account.clone());
    let places = [
        spec.auth_role.as_ref().map(of_role),
        plan.auth_role.as_ref().map(of_role),
        plan.auth.as_ref().map(of_auth),
        Some((plan.role.clone(), String::new())),
    ];
    let identities = places.into_iter().flatten().map(|(iam_role, k8s_service_account)| Identity {
        iam_role,
        k8s_service_account,
        ..Identity::default()
    });
    let run_as = identities.into_iter().find(is_somebody)?;
    Some(SecurityContext { run_as: Some(run_as), ..SecurityContext::default() })
}

/// Where an execution may run: as asked, else as attributes say. A pool cannot be asked for against them.
fn assign_cluster(spec: &mut ExecutionSpec, sources: &Sources<'_>) -> Result<(), ServiceError> {
    let named = |pool: &ClusterAssignment| !pool.cluster_pool_name.is_empty();
    let asked = spec.cluster_assignment.take().filter(named);
    let asked = asked.or(sources.plan.cluster_assignment.clone().filter(named));
    let set = sources.matched.cluster_assignment().cloned().filter(named);
    if let (Some(asked), Some(set)) = (&asked, &set)
        && asked != set
    {
        let problem = format!("the attributes here say [{}]; leave it out", set.cluster_pool_name);
        let value = &asked.cluster_pool_name;
        return Err(ServiceError::invalid("spec.cluster_assignment.cluster_pool_name", value, problem));
    }
    spec.cluster_assignment = asked.or(set);
    let label = spec.execution_cluster_label.take().filter(|label| !label.value.is_empty());
    spec.execution_cluster_label = label.or(sources.matched.cluster_label().cloned());
    Ok(())
}

/// Refuses settings of a launch that could not be carried.
pub(super) fn check(spec: &ExecutionSpec) -> Result<(), ServiceError> {
    labels::check("spec.labels", spec.labels.as_ref())?;
    labels::check_annotations("spec.annotations", spec.annotations.as_ref())?;
    if let Some(NotificationOverrides::Notifications(own)) = &spec.notification_overrides {
        crate::notifications::check("spec.notifications.notifications", &own.notifications)?;
    }
    if spec.max_parallelism < 0 {
        let value = spec.max_parallelism.to_string();
        return Err(ServiceError::invalid("spec.max_parallelism", &value, "it must not be negative"));
    }
    spec.tags.iter().try_for_each(|tag| names::check("spec.tags", tag))
}

/// Who is told of the end: as the launch says, else as the launch plan does.
pub(super) fn notifications(spec: &ExecutionSpec, plan: &LaunchPlanSpec) -> Vec<Notification> {
    match &spec.notification_overrides {
        Some(NotificationOverrides::DisableAll(true)) => Vec::new(),
        Some(NotificationOverrides::Notifications(own)) if !own.notifications.is_empty() => {
            own.notifications.clone()
        }
        _ => plan.entity_metadata.as_ref().map(|metadata| metadata.notifications.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::{Envs, NotificationList};
    use aileron_idl::core::KeyValuePair;

    fn completed(spec: ExecutionSpec, plan: &LaunchPlanSpec) -> ExecutionSpec {
        completed_with(spec, plan, &Matched::default(), None).unwrap()
    }

    fn completed_with(
        spec: ExecutionSpec,
        plan: &LaunchPlanSpec,
        matched: &Matched,
        project_labels: Option<&Labels>,
    ) -> Result<ExecutionSpec, ServiceError> {
        let folder = tempfile::tempdir().unwrap();
        let storage = aileron_storage::Storage::folder(folder.path()).unwrap();
        let id =
            WorkflowExecutionIdentifier { project: "p".into(), domain: "d".into(), ..Default::default() };
        let settings = &Settings::new(folder.path(), "http://localhost", storage);
        complete(spec, &Sources { plan, matched, project_labels, settings }, &id)
    }

    fn labels(key: &str) -> Option<Labels> {
        Some(Labels { values: [(key.to_owned(), "v".to_owned())].into() })
    }

    #[test]
    fn the_server_fills_what_nobody_says() {
        let spec = completed(ExecutionSpec::default(), &LaunchPlanSpec::default());
        assert_eq!(spec.max_parallelism, 25);
        assert_eq!(spec.security_context.unwrap().run_as, Some(Identity::default()));
        assert_eq!(spec.metadata.unwrap().system_metadata.unwrap().namespace, "p-d");
        assert_eq!(spec.raw_output_data_config, None);
        assert_eq!(spec.labels, Some(Labels::default()));
    }

    #[test]
    fn the_launch_goes_before_the_plan() {
        let plan = LaunchPlanSpec {
            max_parallelism: 3,
            labels: labels("plan"),
            raw_output_data_config: Some(RawOutputDataConfig { output_location_prefix: "file:///p".into() }),
            envs: Some(Envs { values: vec![KeyValuePair { key: "K".into(), value: "V".into() }] }),
            interruptible: Some(true),
            overwrite_cache: true,
            ..Default::default()
        };
        let spec = completed(ExecutionSpec { labels: labels("launch"), ..Default::default() }, &plan);
        assert_eq!(spec.labels, labels("launch"));
        assert_eq!(spec.max_parallelism, 3);
        assert_eq!(spec.raw_output_data_config, plan.raw_output_data_config);
        assert_eq!(spec.envs, plan.envs);
        assert!(spec.overwrite_cache && spec.interruptible == Some(true));
        let own = ExecutionSpec { max_parallelism: 7, interruptible: Some(false), ..Default::default() };
        let spec = completed(own, &plan);
        assert_eq!((spec.max_parallelism, spec.interruptible), (7, Some(false)));
    }

    #[test]
    fn a_context_that_names_nobody_does_not_decide() {
        let somebody = |role: &str| {
            let run_as = Some(Identity { iam_role: role.into(), ..Default::default() });
            Some(SecurityContext { run_as, ..Default::default() })
        };
        let plan = LaunchPlanSpec { security_context: somebody("plan"), ..Default::default() };
        let spec = ExecutionSpec { security_context: somebody(""), ..Default::default() };
        assert_eq!(completed(spec, &plan).security_context, somebody("plan"));
        let spec = ExecutionSpec { security_context: somebody("launch"), ..Default::default() };
        assert_eq!(completed(spec, &plan).security_context, somebody("launch"));
    }

    #[test]
    fn notifications_can_be_replaced_or_silenced() {
        let plan = LaunchPlanSpec {
            entity_metadata: Some(aileron_idl::admin::LaunchPlanMetadata {
                notifications: vec![Notification::default()],
                ..Default::default()
            }),
            ..Default::default()
        };
        let with = |overrides| {
            let spec = ExecutionSpec { notification_overrides: overrides, ..Default::default() };
            notifications(&spec, &plan).len()
        };
        assert_eq!(with(None), 1);
        assert_eq!(with(Some(NotificationOverrides::Notifications(NotificationList::default()))), 1);
        assert_eq!(with(Some(NotificationOverrides::DisableAll(true))), 0);
    }
}
