//! The control plane as a propeller of another process asks it, over gRPC.
//!
//! Start reading at [`Remote`]: `events` reports to it, `control` and `catalog` ask it.

mod catalog;
mod control;
mod events;
mod token;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aileron_idl::aileron::v1::event_service_client::EventServiceClient;
use aileron_idl::datacatalog::data_catalog_client::DataCatalogClient;
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_idl::service::signal_service_client::SignalServiceClient;
use aileron_propeller::control::ControlError;
use anyhow::{Context, Result};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};

use self::token::Bearer;
pub(crate) use self::token::Credentials;
use crate::channel::{self, Trust};

/// A connection on which every call names its caller, if it is one.
type Connection = InterceptedService<Channel, Bearer>;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a call may take.
const CALL: Duration = Duration::from_secs(60);
/// Between two signs of life on an idle connection.
const ALIVE: Duration = Duration::from_secs(20);
/// Largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;

/// A control plane at an address. It is reached when it is first asked, and again after it was away.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    admin: AdminServiceClient<Connection>,
    signals: SignalServiceClient<Connection>,
    catalog: DataCatalogClient<Connection>,
    events: EventServiceClient<Connection>,
    /// Whether it takes many events a call, as far as is known.
    takes_batches: Arc<AtomicBool>,
}

impl Remote {
    /// The control plane at an address, which proves who it is by what is trusted.
    /// With credentials it calls as that program; else as who its certificate says, or as nobody.
    pub(crate) fn new(address: &str, trust: &Trust, credentials: Option<Credentials>) -> Result<Remote> {
        let endpoint = channel::endpoint(address, trust).context("server")?;
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .http2_keep_alive_interval(ALIVE)
            .keep_alive_while_idle(true);
        let (plain, bearer) = (endpoint.connect_lazy(), Bearer::default());
        if let Some(credentials) = credentials {
            tokio::spawn(bearer.clone().renew(plain.clone(), credentials));
        }
        let channel = InterceptedService::new(plain, bearer);
        Ok(Remote {
            admin: AdminServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            signals: SignalServiceClient::new(channel.clone()),
            catalog: DataCatalogClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            events: EventServiceClient::new(channel),
            takes_batches: Arc::new(AtomicBool::new(true)),
        })
    }
}

/// Whether to ask again later.
fn passes(status: &Status) -> bool {
    use Code::{Aborted, Cancelled, DeadlineExceeded, Internal, ResourceExhausted, Unavailable, Unknown};
    // A token may be on its way.
    use Code::Unauthenticated;
    matches!(
        status.code(),
        Unavailable
            | DeadlineExceeded
            | ResourceExhausted
            | Internal
            | Unknown
            | Cancelled
            | Aborted
            | Unauthenticated
    )
}

/// What an error means for whoever asked.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` calls")]
fn refusal(status: Status) -> ControlError {
    let text = format!("{}: {}", status.code(), status.message());
    if passes(&status) { ControlError::Unavailable(text) } else { ControlError::Refused(text) }
}

/// What is not there is no error here.
fn found<T>(answer: Result<tonic::Response<T>, Status>) -> Result<Option<T>, ControlError> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(refusal(status)),
    }
}

/// Whether it is new; what was there before is no error here.
fn is_new(answer: Result<(), Status>) -> Result<bool, ControlError> {
    match answer {
        Ok(()) => Ok(true),
        Err(status) if status.code() == Code::AlreadyExists => Ok(false),
        Err(status) => Err(refusal(status)),
    }
}
