//! Settings of an execution: for each the launch's own, else the launch plan's, else the server's.

use aileron_idl::admin::execution_spec::NotificationOverrides;
use aileron_idl::admin::{ExecutionSpec, LaunchPlanSpec, Notification, SystemMetadata};
use aileron_idl::core::{Identity, ResourceType, SecurityContext, WorkflowExecutionIdentifier};

use crate::launcher::namespace;
use crate::settings::Settings;

/// The spec as it is stored: everything decided, so that it can be launched again as it was.
pub(super) fn complete(
    spec: ExecutionSpec,
    plan: &LaunchPlanSpec,
    id: &WorkflowExecutionIdentifier,
    settings: &Settings,
) -> ExecutionSpec {
    let mut spec = spec;
    spec.security_context = Some(security_context(&spec, plan));
    if spec.max_parallelism == 0 {
        spec.max_parallelism =
            if plan.max_parallelism == 0 { settings.max_parallelism } else { plan.max_parallelism };
    }
    let prefix = |config: &&_| -> bool { !output_prefix(config).is_empty() };
    let raw_output = spec.raw_output_data_config.as_ref().filter(prefix);
    spec.raw_output_data_config = raw_output.or(plan.raw_output_data_config.as_ref().filter(prefix)).cloned();
    let labels = spec.labels.take().filter(|labels| !labels.values.is_empty());
    spec.labels = Some(labels.or_else(|| plan.labels.clone()).unwrap_or_default());
    let annotations = spec.annotations.take().filter(|annotations| !annotations.values.is_empty());
    spec.annotations = Some(annotations.or_else(|| plan.annotations.clone()).unwrap_or_default());
    spec.envs = spec.envs.take().filter(|envs| !envs.values.is_empty()).or_else(|| plan.envs.clone());
    spec.interruptible = spec.interruptible.or(plan.interruptible);
    spec.overwrite_cache |= plan.overwrite_cache;
    if let Some(target) = spec.launch_plan.as_mut().filter(|target| target.resource_type == 0) {
        target.set_resource_type(ResourceType::LaunchPlan);
    }
    let metadata = spec.metadata.get_or_insert_default();
    // Whoever calls; nobody, as callers are not told apart.
    metadata.principal = String::new();
    let namespace = namespace(&id.project, &id.domain);
    metadata.system_metadata = Some(SystemMetadata { namespace, ..SystemMetadata::default() });
    spec
}

fn output_prefix(config: &aileron_idl::admin::RawOutputDataConfig) -> &str {
    &config.output_location_prefix
}

/// Taken whole from the first that says who runs the tasks, else made of the older role fields.
fn security_context(spec: &ExecutionSpec, plan: &LaunchPlanSpec) -> SecurityContext {
    let decides = |context: &&SecurityContext| context.run_as.as_ref().is_some_and(is_somebody);
    let contexts = [&spec.security_context, &plan.security_context];
    if let Some(context) = contexts.into_iter().flatten().find(decides) {
        return context.clone();
    }
    let role = spec.auth_role.as_ref().or(plan.auth_role.as_ref()).cloned().unwrap_or_default();
    let run_as = Identity {
        iam_role: role.assumable_iam_role,
        k8s_service_account: role.kubernetes_service_account,
        ..Identity::default()
    };
    SecurityContext { run_as: Some(run_as), ..SecurityContext::default() }
}

fn is_somebody(identity: &Identity) -> bool {
    !(identity.iam_role.is_empty()
        && identity.k8s_service_account.is_empty()
        && identity.execution_identity.is_empty())
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
    use aileron_idl::admin::{Envs, Labels, NotificationList, RawOutputDataConfig};
    use aileron_idl::core::KeyValuePair;

    fn completed(spec: ExecutionSpec, plan: &LaunchPlanSpec) -> ExecutionSpec {
        let folder = tempfile::tempdir().unwrap();
        let storage = aileron_storage::Storage::folder(folder.path()).unwrap();
        let id =
            WorkflowExecutionIdentifier { project: "p".into(), domain: "d".into(), ..Default::default() };
        complete(spec, plan, &id, &Settings::new(folder.path(), "http://localhost", storage))
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
