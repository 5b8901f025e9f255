//! `flyteidl.service.SignalService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::admin::{
    Signal, SignalGetOrCreateRequest, SignalList, SignalListRequest, SignalSetRequest, SignalSetResponse,
};
use aileron_idl::service::signal_service_server::SignalService;
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Signals(pub(super) Arc<App>);

#[tonic::async_trait]
impl SignalService for Signals {
    async fn get_or_create_signal(
        &self,
        request: Request<SignalGetOrCreateRequest>,
    ) -> Result<Response<Signal>, Status> {
        guarded(&self.0, rules::signal::get_or_create_signal, request, |message| {
            self.0.get_or_create_signal(message)
        })
        .await
    }

    async fn list_signals(
        &self,
        request: Request<SignalListRequest>,
    ) -> Result<Response<SignalList>, Status> {
        guarded(&self.0, rules::signal::list_signals, request, |message| self.0.list_signals(message)).await
    }

    async fn set_signal(
        &self,
        request: Request<SignalSetRequest>,
    ) -> Result<Response<SignalSetResponse>, Status> {
        guarded(&self.0, rules::signal::set_signal, request, |message| self.0.set_signal(message)).await
    }
}
