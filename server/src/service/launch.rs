//! Accepting an execution: inputs checked and completed, settings merged, objects written, then the row.
//!
//! The row is written before anybody is told to run it, so no event can come for an execution that is
//! not known, and no accepted execution is lost.

use std::sync::Arc;

use aileron_compiler::{inputs, render};
use aileron_idl::admin::{
    ConcurrencyLimitBehavior, ExecutionClosure, ExecutionSpec, ExecutionStateChangeDetails, LaunchPlan,
    LaunchPlanSpec,
};
use aileron_idl::core::{Identifier, LiteralMap, ParameterMap, ResourceType, WorkflowExecutionIdentifier};
use aileron_storage::layout::ExecutionPath;
use aileron_telemetry::TraceParent;

use super::execution_spec::{self, Sources};
use crate::error::ServiceError;
use crate::server::App;
use crate::store::attributes::Place;
use crate::store::executions::{self, NewExecution};
use crate::store::named_entities;
use crate::store::schedules::{self, Step};
use crate::store::{Alone, Connection};
use crate::{clock, names};

/// A launch as it was asked for.
pub(crate) struct Launch {
    pub(crate) project: String,
    pub(crate) domain: String,
    /// Empty for a generated one.
    pub(crate) name: String,
    pub(crate) spec: ExecutionSpec,
    /// As the user sent them.
    pub(crate) inputs: LiteralMap,
    /// The execution that this one repeats.
    pub(crate) source_key: Option<i64>,
}

/// What is launched: a workflow, by a launch plan or for a single task.
pub(super) struct Target {
    pub(super) launch_plan_key: Option<i64>,
    pub(super) task_key: Option<i64>,
    pub(super) limit: Option<Limit>,
    pub(super) workflow_key: i64,
    pub(super) workflow_id: Identifier,
    /// The launch plan's; default for a task.
    pub(super) plan: LaunchPlanSpec,
    pub(super) expected_inputs: ParameterMap,
}

/// How many executions of a launch plan, in all its versions, may run at once.
pub(super) struct Limit {
    launch_plan: Identifier,
    max: i32,
}

impl App {
    /// Accepts a launch and answers the execution's id.
    pub(super) async fn launch(&self, launch: Launch) -> Result<WorkflowExecutionIdentifier, ServiceError> {
        self.launch_for(launch, None).await
    }

    /// Accepts a launch that a schedule's tick asks for, if there is one: the execution's row and the
    /// step to the tick are one transaction. [`ServiceError::AlreadyExists`] when the step was taken.
    pub(crate) async fn launch_for(
        &self,
        launch: Launch,
        tick: Option<Step>,
    ) -> Result<WorkflowExecutionIdentifier, ServiceError> {
        self.check_scope(&launch.project, &launch.domain).await?;
        if launch.name.is_empty() {
            let id = id_of(&launch, names::generate_execution());
            return self.accept(launch, id, tick).await;
        }
        names::check_execution(&launch.name)?;
        let id = id_of(&launch, launch.name.clone());
        self.check_unknown(&id).await?;
        self.accept(launch, id, tick).await
    }

    async fn check_unknown(&self, id: &WorkflowExecutionIdentifier) -> Result<(), ServiceError> {
        match executions::find(self.store.readers(), id).await? {
            Some(_) => Err(ServiceError::AlreadyExists(id.to_string())),
            None => Ok(()),
        }
    }

    /// Keeps a name that somebody chose until the row is there: no other launch of it may replace its
    /// inputs. Nothing that takes a name of its own comes after this.
    async fn keep_name(
        &self,
        chosen: &str,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<Option<Alone<'_>>, ServiceError> {
        if chosen.is_empty() {
            return Ok(None);
        }
        let alone = self.store.alone(id).await?;
        self.check_unknown(id).await?;
        Ok(Some(alone))
    }

    async fn accept(
        &self,
        launch: Launch,
        id: WorkflowExecutionIdentifier,
        tick: Option<Step>,
    ) -> Result<WorkflowExecutionIdentifier, ServiceError> {
        execution_spec::check(&launch.spec)?;
        let mut spec = launch.spec;
        let parent = self.inherit(&mut spec).await?;
        let target = self.target(&spec).await?;
        let fixed = target.plan.fixed_inputs.clone().unwrap_or_default();
        let complete = inputs::resolve(&target.expected_inputs, &fixed, &launch.inputs)
            .map_err(|found| ServiceError::Inputs(render(&found)))?;
        let notifications = execution_spec::notifications(&spec, &target.plan);
        let spec = self.complete_spec(spec, &target, &id).await?;
        let _alone = self.keep_name(&launch.name, &id).await?;
        let (inputs_uri, user_inputs_uri) = self.write_inputs(&id, &complete, &launch.inputs).await?;
        let now = Some(clock::now());
        let closure = ExecutionClosure {
            created_at: now,
            updated_at: now,
            notifications,
            workflow_id: Some(target.workflow_id),
            state_change_details: Some(ExecutionStateChangeDetails {
                occurred_at: now,
                ..Default::default()
            }),
            ..ExecutionClosure::default()
        };
        let new = NewExecution {
            id: id.clone(),
            spec,
            closure,
            launch_plan_key: target.launch_plan_key,
            workflow_key: target.workflow_key,
            task_key: target.task_key,
            inputs_uri,
            user_inputs_uri,
            source_key: launch.source_key.or(parent.execution_key),
            parent_node_key: parent.node_key,
            trace_parent: TraceParent::current().map(|trace| trace.to_string()).unwrap_or_default(),
        };
        self.insert(new, target.limit, tick).await?;
        self.wake_launcher.notify_one();
        Ok(id)
    }

