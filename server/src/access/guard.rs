//! The one place where a request meets the policy, whatever it was spoken in.

use std::pin::pin;
use std::sync::Arc;

use aileron_idl::core::WorkflowExecutionIdentifier;
use tonic::{Request, Response, Status};

use super::about::About;
use super::caller::{self, Caller, Who};
use super::policy::Place;
use super::role::Right;
use super::rules::Rule;
use crate::error::ServiceError;
use crate::front::RequestId;
use crate::server::App;
use crate::store::audit::Record;

/// Runs a use-case for a request, if its caller may: the only way from a service to one.
///
/// Futures of use-cases are kilobytes, and moving one costs as much as judging its caller: so it is made where it stays, and
/// what is seldom done (audit, looking for who has launched something) is a box beside it.
pub(crate) async fn guarded<M, A, F>(
    app: &Arc<App>,
    rule: Rule<M>,
    request: Request<M>,
    work: impl FnOnce(M) -> F,
) -> Result<Response<A>, Status>
where
    M: About,
    F: Future<Output = Result<A, ServiceError>>,
{
    if !app.access.is_on() {
        return Ok(Response::new(work(request.into_inner()).await?));
    }
    let (_, extensions, message) = request.into_parts();
    let caller = extensions.get::<Arc<Caller>>().cloned().unwrap_or_else(|| Arc::new(Caller::nobody()));
    let request_id = extensions.get::<RequestId>();
    if let Err(refusal) = app.judge(&caller, rule, &message).await {
        Box::pin(app.note(record(&caller, rule, &message, request_id).with(&refusal))).await;
        return Err(refusal.into());
    }
    let caller = app.with_reports(caller, rule, &message).await;
    // What anybody known may ask can be refused by the use-case.
    let may_be_noted = rule.right.is_noted() || rule.right == Right::Known;
    let noted = may_be_noted.then(|| record(&caller, rule, &message, request_id));
    let work = pin!(work(message));
    let done = caller::on_behalf(caller, work).await;
    if let Some(noted) = noted
        && (rule.right.is_noted() || matches!(done, Err(ServiceError::Denied { .. })))
    {
        Box::pin(app.note(noted.of(&done))).await;
    }
    Ok(Response::new(done?))
}

impl App {
    /// Refuses a caller who may not have this done.
    async fn judge<M: About>(&self, caller: &Caller, rule: Rule<M>, message: &M) -> Result<(), ServiceError> {
        let place = message.place();
        if let Err(refusal) = self.require(caller, rule.right, place).await {
            let is_own =
                rule.right == Right::Control && Box::pin(self.may_control_own(caller, message)).await?;
            return if is_own { Ok(()) } else { Err(refusal) };
        }
        for place in message.reads() {
            self.require(caller, Right::View, place).await?;
        }
        Ok(())
    }

    /// The caller, and whether what it launches is another's: a propeller launches children for who has launched their
    /// parents.
    async fn with_reports<M: About>(&self, caller: Arc<Caller>, rule: Rule<M>, message: &M) -> Arc<Caller> {
        if rule.right != Right::Launch {
            return caller;
        }
        let reports = self.require(&caller, Right::Report, message.place()).await.is_ok();
        Arc::new(Caller { reports, ..Caller::clone(&caller) })
    }

    /// Refuses a caller without a right at a place.
    pub(crate) async fn require(
        &self,
        caller: &Caller,
        right: Right,
        place: Place<'_>,
    ) -> Result<(), ServiceError> {
        let policy = self.access.policy(&self.store).await;
        if policy.allows(caller, right, place) {
            return Ok(());
        }
        if caller.who == Who::Nobody {
            let hint = "log in, or send a token in `authorization` or `flyte-authorization`";
            return Err(ServiceError::Unauthenticated(format!("this needs to know who calls: {hint}")));
        }
        Err(ServiceError::Denied {
            caller: caller.who.to_string(),
            needs: right.least().map_or("propeller", super::Role::name),
            place: place.to_string(),
        })
    }

    /// Refuses whoever the use-case runs for, when they may not see a place that something refers to.
    pub(crate) async fn require_view(&self, project: &str, domain: &str) -> Result<(), ServiceError> {
        match caller::current() {
            Some(caller) => self.require(&caller, Right::View, Place::of(project, domain)).await,
            None => Ok(()),
        }
    }

    /// Whether it is an execution that the caller has launched, and may launch still.
    async fn may_control_own<M: About>(&self, caller: &Caller, message: &M) -> Result<bool, ServiceError> {
        let Some(id) = message.execution() else { return Ok(false) };
        let may_launch = self.require(caller, Right::Launch, message.place()).await.is_ok();
        Ok(may_launch && self.launched_by(id).await? == caller.principal())
    }

    /// Who has launched an execution; empty when it is not known.
    async fn launched_by(&self, id: &WorkflowExecutionIdentifier) -> Result<String, ServiceError> {
        let row = crate::store::executions::find(self.store.readers(), id).await?;
        Ok(row.and_then(|row| row.spec.metadata).map(|metadata| metadata.principal).unwrap_or_default())
    }

    /// Keeps what was done. What has been done is not undone when that fails: the log tells it.
    pub(crate) async fn note(&self, record: Record) {
        let line = record.clone();
        let written: Result<(), crate::store::StoreError> = self
            .store
            .write(move |db| Box::pin(async move { crate::store::audit::insert(db, &record).await }))
            .await;
        if let Err(error) = written {
            tracing::error!(%error, record = %line.json(), "the audit lacks a record");
        }
    }
}

fn record<M: About>(caller: &Caller, rule: Rule<M>, message: &M, request_id: Option<&RequestId>) -> Record {
    let (project, domain) = message.place().names();
    Record::new(caller, &format!("{}/{}", rule.service, rule.rpc))
        .at(project, domain)
        .about(&message.entity())
        .in_request(request_id.map(RequestId::text).unwrap_or_default())
}
