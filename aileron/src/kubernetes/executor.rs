//! Handing executions over to a cluster.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aileron_crd::{ExecutionEvent, ExecutionId, FlyteWorkflow};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::event::WorkflowExecutionEvent;
use aileron_propeller::kubernetes::{WaitingError as Unknown, WaitingNodes};
use aileron_propeller::waiting;
use aileron_server::{Executor, HandoverError, Server, ServiceError, WaitingError, WaitingPage};
use aileron_storage::Storage;
use futures::FutureExt;
use futures::future::BoxFuture;
use kube::api::{DeleteParams, DynamicObject, PostParams};
use kube::{Api, Client};

use super::namespace::{Namespaces, Tenant};
use super::{FIELD_MANAGER, Templates, object, refusal};

/// The cluster as the control plane's executor. Everything in it has the execution's name: what is done
/// twice is found done.
#[derive(Clone)]
pub(crate) struct KubernetesExecutor(Arc<Inner>);

struct Inner {
    client: Client,
    storage: Storage,
    namespaces: Namespaces,
    waiting: WaitingNodes,
    /// Comes a moment later: the two need each other to be made.
    server: OnceLock<Server>,
}

impl KubernetesExecutor {
    pub(crate) fn new(client: Client, storage: Storage, templates: Templates) -> KubernetesExecutor {
        let namespaces = Namespaces::new(templates);
        KubernetesExecutor(Arc::new(Inner {
            client,
            storage,
            namespaces,
            waiting: WaitingNodes::default(),
            server: OnceLock::new(),
        }))
    }

    /// What the cluster was given and has not ended, and of which nothing was told for so long.
    pub(super) async fn under_way(&self, quiet: Duration) -> anyhow::Result<Vec<ExecutionId>> {
        Ok(self.0.server()?.under_way(quiet).await?)
    }

    /// The workflows of a namespace.
    pub(super) fn objects(&self, namespace: &str) -> Api<DynamicObject> {
        self.0.objects(namespace)
    }

    /// Ends an execution whose object somebody removed.
    pub(super) async fn report_lost(&self, id: &ExecutionId) -> Result<(), HandoverError> {
        let cause = format!(
            "its flyteworkflow `{}` is gone from the namespace `{}`: somebody removed it while no propeller ran, or the \
             cluster was restored from an older copy; recover the execution to go on with what had succeeded",
            id.name,
            namespace(id),
        );
        self.0.report_aborted(id.clone(), cause).await
    }

    /// Gives it the control plane. The first one stays.
    pub(crate) fn attach(&self, server: Server) {
        self.0.server.get_or_init(|| server);
    }
}

impl Executor for KubernetesExecutor {
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>> {
        async move { self.0.start(workflow).await }.boxed()
    }

    fn abort(&self, id: ExecutionId, cause: String) -> BoxFuture<'_, Result<(), HandoverError>> {
        async move { self.0.abort(id, cause).await }.boxed()
    }

    fn waiting(
        &self,
        id: ExecutionId,
        page: WaitingPage,
    ) -> BoxFuture<'_, Result<ListWaitingNodesResponse, WaitingError>> {
        async move { self.0.waiting(&id, page).await }.boxed()
    }
}

impl Inner {
    async fn start(&self, workflow: FlyteWorkflow) -> Result<(), HandoverError> {
        let (id, namespace) = (workflow.execution_id.clone(), workflow.metadata.namespace.clone());
        let made = object::make(&self.storage, workflow).await?;
        let known = self.namespaces.is_known(&namespace);
        if !known {
            self.namespaces.make(&self.client, &self.tenant(&id, &namespace).await?).await?;
        }
        match self.create(&namespace, &made).await {
            // A namespace that was there may have been deleted since.
            Err(error) if known && refusal::is_missing(&error) => {
                self.namespaces.forget(&namespace);
                self.namespaces.make(&self.client, &self.tenant(&id, &namespace).await?).await?;
                self.create(&namespace, &made).await.map_err(refusal::of)?
            }
            created => created.map_err(refusal::of)?,
        }
    }

