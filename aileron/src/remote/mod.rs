//! The control plane as a propeller of another process asks it, over gRPC.
//!
//! Start reading at [`Remote`]: `events` reports to it, `control` and `catalog` ask it.

mod catalog;
mod control;
mod events;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aileron_idl::aileron::v1::event_service_client::EventServiceClient;
use aileron_idl::datacatalog::data_catalog_client::DataCatalogClient;
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_idl::service::signal_service_client::SignalServiceClient;
use aileron_propeller::control::ControlError;
use anyhow::{Context, Result};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

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
    admin: AdminServiceClient<Channel>,
    signals: SignalServiceClient<Channel>,
    catalog: DataCatalogClient<Channel>,
    events: EventServiceClient<Channel>,
    /// Whether it takes many events a call, as far as is known.
    takes_batches: Arc<AtomicBool>,
}

impl Remote {
    /// The control plane at `HOST:PORT`, or at a URL without TLS.
    pub(crate) fn new(address: &str) -> Result<Remote> {
        let address = address.trim_end_matches('/').trim_start_matches("http://");
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .with_context(|| format!("server: `{address}` is no address; write HOST:PORT"))?;
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .http2_keep_alive_interval(ALIVE)
            .keep_alive_while_idle(true);
        let channel = endpoint.connect_lazy();
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
    matches!(
        status.code(),
        Unavailable | DeadlineExceeded | ResourceExhausted | Internal | Unknown | Cancelled | Aborted
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
