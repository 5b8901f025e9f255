//! The calls of the protocol to one connector, each within its time.

use std::time::Duration;

use aileron_idl::admin::execute_task_sync_request::Part;
use aileron_idl::admin::execute_task_sync_response::Res;
use aileron_idl::admin::{
    Agent, CreateRequestHeader, CreateTaskRequest, DeleteTaskRequest, ExecuteTaskSyncRequest, GetTaskRequest,
    ListAgentsRequest, Resource, TaskCategory,
};
use aileron_idl::core::LiteralMap;
use aileron_idl::service::agent_metadata_service_client::AgentMetadataServiceClient;
use aileron_idl::service::async_agent_service_client::AsyncAgentServiceClient;
use aileron_idl::service::sync_agent_service_client::SyncAgentServiceClient;
use futures::{StreamExt, stream};
use prost::Message;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use super::answer::{meaning, nonsense};
use super::offers::Category;
use super::settings::{ServiceSettings, SettingsError};
use crate::told;
use crate::web::CallError;
use crate::web::limits::Limits;

/// Largest message that connectors take, as gRPC has it where nobody says otherwise.
const SENT: usize = 4 << 20;
/// Largest message that is taken from them: outputs may be in it.
const TAKEN: usize = 64 << 20;
/// How often a connection that is idle is tried.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// One connector.
#[derive(Clone, Debug)]
pub(super) struct Service {
    name: String,
    settings: ServiceSettings,
    channel: Channel,
    pub(super) limits: Limits,
}

