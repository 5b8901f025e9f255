//! Registering: tasks at once, as they need nothing; then the rest in the order of the package.

use aileron_idl::admin::{
    LaunchPlan, LaunchPlanCreateRequest, LaunchPlanState, LaunchPlanUpdateRequest, TaskCreateRequest,
    TaskSpec, WorkflowCreateRequest, WorkflowSpec,
};
use aileron_idl::core::Identifier;
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use tonic::{Code, Status};

use super::package::{Entity, Kind};
use crate::client::connect::{Admin, Target};
use crate::client::failure::Failure;

/// Tasks that are registered at the same time.
const AT_ONCE: usize = 16;

/// What became of one entity.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) kind: Kind,
    pub(super) id: Identifier,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    /// It was not there.
    New,
    /// The same was there.
    Unchanged,
    /// It cannot be, or another is there under its id.
    Refused(String),
}

impl Outcome {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Outcome::New => "new",
            Outcome::Unchanged => "unchanged",
            Outcome::Refused(_) => "refused",
        }
    }
}

/// Registers all; one that is refused does not keep the others from being tried.
///
/// # Errors
/// When no server answers, or an entity makes no sense.
pub(super) async fn send(
    target: &Target,
    entities: Vec<Entity>,
    activate: bool,
) -> Result<Vec<Registered>, Failure> {
    let admin = target.connect().await?;
    let (tasks, rest): (Vec<_>, Vec<_>) = entities.into_iter().partition(|entity| entity.kind == Kind::Task);
    let tasks = stream::iter(tasks).map(|entity| register(admin.clone(), entity, activate));
    let mut all: Vec<Registered> = tasks.buffered(AT_ONCE).try_collect().await?;
    for entity in rest {
        all.push(register(admin.clone(), entity, activate).await?);
    }
    Ok(all)
}

async fn register(mut admin: Admin, entity: Entity, activate: bool) -> Result<Registered, Failure> {
    let kind = entity.kind;
    let (id, answer) = match kind {
        Kind::Task => create_task(&mut admin, decode(&entity)?).await,
        Kind::Workflow => create_workflow(&mut admin, decode(&entity)?).await,
        Kind::LaunchPlan => create_launch_plan(&mut admin, decode(&entity)?).await,
    };
    let mut outcome = outcome(answer)?;
    if activate && kind == Kind::LaunchPlan && !matches!(outcome, Outcome::Refused(_)) {
        let state = LaunchPlanState::Active as i32;
        let request = LaunchPlanUpdateRequest { id: Some(id.clone()), state };
        if let Err(status) = admin.update_launch_plan(request).await {
            outcome = Outcome::Refused(format!("registered, but not activated: {}", problem(status)?));
        }
    }
    Ok(Registered { kind, id, outcome })
}

fn decode<M: Message + Default>(entity: &Entity) -> Result<M, Failure> {
    let unread = |error: prost::DecodeError| {
        Failure::Usage(format!("{} holds no {}: {error}", entity.place, entity.kind.name()))
    };
    M::decode(&*entity.bytes).map_err(unread)
}

async fn create_task(admin: &mut Admin, spec: TaskSpec) -> (Identifier, Result<(), Status>) {
    let id = spec.template.as_ref().and_then(|template| template.id.clone()).unwrap_or_default();
    let request = TaskCreateRequest { id: Some(id.clone()), spec: Some(spec) };
    (id, admin.create_task(request).await.map(drop))
}

async fn create_workflow(admin: &mut Admin, spec: WorkflowSpec) -> (Identifier, Result<(), Status>) {
    let id = spec.template.as_ref().and_then(|template| template.id.clone()).unwrap_or_default();
    let request = WorkflowCreateRequest { id: Some(id.clone()), spec: Some(spec) };
    (id, admin.create_workflow(request).await.map(drop))
}

async fn create_launch_plan(admin: &mut Admin, plan: LaunchPlan) -> (Identifier, Result<(), Status>) {
    let id = plan.id.unwrap_or_default();
    let request = LaunchPlanCreateRequest { id: Some(id.clone()), spec: plan.spec };
    (id, admin.create_launch_plan(request).await.map(drop))
}

fn outcome(answer: Result<(), Status>) -> Result<Outcome, Failure> {
    match answer {
        Ok(()) => Ok(Outcome::New),
        Err(status) if status.code() == Code::AlreadyExists => Ok(Outcome::Unchanged),
        Err(status) => problem(status).map(Outcome::Refused),
    }
}

/// The reason of a refusal. A server that has gone is another matter.
fn problem(status: Status) -> Result<String, Failure> {
    match status.code() {
        Code::Unavailable | Code::Unauthenticated | Code::PermissionDenied => Err(status.into()),
        _ => Ok(status.message().to_owned()),
    }
}