    /// Creates the object; the inner answer says whether the one that is there is this execution's.
    async fn create(
        &self,
        namespace: &str,
        made: &DynamicObject,
    ) -> Result<Result<(), HandoverError>, kube::Error> {
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match self.objects(namespace).create(&params, made).await {
            Ok(_) => Ok(Ok(())),
            Err(error) if refusal::is_there(&error) => self.is_ours(namespace, made).await,
            Err(error) => Err(error),
        }
    }

    async fn is_ours(
        &self,
        namespace: &str,
        made: &DynamicObject,
    ) -> Result<Result<(), HandoverError>, kube::Error> {
        let name = made.metadata.name.clone().unwrap_or_default();
        let there = self.objects(namespace).get_opt(&name).await?;
        Ok(match there {
            Some(there) if object::same_execution(&there, made) => Ok(()),
            Some(_) => Err(HandoverError::Refused {
                code: "NameTaken".to_owned(),
                message: format!(
                    "the namespace `{namespace}` has another flyteworkflow `{name}`; launch under another name"
                ),
            }),
            None => Err(HandoverError::Unavailable(format!("the object `{name}` has just gone"))),
        })
    }

    async fn abort(&self, id: ExecutionId, cause: String) -> Result<(), HandoverError> {
        let namespace = namespace(&id);
        match self.objects(&namespace).delete(&id.name, &DeleteParams::background()).await {
            Ok(_) => Ok(()),
            Err(error) if refusal::is_missing(&error) => self.report_aborted(id, cause).await,
            Err(error) => Err(refusal::of(error)),
        }
    }

    /// Nobody else will: there is no object whose controller could.
    async fn report_aborted(&self, id: ExecutionId, cause: String) -> Result<(), HandoverError> {
        let event = WorkflowExecutionEvent {
            execution_id: Some((&id).into()),
            phase: Phase::Aborted.into(),
            occurred_at: Some(now()),
            output_result: Some(aborted(cause)),
            ..WorkflowExecutionEvent::default()
        };
        let recorded = self.server()?.record_events(vec![ExecutionEvent::Workflow(Box::new(event))]).await;
        match recorded.into_iter().next() {
            None | Some(Ok(()) | Err(ServiceError::RepeatedEvent(_) | ServiceError::Terminal { .. })) => {
                Ok(())
            }
            Some(Err(error)) => Err(HandoverError::Unavailable(error.to_string())),
        }
    }

    /// What the object says: whoever carries the run is not asked.
    async fn waiting(
        &self,
        id: &ExecutionId,
        page: WaitingPage,
    ) -> Result<ListWaitingNodesResponse, WaitingError> {
        let namespace = namespace(id);
        let page = waiting::Page { first: page.first, limit: page.limit as usize };
        match self.waiting.page(&self.client, &self.storage, (&namespace, &id.name), page).await {
            Ok(found) => found.ok_or(WaitingError::Unknown),
            Err(Unknown::Foreign) => Err(WaitingError::Unsupported),
            Err(error) => Err(WaitingError::Unavailable(error.to_string())),
        }
    }

    async fn tenant(&self, id: &ExecutionId, namespace: &str) -> Result<Tenant, HandoverError> {
        let values = self.server()?.cluster_resources(&id.project, &id.domain).await;
        Ok(Tenant {
            namespace: namespace.to_owned(),
            project: id.project.clone(),
            domain: id.domain.clone(),
            values: values.map_err(|error| HandoverError::Unavailable(error.to_string()))?,
        })
    }

    fn objects(&self, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &object::kind())
    }

    fn server(&self) -> Result<&Server, HandoverError> {
        self.server.get().ok_or_else(|| HandoverError::Unavailable("the server is starting".to_owned()))
    }
}

/// Where the object of an execution lies.
pub(super) fn namespace(id: &ExecutionId) -> String {
    format!("{}-{}", id.project, id.domain)
}

#[expect(clippy::disallowed_methods, reason = "this is the binary, which has the clock")]
fn now() -> prost_types::Timestamp {
    std::time::SystemTime::now().into()
}

fn aborted(cause: String) -> aileron_idl::event::workflow_execution_event::OutputResult {
    let error = aileron_idl::core::ExecutionError {
        code: "Aborted".to_owned(),
        message: cause,
        ..Default::default()
    };
    aileron_idl::event::workflow_execution_event::OutputResult::Error(error)
}