    async fn insert(
        &self,
        new: NewExecution,
        limit: Option<Limit>,
        tick: Option<Step>,
    ) -> Result<(), ServiceError> {
        self.store
            .write(move |db| {
                Box::pin(async move {
                    if let Some(tick) = tick
                        && !schedules::take(db, &tick).await?
                    {
                        return Err(ServiceError::AlreadyExists(new.id.to_string()));
                    }
                    admit(db, limit).await?;
                    Ok(executions::insert(db, &new).await?)
                })
            })
            .await
    }

    /// The spec with what the launch plan, attributes, project and server add.
    async fn complete_spec(
        &self,
        spec: ExecutionSpec,
        target: &Target,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<ExecutionSpec, ServiceError> {
        let workflow = match target.task_key {
            Some(_) => String::new(),
            None => target.workflow_id.name.clone(),
        };
        let place = Place { project: id.project.clone(), domain: id.domain.clone(), workflow };
        let project = self.project(&id.project).await?;
        let sources = Sources {
            plan: &target.plan,
            matched: &self.matched(&place).await?,
            project_labels: project.as_ref().and_then(|project| project.labels.as_ref()),
            settings: &self.settings,
        };
        execution_spec::complete(spec, &sources, id)
    }

    async fn target(&self, spec: &ExecutionSpec) -> Result<Target, ServiceError> {
        let id = spec.launch_plan.as_ref();
        let id = id.ok_or_else(|| ServiceError::Missing("spec.launch_plan".to_owned()))?;
        names::check_identifier("spec.launch_plan", id)?;
        match id.resource_type() {
            ResourceType::Task => self.single_task(id).await,
            ResourceType::LaunchPlan | ResourceType::Unspecified => self.launch_plan_target(id).await,
            other => Err(ServiceError::invalid(
                "spec.launch_plan.resource_type",
                other.as_str_name(),
                "only a LAUNCH_PLAN or a TASK can be launched",
            )),
        }
    }

    async fn launch_plan_target(&self, id: &Identifier) -> Result<Target, ServiceError> {
        let row = self.launch_plan(id).await?;
        let workflow = self.workflow_of(&row).await?;
        let closure = row.launch_plan.closure.as_ref();
        Ok(Target {
            launch_plan_key: Some(row.key),
            task_key: None,
            limit: limit(&row.launch_plan),
            workflow_key: workflow.key,
            workflow_id: Arc::unwrap_or_clone(workflow).id,
            plan: row.launch_plan.spec.clone().unwrap_or_default(),
            expected_inputs: closure.and_then(|closure| closure.expected_inputs.clone()).unwrap_or_default(),
        })
    }

    /// Writes the complete inputs and those that the user sent; answers both URIs.
    async fn write_inputs(
        &self,
        id: &WorkflowExecutionIdentifier,
        complete: &LiteralMap,
        given: &LiteralMap,
    ) -> Result<(String, String), ServiceError> {
        let storage = &self.settings.storage;
        let path = ExecutionPath { project: &id.project, domain: &id.domain, name: &id.name };
        let (inputs, user_inputs) = (path.inputs(storage), path.user_inputs(storage));
        futures::try_join!(storage.put_message(&inputs, complete), storage.put_message(&user_inputs, given))?;
        Ok((inputs, user_inputs))
    }
}

fn limit(launch_plan: &LaunchPlan) -> Option<Limit> {
    let policy = launch_plan.spec.as_ref()?.concurrency_policy.as_ref()?;
    let skips = policy.behavior() == ConcurrencyLimitBehavior::Skip;
    skips.then(|| Limit { launch_plan: launch_plan.id.clone().unwrap_or_default(), max: policy.max })
}

/// Refuses an execution above the limit. The name is kept until the row is there, so no two slip in
/// together.
async fn admit(db: &mut Connection, limit: Option<Limit>) -> Result<(), ServiceError> {
    let Some(Limit { launch_plan, max }) = limit else { return Ok(()) };
    named_entities::lock(db, ResourceType::LaunchPlan, &launch_plan).await?;
    if executions::count_live(db, &launch_plan).await? < i64::from(max) {
        return Ok(());
    }
    let launch_plan = format!("{}:{}:{}", launch_plan.project, launch_plan.domain, launch_plan.name);
    Err(ServiceError::ConcurrencyLimit { launch_plan, max })
}

fn id_of(launch: &Launch, name: String) -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier {
        project: launch.project.clone(),
        domain: launch.domain.clone(),
        name,
        ..WorkflowExecutionIdentifier::default()
    }
}
