//! Matchable attributes: settings of a project, of a domain in it, or of a workflow there. The RPCs for
//! the three places differ in their messages alone; what they share is here.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::admin::matching_attributes::Target;
use aileron_idl::admin::{
    ClusterAssignment, MatchableResource, MatchingAttributes, PluginOverrides, TaskResourceAttributes,
    WorkflowExecutionConfig,
};

use super::execution_spec::filled;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::attributes::{self, AttributesRow, Place};
use crate::store::projects;
use crate::{labels, names, quantity};

/// Everything that matches a place, what counts most first.
#[derive(Default)]
pub(crate) struct Matched(Arc<[AttributesRow]>);

impl Matched {
    /// The target of a kind that counts most.
    fn best(&self, kind: MatchableResource) -> Option<&Target> {
        self.0.iter().find(|row| row.kind == kind)?.attributes.target.as_ref()
    }

    /// Settings of executions: those that count most, then the project's own.
    pub(super) fn execution_configs(&self) -> impl Iterator<Item = &WorkflowExecutionConfig> {
        let kind = MatchableResource::WorkflowExecutionConfig;
        let best = self.0.iter().find(|row| row.kind == kind);
        let own = self.0.iter().find(|row| row.kind == kind && row.place.domain.is_empty());
        best.into_iter().chain(own).filter_map(|row| match row.attributes.target.as_ref()? {
            Target::WorkflowExecutionConfig(config) => Some(config),
            _ => None,
        })
    }

    /// Resources of tasks, which stand in for all of the server's.
    pub(crate) fn task_resources(&self) -> Option<&TaskResourceAttributes> {
        match self.best(MatchableResource::TaskResource)? {
            Target::TaskResourceAttributes(resources) => Some(resources),
            _ => None,
        }
    }

    /// The queues that tasks wait in, by what they are tagged with.
    pub(crate) fn queue_tags(&self) -> &[String] {
        match self.best(MatchableResource::ExecutionQueue) {
            Some(Target::ExecutionQueueAttributes(queues)) => &queues.tags,
            _ => &[],
        }
    }

    /// Which plugins run which types of tasks.
    pub(crate) fn plugin_overrides(&self) -> Option<&PluginOverrides> {
        match self.best(MatchableResource::PluginOverride)? {
            Target::PluginOverrides(overrides) => Some(overrides),
            _ => None,
        }
    }

    /// Values for what namespaces are filled with.
    pub(crate) fn cluster_resources(&self) -> BTreeMap<String, String> {
        match self.best(MatchableResource::ClusterResource) {
            Some(Target::ClusterResourceAttributes(resources)) => resources.attributes.clone(),
            _ => BTreeMap::new(),
        }
    }

    /// The clusters that may run an execution, by their label.
    pub(super) fn cluster_label(&self) -> Option<&aileron_idl::admin::ExecutionClusterLabel> {
        match self.best(MatchableResource::ExecutionClusterLabel)? {
            Target::ExecutionClusterLabel(label) => Some(label),
            _ => None,
        }
    }

    /// The pool of clusters.
    pub(super) fn cluster_assignment(&self) -> Option<&ClusterAssignment> {
        match self.best(MatchableResource::ClusterAssignment)? {
            Target::ClusterAssignment(assignment) => Some(assignment),
            _ => None,
        }
    }
}

impl App {
    /// What matches a place.
    pub(crate) async fn matched(&self, place: &Place) -> Result<Matched, ServiceError> {
        let read = async { Ok(attributes::matching(self.store.readers(), place).await?.into()) };
        self.caches.attributes.get_or_read(place, read).await.map(Matched)
    }

    /// Sets attributes at exactly this place.
    pub(super) async fn set_attributes(
        &self,
        place: Place,
        attributes: Option<MatchingAttributes>,
    ) -> Result<(), ServiceError> {
        self.check_place(&place).await?;
        let attributes = attributes.ok_or_else(|| missing("attributes.matching_attributes"))?;
        let kind = check_target(attributes.target.as_ref())?;
        let set = self
            .store
            .write(move |db| {
                Box::pin(async move {
                    projects::lock(db, &place.project).await?;
                    let rows = attributes::matching(&mut *db, &place).await?;
                    let known = rows.into_iter().find(|row| row.kind == kind && row.place == place);
                    let attributes = merged(known, attributes);
                    Ok(attributes::save(db, &place, kind, &attributes).await?)
                })
            })
            .await;
        self.caches.attributes.clear();
        set
    }

    /// The attributes of a kind that count most at a place, be they set there or above it.
    pub(super) async fn attributes_at(
        &self,
        place: &Place,
        kind: MatchableResource,
    ) -> Result<MatchingAttributes, ServiceError> {
        self.check_place(place).await?;
        let matched = self.matched(place).await?;
        let found = matched.0.iter().find(|row| row.kind == kind);
        Ok(found.ok_or_else(|| not_found(place, kind))?.attributes.clone())
    }

