//! CreateWorkflow: compiles a workflow and keeps an immutable version of it.

use aileron_compiler::{LaunchPlan, Request, Requirements, compile, render, requirements};
use aileron_idl::admin::{
    DescriptionEntity, NamedEntityState, WorkflowClosure, WorkflowCreateRequest, WorkflowCreateResponse,
};
use aileron_idl::core::{
    CompiledWorkflowClosure, Identifier, ResourceType, TaskTemplate, TypedInterface, WorkflowTemplate,
};
use aileron_storage::layout;

use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::workflows::{self, NewWorkflow, WorkflowRow};
use crate::{clock, digest};

/// What is kept of a workflow beside its closure.
struct Entry {
    id: Identifier,
    /// Of the templates as they were sent.
    request_digest: Vec<u8>,
    description: Option<DescriptionEntity>,
    /// Who made it: an author, or this server around a task.
    state: NamedEntityState,
}

impl App {
    /// Registers a workflow. The same request again is told by its digest, without compiling.
    pub(crate) async fn create_workflow(
        &self,
        request: WorkflowCreateRequest,
    ) -> Result<WorkflowCreateResponse, ServiceError> {
        let id = self.check_new_id(request.id).await?;
        let id = Identifier { resource_type: ResourceType::Workflow as i32, org: String::new(), ..id };
        let spec = request.spec.ok_or_else(|| ServiceError::Missing("spec".to_owned()))?;
        let template = spec.template.ok_or_else(|| ServiceError::Missing("spec.template".to_owned()))?;
        let template = WorkflowTemplate { id: Some(id.clone()), ..template };
        self.check_size(&template)?;
        let request_digest = digest::of(std::iter::once(&template).chain(&spec.sub_workflows));
        let _alone = self.store.alone(&id).await?;
        let known = workflows::find(self.store.readers(), &id).await?;
        if known.as_ref().is_some_and(|known| known.request_digest == request_digest) {
            return Err(ServiceError::IdenticalStructure { kind: "workflow", id: Box::new(id) });
        }
        let compiled = self.compile(&id, template, spec.sub_workflows).await?;
        if let Some(known) = known {
            return Err(self.exists(&known, &compiled).await);
        }
        let state = NamedEntityState::NamedEntityActive;
        let entry = Entry { id, request_digest, description: spec.description, state };
        self.insert_workflow(entry, compiled).await?;
        Ok(WorkflowCreateResponse {})
    }

    fn check_size(&self, template: &WorkflowTemplate) -> Result<(), ServiceError> {
        let (limit, nodes) = (self.settings.max_workflow_nodes, template.nodes.len());
        if limit > 0 && nodes > limit {
            let problem = format!("a workflow may have {limit} nodes at most");
            return Err(ServiceError::invalid("spec.template.nodes", &nodes.to_string(), problem));
        }
        Ok(())
    }

