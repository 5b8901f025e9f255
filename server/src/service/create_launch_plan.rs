//! CreateLaunchPlan: an immutable version of a launch plan, inactive at first.

use aileron_compiler::{inputs, render};
use aileron_idl::admin::{
    ConcurrencyLimitBehavior, LaunchPlan, LaunchPlanClosure, LaunchPlanCreateRequest,
    LaunchPlanCreateResponse, LaunchPlanSpec, NamedEntityState,
};
use aileron_idl::core::{Identifier, ResourceType};

use crate::digest;
use crate::error::ServiceError;
use crate::scheduler;
use crate::server::App;
use crate::store::StoreError;
use crate::store::launch_plans::{self, LaunchPlanRow, NewLaunchPlan};
use crate::store::workflows::WorkflowRow;
use crate::{labels, names, notifications};

impl App {
    /// Registers a launch plan. What is stored has all expected inputs as its default inputs, the
    /// required ones included.
    pub(crate) async fn create_launch_plan(
        &self,
        request: LaunchPlanCreateRequest,
    ) -> Result<LaunchPlanCreateResponse, ServiceError> {
        let id = self.check_new_id(request.id).await?;
        let id = Identifier { resource_type: ResourceType::LaunchPlan as i32, org: String::new(), ..id };
        let spec = request.spec.ok_or_else(|| ServiceError::Missing("spec".to_owned()))?;
        let workflow_id =
            spec.workflow_id.clone().ok_or_else(|| ServiceError::Missing("spec.workflow_id".to_owned()))?;
        names::check_identifier("spec.workflow_id", &workflow_id)?;
        let workflow = self.workflow(&workflow_id).await?;
        let new = complete(id, spec, &workflow)?;
        if let Some(known) = launch_plans::find(self.store.readers(), &new.id).await? {
            return Err(exists(&known, &new));
        }
        let new = std::sync::Arc::new(new);
        let inserted = self
            .store
            .write({
                let new = new.clone();
                move |db| Box::pin(async move { launch_plans::insert(db, &new).await })
            })
            .await;
        match inserted {
            Ok(_) => Ok(LaunchPlanCreateResponse {}),
            Err(StoreError::Duplicate(_)) => Err(exists(&*self.launch_plan(&new.id).await?, &new)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Expands the inputs and takes the digest of everything that makes the launch plan.
fn complete(
    id: Identifier,
    spec: LaunchPlanSpec,
    workflow: &WorkflowRow,
) -> Result<NewLaunchPlan, ServiceError> {
    check(&spec)?;
    let defaults = spec.default_inputs.clone().unwrap_or_default();
    let fixed = spec.fixed_inputs.clone().unwrap_or_default();
    let expected = inputs::expected(&workflow.interface, &defaults, &fixed)
        .map_err(|found| ServiceError::Inputs(format!("invalid launch plan [{id}]: {}", render(&found))))?;
    scheduler::check(&spec, &expected)?;
    let closure = LaunchPlanClosure {
        expected_inputs: Some(expected.clone()),
        expected_outputs: Some(workflow.interface.outputs.clone().unwrap_or_default()),
        ..LaunchPlanClosure::default()
    };
    let spec = LaunchPlanSpec {
        workflow_id: Some(workflow.id.clone()),
        default_inputs: Some(expected),
        fixed_inputs: Some(fixed),
        ..spec
    };
    let whole = LaunchPlan { id: Some(id.clone()), spec: Some(spec.clone()), closure: Some(closure.clone()) };
    Ok(NewLaunchPlan {
        id,
        spec,
        closure,
        workflow_key: workflow.key,
        digest: digest::of([&whole]),
        state: NamedEntityState::NamedEntityActive,
    })
}

fn check(spec: &LaunchPlanSpec) -> Result<(), ServiceError> {
    labels::check("spec.labels", spec.labels.as_ref())?;
    labels::check_annotations("spec.annotations", spec.annotations.as_ref())?;
    if let Some(metadata) = &spec.entity_metadata {
        notifications::check("spec.entity_metadata.notifications", &metadata.notifications)?;
        if let Some(conditions) = &metadata.launch_conditions {
            let problem = "conditions of a launch are not evaluated; leave them out, and use a schedule";
            let field = "spec.entity_metadata.launch_conditions";
            return Err(ServiceError::invalid(field, &conditions.type_url, problem));
        }
    }
    if spec.max_parallelism < 0 {
        let value = spec.max_parallelism.to_string();
        return Err(ServiceError::invalid("spec.max_parallelism", &value, "it must not be negative"));
    }
    match &spec.concurrency_policy {
        Some(policy) if policy.behavior() == ConcurrencyLimitBehavior::Skip && policy.max < 1 => {
            let problem = "at least one execution must be allowed";
            Err(ServiceError::invalid("spec.concurrency_policy.max", &policy.max.to_string(), problem))
        }
        _ => Ok(()),
    }
}

fn exists(known: &LaunchPlanRow, new: &NewLaunchPlan) -> ServiceError {
    let id = Box::new(new.id.clone());
    if known.digest == new.digest {
        return ServiceError::IdenticalStructure { kind: "launch plan", id };
    }
    let old = known.launch_plan.spec.clone().unwrap_or_default();
    ServiceError::DifferentStructure { kind: "launch plan", id, diff: digest::difference(&old, &new.spec) }
}