impl Service {
    /// A connector, to which nobody connects before it is called.
    pub(super) fn new(name: &str, settings: &ServiceSettings) -> Result<Service, SettingsError> {
        let wrong = || SettingsError::Endpoint { name: name.to_owned(), endpoint: settings.endpoint.clone() };
        let address = settings.endpoint.strip_prefix("dns:///").unwrap_or(&settings.endpoint);
        let bare = address.trim_start_matches("http://").trim_start_matches("https://");
        if !bare.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        {
            return Err(wrong());
        }
        let scheme = if settings.insecure { "http" } else { "https" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{bare}")).map_err(|_| wrong())?;
        let endpoint = endpoint
            .connect_timeout(settings.default_timeout.0)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_while_idle(true);
        let endpoint = if settings.insecure {
            endpoint
        } else {
            endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(|_| wrong())?
        };
        Ok(Service {
            name: name.to_owned(),
            channel: endpoint.connect_lazy(),
            limits: Limits::new(settings.jobs, settings.changes, settings.looks),
            settings: settings.clone(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn request<T>(&self, call: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.settings.timeout(call));
        request
    }

    /// Makes a call within its time, whatever the connector does.
    async fn within<T>(
        &self,
        call: &str,
        answer: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, CallError> {
        let limit = self.settings.timeout(call);
        let late = || Err(Status::deadline_exceeded(format!("no answer within {limit:?}")));
        let answered = tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| late());
        answered.map_err(|status| meaning(&self.name, call, &status))
    }

    fn r#async(&self) -> AsyncAgentServiceClient<Channel> {
        AsyncAgentServiceClient::new(self.channel.clone()).max_decoding_message_size(TAKEN)
    }

    /// What it offers.
    pub(super) async fn list(&self) -> Result<Vec<Agent>, String> {
        let mut client = AgentMetadataServiceClient::new(self.channel.clone());
        let limit = self.settings.timeout("ListAgents");
        let answer =
            tokio::time::timeout(limit, client.list_agents(self.request("ListAgents", ListAgentsRequest {})));
        match answer.await {
            Ok(Ok(answer)) => Ok(answer.into_inner().agents),
            Ok(Err(status)) => Err(format!("{:?}: {}", status.code(), told(&status))),
            Err(_) => Err(format!("no answer within {limit:?}")),
        }
    }

    /// Begins a job.
    pub(super) async fn create(&self, request: &CreateTaskRequest) -> Result<Vec<u8>, CallError> {
        self.fits(request)?;
        let mut client = self.r#async();
        let call = client.create_task(self.request("CreateTask", request.clone()));
        Ok(self.within("CreateTask", call).await?.into_inner().resource_meta)
    }

    /// Says of a message that no connector would take how to make it smaller, instead of letting it fail there.
    fn fits(&self, message: &impl Message) -> Result<(), CallError> {
        let size = message.encoded_len();
        if size <= SENT {
            return Ok(());
        }
        let text = format!(
            "task and inputs have {size} bytes together; connectors take {SENT} at most. Pass large data as files or \
             structured datasets"
        );
        let failure = aileron_engine::Failure::permanent("InputsTooLarge", text);
        Err(CallError::Refused(aileron_engine::Failure { kind: aileron_engine::ErrorKind::User, ..failure }))
    }

    /// How a job stands.
    #[expect(deprecated, reason = "older connectors know no categories")]
    pub(super) async fn get(
        &self,
        category: &Category,
        meta: &[u8],
        prefix: &str,
    ) -> Result<Resource, CallError> {
        let message = GetTaskRequest {
            task_type: category.0.clone(),
            task_category: Some(of(category)),
            resource_meta: meta.to_vec(),
            output_prefix: prefix.to_owned(),
        };
        let mut client = self.r#async();
        let call = client.get_task(self.request("GetTask", message));
        let answer = self.within("GetTask", call).await?.into_inner();
        answer.resource.ok_or_else(|| nonsense(&self.name, "answers GetTask without a resource"))
    }

    /// Ends a job.
    #[expect(deprecated, reason = "older connectors know no categories")]
    pub(super) async fn delete(&self, category: &Category, meta: &[u8]) -> Result<(), CallError> {
        let message = DeleteTaskRequest {
            task_type: category.0.clone(),
            task_category: Some(of(category)),
            resource_meta: meta.to_vec(),
        };
        let mut client = self.r#async();
        let call = client.delete_task(self.request("DeleteTask", message));
        self.within("DeleteTask", call).await.map(drop)
    }

    /// Does the work within one call.
    pub(super) async fn execute(
        &self,
        header: CreateRequestHeader,
        inputs: LiteralMap,
    ) -> Result<(Resource, Option<LiteralMap>), CallError> {
        self.fits(&inputs)?;
        let parts = [Part::Header(header), Part::Inputs(inputs)];
        let parts = parts.map(|part| ExecuteTaskSyncRequest { part: Some(part) });
        let mut client = SyncAgentServiceClient::new(self.channel.clone()).max_decoding_message_size(TAKEN);
        let request = self.request("ExecuteTaskSync", stream::iter(parts));
        self.within("ExecuteTaskSync", async {
            let mut answers = client.execute_task_sync(request).await?.into_inner();
            let (mut resource, mut outputs) = (None, None);
            while let Some(answer) = answers.next().await {
                match answer?.res {
                    Some(Res::Header(header)) => resource = header.resource.or(resource),
                    Some(Res::Outputs(found)) => {
                        outputs.get_or_insert_with(LiteralMap::default).literals.extend(found.literals);
                    }
                    None => {}
                }
            }
            Ok((resource, outputs))
        })
        .await
        .and_then(|(resource, outputs)| {
            let resource =
                resource.ok_or_else(|| nonsense(&self.name, "answers ExecuteTaskSync without a resource"))?;
            Ok((resource, outputs))
        })
    }
}

pub(super) fn of((name, version): &Category) -> TaskCategory {
    TaskCategory { name: name.clone(), version: *version }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_flytes() {
        for (endpoint, is_one) in [
            ("localhost:8000", true),
            ("dns:///connectors.flyte.svc:8000", true),
            ("http://127.0.0.1:8000", true),
            ("", false),
            ("localhost", false),
            (":8000", false),
            ("localhost:port", false),
            ("a b:8000", false),
        ] {
            let settings = ServiceSettings { endpoint: endpoint.into(), ..ServiceSettings::default() };
            assert_eq!(Service::new("c", &settings).is_ok(), is_one, "{endpoint}");
        }
    }
}