    async fn compile(
        &self,
        id: &Identifier,
        template: WorkflowTemplate,
        sub_workflows: Vec<WorkflowTemplate>,
    ) -> Result<CompiledWorkflowClosure, ServiceError> {
        let required = requirements(&template, &sub_workflows);
        for used in required.tasks.iter().chain(&required.launch_plans) {
            self.require_view(&used.project, &used.domain).await?;
        }
        let tasks = self.required_tasks(&required).await?;
        let launch_plans = self.required_launch_plans(&required).await?;
        let request = Request { template, sub_workflows, tasks, launch_plans };
        // A large workflow takes a fifth of a second, for which a thread of the runtime would answer nobody.
        let compiled = tokio::task::spawn_blocking(move || compile(request)).await;
        let compiled = compiled.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()));
        compiled.into_result().map_err(|found| ServiceError::Uncompilable {
            kind: "workflow",
            id: id.to_string(),
            report: render(&found),
        })
    }

    /// The registered tasks a workflow needs. The compiler says which are missing, and where.
    async fn required_tasks(&self, required: &Requirements) -> Result<Vec<TaskTemplate>, ServiceError> {
        let mut found = Vec::new();
        for id in &required.tasks {
            match self.task(id).await {
                Ok(row) => found.extend(template_of(&row.task)),
                Err(ServiceError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The same of launch plans, each under the id by which the workflow refers to it.
    async fn required_launch_plans(&self, required: &Requirements) -> Result<Vec<LaunchPlan>, ServiceError> {
        let mut found = Vec::new();
        for id in &required.launch_plans {
            match self.launch_plan(id).await {
                Ok(row) => found.push(LaunchPlan { id: id.clone(), ..LaunchPlan::from(&row.launch_plan) }),
                Err(ServiceError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Writes the closure, then the row that names it; a crash between leaves an object nobody sees.
    async fn insert_workflow(
        &self,
        entry: Entry,
        compiled: CompiledWorkflowClosure,
    ) -> Result<i64, ServiceError> {
        let Entry { id, request_digest, description, state } = entry;
        let (storage, now) = (&self.settings.storage, clock::now());
        let closure_uri = layout::workflow_closure(storage, &id.project, &id.domain, &id.name, &id.version);
        let digest = digest::of([&compiled]);
        let interface = interface(&compiled);
        let closure = WorkflowClosure { compiled_workflow: Some(compiled), created_at: Some(now) };
        storage.put_message(&closure_uri, &closure).await?;
        let new = NewWorkflow {
            id: id.clone(),
            interface,
            closure_uri,
            request_digest,
            digest,
            description,
            created_at: now,
            state,
        };
        let inserted =
            self.store.write(|db| Box::pin(async move { workflows::insert(db, &new).await })).await;
        match inserted {
            // Somebody else was faster; with what, the row tells.
            Err(StoreError::Duplicate(_)) => {
                let compiled = closure.compiled_workflow.unwrap_or_default();
                Err(self.exists(&self.workflow(&id).await?, &compiled).await)
            }
            other => Ok(other?),
        }
    }

    async fn exists(&self, known: &WorkflowRow, compiled: &CompiledWorkflowClosure) -> ServiceError {
        let id = Box::new(known.id.clone());
        if known.digest == digest::of([compiled]) {
            return ServiceError::IdenticalStructure { kind: "workflow", id };
        }
        let diff = match self.closure(&known.closure_uri).await {
            Ok(old) => digest::difference(&old.compiled_workflow.clone().unwrap_or_default(), compiled),
            Err(error) => format!("the registered structure cannot be read: {error}"),
        };
        ServiceError::DifferentStructure { kind: "workflow", id, diff }
    }

    /// The workflow of an id, registered from a template that this server made if it is not there yet.
    pub(super) async fn ensure_workflow(
        &self,
        template: WorkflowTemplate,
    ) -> Result<WorkflowRow, ServiceError> {
        let id = template.id.clone().unwrap_or_default();
        let _alone = self.store.alone(&id).await?;
        if let Some(known) = workflows::find(self.store.readers(), &id).await? {
            return Ok(known);
        }
        let request_digest = digest::of([&template]);
        let compiled = self.compile(&id, template, Vec::new()).await?;
        let state = NamedEntityState::SystemGenerated;
        let entry = Entry { id: id.clone(), request_digest, description: None, state };
        match self.insert_workflow(entry, compiled).await {
            Ok(_) | Err(ServiceError::IdenticalStructure { .. }) => self.workflow(&id).await,
            Err(error) => Err(error),
        }
    }
}

fn template_of(task: &aileron_idl::admin::Task) -> Option<TaskTemplate> {
    task.closure.as_ref()?.compiled_task.as_ref()?.template.clone()
}

fn interface(compiled: &CompiledWorkflowClosure) -> TypedInterface {
    let template = compiled.primary.as_ref().and_then(|primary| primary.template.as_ref());
    template.and_then(|template| template.interface.clone()).unwrap_or_default()
}
