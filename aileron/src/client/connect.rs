//! Which server is asked, and about which project and domain.

use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use aileron_idl::core::{Identifier, ResourceType, WorkflowExecutionIdentifier};
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_idl::service::data_proxy_service_client::DataProxyServiceClient;
use tonic::transport::Channel;

use super::credentials::{Connection, Credentials};
use super::failure::Failure;
use crate::channel::{self, Trust};

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;

/// Where and about what is asked.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Target {
    /// Server to ask, HOST:PORT, or https://HOST:PORT for TLS.
    #[arg(long, env = "AILERON_ENDPOINT", default_value = "127.0.0.1:30080", hide_env_values = true)]
    pub(super) endpoint: String,
    /// File with authorities that its certificate may be of, beside the system's.
    #[arg(long, env = "AILERON_CA", hide_env_values = true)]
    ca: Option<PathBuf>,
    #[command(flatten)]
    credentials: Credentials,
    /// Project.
    #[arg(long, short, env = "AILERON_PROJECT", default_value = "flytesnacks", hide_env_values = true)]
    pub(super) project: String,
    /// Domain.
    #[arg(long, short, env = "AILERON_DOMAIN", default_value = "development", hide_env_values = true)]
    pub(super) domain: String,
}

/// The calls of a server.
pub(super) type Admin = AdminServiceClient<Connection>;

impl Target {
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    pub(super) fn url(&self) -> Result<String, Failure> {
        channel::url(&self.endpoint, &self.trust()).map_err(|error| usage(&error))
    }

    /// A client of its plain HTTP, which follows no redirects: the server's own answers are what is asked for.
    pub(super) fn http(&self) -> Result<reqwest::Client, Failure> {
        let mut builder = reqwest::Client::builder().connect_timeout(PATIENCE);
        if let Some(path) = &self.ca {
            let unusable =
                |problem: String| Failure::Usage(format!("invalid --ca `{}`: {problem}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            let known =
                reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
            builder = builder.tls_certs_merge(known);
        }
        let client = builder.redirect(reqwest::redirect::Policy::none()).build();
        client.map_err(|error| Failure::Usage(format!("failed to set up HTTP: {error}")))
    }

    fn trust(&self) -> Trust {
        Trust { authorities: self.ca.clone(), own: None }
    }

    /// Connects to the calls of Flyte's.
    pub(super) async fn connect(&self) -> Result<Admin, Failure> {
        Ok(AdminServiceClient::new(self.channel().await?).max_decoding_message_size(LARGEST))
    }

    /// Connects to ask where files go.
    pub(super) async fn data_proxy(&self) -> Result<DataProxyServiceClient<Connection>, Failure> {
        Ok(DataProxyServiceClient::new(self.channel().await?))
    }

    /// The token of whoever calls, for plain HTTP.
    pub(super) async fn token(&self) -> Result<Option<String>, Failure> {
        self.credentials.token(self).await
    }

    /// Connects, to call as whoever was named.
    pub(super) async fn channel(&self) -> Result<Connection, Failure> {
        let channel = self.plain_channel().await?;
        self.credentials.on(self, channel).await
    }

    /// Connects, to call as nobody.
    pub(super) async fn plain_channel(&self) -> Result<Channel, Failure> {
        let endpoint = channel::endpoint(&self.endpoint, &self.trust()).map_err(|error| usage(&error))?;
        endpoint.connect_timeout(PATIENCE).connect().await.map_err(|error| {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Failure::Unreachable { endpoint: self.endpoint.clone(), cause }
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

fn usage(error: &channel::AddressError) -> Failure {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::Usage(format!("invalid --endpoint: {error}{cause}"))
}
