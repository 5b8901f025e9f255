//! Which server is asked, and about which project and domain.

use std::error::Error as _;
use std::time::Duration;

use aileron_idl::core::{Identifier, ResourceType, WorkflowExecutionIdentifier};
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_idl::service::data_proxy_service_client::DataProxyServiceClient;
use tonic::transport::{Channel, Endpoint};

use super::failure::Failure;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;

/// Where and about what is asked.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Target {
    /// Server to ask, HOST:PORT.
    #[arg(long, env = "AILERON_ENDPOINT", default_value = "127.0.0.1:30080", hide_env_values = true)]
    pub(super) endpoint: String,
    /// Project.
    #[arg(long, short, env = "AILERON_PROJECT", default_value = "flytesnacks", hide_env_values = true)]
    pub(super) project: String,
    /// Domain.
    #[arg(long, short, env = "AILERON_DOMAIN", default_value = "development", hide_env_values = true)]
    pub(super) domain: String,
}

/// The calls of a server.
pub(super) type Admin = AdminServiceClient<Channel>;

impl Target {
    /// HOST:PORT, whatever stood around it.
    pub(super) fn address(&self) -> Result<&str, Failure> {
        let address = self.endpoint.trim_start_matches("http://").trim_start_matches("dns:///");
        if address.contains("://") {
            let problem = "only servers without TLS can be asked; write HOST:PORT";
            return Err(Failure::Usage(format!("invalid --endpoint `{}`: {problem}", self.endpoint)));
        }
        Ok(address.trim_end_matches('/'))
    }

    /// Connects to the calls of Flyte's.
    pub(super) async fn connect(&self) -> Result<Admin, Failure> {
        Ok(AdminServiceClient::new(self.channel().await?).max_decoding_message_size(LARGEST))
    }

    /// Connects to ask where files go.
    pub(super) async fn data_proxy(&self) -> Result<DataProxyServiceClient<Channel>, Failure> {
        Ok(DataProxyServiceClient::new(self.channel().await?))
    }

    /// Connects.
    pub(super) async fn channel(&self) -> Result<Channel, Failure> {
        let address = self.address()?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"));
        let endpoint = endpoint.map_err(|error| {
            Failure::Usage(format!("invalid --endpoint `{address}`: {error}; write HOST:PORT"))
        })?;
        endpoint.connect_timeout(PATIENCE).connect().await.map_err(|error| {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Failure::Unreachable { endpoint: address.to_owned(), cause }
        })
    }

    /// The id of an execution here.
    pub(super) fn execution(&self, name: &str) -> WorkflowExecutionIdentifier {
        WorkflowExecutionIdentifier {
            project: self.project.clone(),
            domain: self.domain.clone(),
            name: name.to_owned(),
            ..WorkflowExecutionIdentifier::default()
        }
    }

    /// The id of a registered entity here.
    pub(super) fn entity(&self, kind: ResourceType, name: &str, version: &str) -> Identifier {
        Identifier {
            resource_type: kind.into(),
            project: self.project.clone(),
            domain: self.domain.clone(),
            name: name.to_owned(),
            version: version.to_owned(),
            ..Identifier::default()
        }
    }
}
