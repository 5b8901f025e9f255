//! CreateTask: an immutable version of a task.

use aileron_compiler::{compile_task, render};
use aileron_idl::admin::{TaskClosure, TaskCreateRequest, TaskCreateResponse};
use aileron_idl::core::{Identifier, ResourceType, TaskTemplate};

use crate::error::ServiceError;
use crate::server::App;
use crate::settings::TaskTypeScope;
use crate::store::StoreError;
use crate::store::attributes::Place;
use crate::store::tasks::{self, NewTask, TaskRow};
use crate::{clock, digest, quantity};

impl App {
    /// Registers a task. The same one again is `AlreadyExists`, another one under its id is
    /// `InvalidArgument`; both are found before anything is compiled.
    pub(crate) async fn create_task(
        &self,
        request: TaskCreateRequest,
    ) -> Result<TaskCreateResponse, ServiceError> {
        let id = self.check_new_id(request.id).await?;
        let id = Identifier { resource_type: ResourceType::Task as i32, org: String::new(), ..id };
        let spec = request.spec.ok_or_else(|| ServiceError::Missing("spec".to_owned()))?;
        let template = spec.template.ok_or_else(|| ServiceError::Missing("spec.template".to_owned()))?;
        let template = TaskTemplate { id: Some(id.clone()), ..template };
        check_template(&template)?;
        self.check_type(&template.r#type, &id)?;
        self.check_resources(&template, &id).await?;
        let digest = digest::of([&template]);
        if let Some(known) = tasks::find(self.store.readers(), &id).await? {
            return Err(exists(&known, &digest, &template));
        }
        let compiled = compile_task(&template).map_err(|found| ServiceError::Uncompilable {
            kind: "task",
            id: id.to_string(),
            report: render(&found),
        })?;
        let closure = TaskClosure { compiled_task: Some(compiled), created_at: Some(clock::now()) };
        let new = NewTask { id: id.clone(), closure, digest: digest.clone(), description: spec.description };
        let inserted = self.store.write(|db| Box::pin(async move { tasks::insert(db, &new).await })).await;
        match inserted {
            Ok(_) => Ok(TaskCreateResponse {}),
            // Somebody else was faster.
            Err(StoreError::Duplicate(_)) => Err(exists(&*self.task(&id).await?, &digest, &template)),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses a type that is kept to other places.
    fn check_type(&self, task_type: &str, id: &Identifier) -> Result<(), ServiceError> {
        let of_type = |scope: &&TaskTypeScope| scope.task_type == task_type;
        let mut scopes = self.settings.task_type_scopes.iter().filter(of_type).peekable();
        let is_here = |scope: &TaskTypeScope| {
            scope.project == id.project && scope.domain.as_ref().is_none_or(|domain| *domain == id.domain)
        };
        if scopes.peek().is_none() || scopes.any(is_here) {
            return Ok(());
        }
        let problem =
            format!("this server does not take the type in project {} and domain {}", id.project, id.domain);
        Err(ServiceError::invalid("spec.template.type", task_type, problem))
    }

    /// Refuses what the platform's limits in the task's project and domain do not allow.
    async fn check_resources(&self, template: &TaskTemplate, id: &Identifier) -> Result<(), ServiceError> {
        let (project, domain) = (id.project.clone(), id.domain.clone());
        let matched = self.matched(&Place { project, domain, ..Place::default() }).await?;
        let platform = matched.task_resources().unwrap_or(&self.settings.task_resources);
        quantity::check_task(template, &platform.limits.clone().unwrap_or_default())
    }
}

fn check_template(template: &TaskTemplate) -> Result<(), ServiceError> {
    let missing = |field: &str| Err(ServiceError::Missing(format!("spec.template.{field}")));
    if template.r#type.is_empty() {
        return missing("type");
    }
    let Some(metadata) = &template.metadata else { return missing("metadata") };
    if metadata.runtime.as_ref().is_some_and(|runtime| runtime.version.is_empty()) {
        return missing("metadata.runtime.version");
    }
    if template.interface.is_none() { missing("interface") } else { Ok(()) }
}

fn exists(known: &TaskRow, digest: &[u8], template: &TaskTemplate) -> ServiceError {
    let id = Box::new(known.task.id.clone().unwrap_or_default());
    if known.digest == digest {
        return ServiceError::IdenticalStructure { kind: "task", id };
    }
    let compiled = known.task.closure.as_ref().and_then(|closure| closure.compiled_task.as_ref());
    let old = compiled.and_then(|compiled| compiled.template.clone()).unwrap_or_default();
    ServiceError::DifferentStructure { kind: "task", id, diff: digest::difference(&old, template) }
}