    /// The attributes of a kind that are set on a project itself. Settings of executions are always
    /// there: what the project leaves open is the server's.
    pub(super) async fn attributes_of_project(
        &self,
        place: &Place,
        kind: MatchableResource,
    ) -> Result<MatchingAttributes, ServiceError> {
        let found = self.attributes_at(place, kind).await;
        if kind != MatchableResource::WorkflowExecutionConfig {
            return found;
        }
        let config = match found {
            Ok(MatchingAttributes { target: Some(Target::WorkflowExecutionConfig(config)) }) => config,
            Ok(_) | Err(ServiceError::NotFound { .. }) => WorkflowExecutionConfig::default(),
            Err(error) => return Err(error),
        };
        let config = filled(config, self.settings.execution_defaults.clone());
        Ok(MatchingAttributes { target: Some(Target::WorkflowExecutionConfig(config)) })
    }

    /// Removes attributes at exactly this place; there may be none.
    pub(super) async fn delete_attributes(
        &self,
        place: Place,
        kind: MatchableResource,
    ) -> Result<(), ServiceError> {
        self.check_place(&place).await?;
        let deleted: Result<(), crate::store::StoreError> = self
            .store
            .write(move |db| Box::pin(async move { attributes::delete(db, &place, kind).await }))
            .await;
        self.caches.attributes.clear();
        Ok(deleted?)
    }

    /// Project and domain must be there; a workflow may come later.
    async fn check_place(&self, place: &Place) -> Result<(), ServiceError> {
        names::check("project", &place.project)?;
        if self.project(&place.project).await?.is_none() {
            return Err(ServiceError::UnknownProject(place.project.clone()));
        }
        if !place.domain.is_empty() {
            self.check_domain(&place.domain)?;
        }
        Ok(())
    }
}

fn missing(field: &str) -> ServiceError {
    ServiceError::Missing(field.to_owned())
}

fn not_found(place: &Place, kind: MatchableResource) -> ServiceError {
    let id = format!("{}:{}:{}:{}", place.project, place.domain, place.workflow, kind.as_str_name());
    ServiceError::NotFound { entity: "Resource", id }
}

/// The kind of a request's resource type, which may be a number of a newer client.
pub(super) fn kind(number: i32) -> Result<MatchableResource, ServiceError> {
    MatchableResource::try_from(number).map_err(|_| {
        ServiceError::invalid(
            "resource_type",
            &number.to_string(),
            "this server knows no such kind of attributes",
        )
    })
}

/// Refuses what could not be used; answers the kind.
fn check_target(target: Option<&Target>) -> Result<MatchableResource, ServiceError> {
    const FIELD: &str = "attributes.matching_attributes";
    let target = target.ok_or_else(|| missing("attributes.matching_attributes.target"))?;
    Ok(match target {
        Target::TaskResourceAttributes(resources) => {
            let (defaults, limits) = (resources.defaults.clone(), resources.limits.clone());
            let field = format!("{FIELD}.task_resource_attributes");
            quantity::check_defaults(&field, &defaults.unwrap_or_default(), &limits.unwrap_or_default())?;
            MatchableResource::TaskResource
        }
        Target::ClusterResourceAttributes(_) => MatchableResource::ClusterResource,
        Target::ExecutionQueueAttributes(_) => MatchableResource::ExecutionQueue,
        Target::ExecutionClusterLabel(_) => MatchableResource::ExecutionClusterLabel,
        Target::QualityOfService(_) => {
            let problem = "qualities of service are set on launch plans, not as attributes";
            return Err(ServiceError::invalid(FIELD, "QUALITY_OF_SERVICE_SPECIFICATION", problem));
        }
        Target::PluginOverrides(overrides) => {
            if overrides.overrides.iter().any(|one| one.task_type.is_empty()) {
                return Err(missing("attributes.matching_attributes.plugin_overrides.overrides.task_type"));
            }
            MatchableResource::PluginOverride
        }
        Target::WorkflowExecutionConfig(config) => {
            check_config(&format!("{FIELD}.workflow_execution_config"), config)?;
            MatchableResource::WorkflowExecutionConfig
        }
        Target::ClusterAssignment(_) => MatchableResource::ClusterAssignment,
    })
}

fn check_config(field: &str, config: &WorkflowExecutionConfig) -> Result<(), ServiceError> {
    if config.max_parallelism < 0 {
        let field = format!("{field}.max_parallelism");
        return Err(ServiceError::invalid(
            field,
            &config.max_parallelism.to_string(),
            "it must not be negative",
        ));
    }
    labels::check(&format!("{field}.labels"), config.labels.as_ref())?;
    labels::check_annotations(&format!("{field}.annotations"), config.annotations.as_ref())
}

/// New attributes replace the old ones as a whole, but those of plugins are kept by type of task.
fn merged(known: Option<AttributesRow>, given: MatchingAttributes) -> MatchingAttributes {
    let old = known.and_then(|row| row.attributes.target);
    match (old, given.target) {
        (Some(Target::PluginOverrides(old)), Some(Target::PluginOverrides(new))) => {
            let replaced = |task_type: &str| new.overrides.iter().any(|one| one.task_type == task_type);
            let kept = old.overrides.into_iter().filter(|one| !replaced(&one.task_type));
            let overrides = kept.chain(new.overrides.iter().cloned()).collect();
            MatchingAttributes { target: Some(Target::PluginOverrides(PluginOverrides { overrides })) }
        }
        (_, target) => MatchingAttributes { target },
    }
}
