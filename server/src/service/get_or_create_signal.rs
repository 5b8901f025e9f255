//! GetOrCreateSignal, and waiting for a signal's value.

use aileron_idl::admin::{Signal, SignalGetOrCreateRequest};
use aileron_idl::core::{Literal, LiteralType, SignalIdentifier, SimpleType, literal_type};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::{executions, signals};

impl App {
    /// The signal of an id; it is made known when it is not, of this type and without a value.
    pub(crate) async fn get_or_create_signal(
        &self,
        request: SignalGetOrCreateRequest,
    ) -> Result<Signal, ServiceError> {
        let id = checked(request.id)?;
        if let Some(literal_type::Type::Simple(simple)) =
            request.r#type.as_ref().and_then(|it| it.r#type.as_ref())
        {
            names::known::<SimpleType>("type.simple", *simple)?;
        }
        if let Some(known) = signals::find(self.store.readers(), &id).await? {
            return Ok(known);
        }
        let execution = names::execution_id(id.execution_id.as_ref())?;
        if executions::find(self.store.readers(), execution).await?.is_none() {
            return Err(ServiceError::not_found("execution", execution));
        }
        let new = Signal { id: Some(id.clone()), r#type: request.r#type, value: None };
        self.store
            .write(move |db| {
                Box::pin(async move {
                    signals::insert(&mut *db, &new).await?;
                    let found = signals::find(&mut *db, &id).await?;
                    found.ok_or_else(|| ServiceError::not_found("signal", &id.signal_id))
                })
            })
            .await
    }

    /// Waits until the signal has a value; it is made known when it is not.
    pub(crate) async fn wait_for_signal(
        &self,
        id: SignalIdentifier,
        r#type: LiteralType,
    ) -> Result<Literal, ServiceError> {
        // Listening comes before looking, so that nothing falls between.
        let mut rung = self.signals_set.listen();
        let request = SignalGetOrCreateRequest { id: Some(id.clone()), r#type: Some(r#type) };
        loop {
            if let Some(value) = self.get_or_create_signal(request.clone()).await?.value {
                return Ok(value);
            }
            rung.heard(&id).await;
        }
    }
}

/// Every part of the id must be there.
pub(super) fn checked(id: Option<SignalIdentifier>) -> Result<SignalIdentifier, ServiceError> {
    let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
    names::check("id.signal_id", &id.signal_id)?;
    names::execution_id(id.execution_id.as_ref())?;
    Ok(id)
}
