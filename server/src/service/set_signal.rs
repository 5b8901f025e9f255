//! SetSignal: someone's word for a gate that waits.

use aileron_compiler::types::{describe, fits, literal_type};
use aileron_idl::admin::{Signal, SignalSetRequest, SignalSetResponse};
use aileron_idl::core::Literal;

use super::get_or_create_signal::checked;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::signals;

impl App {
    /// Gives a signal its value, of the signal's type; a gate must have asked for it. It may be set again:
    /// a gate takes the value that it finds first.
    pub(crate) async fn set_signal(
        &self,
        request: SignalSetRequest,
    ) -> Result<SignalSetResponse, ServiceError> {
        let id = checked(request.id)?;
        let value = request.value.ok_or_else(|| ServiceError::Missing("value".to_owned()))?;
        let name = id.clone();
        let set: Result<(), ServiceError> = self
            .store
            .write(move |db| {
                Box::pin(async move {
                    signals::lock(db, &id).await?;
                    let known = signals::find(&mut *db, &id).await?;
                    let known = known.ok_or_else(|| unknown(&id.signal_id))?;
                    check(&known, &value)?;
                    Ok(signals::set(db, &id, &value).await?)
                })
            })
            .await;
        set?;
        self.signals_set.ring(name);
        Ok(SignalSetResponse {})
    }
}

/// Signals are made known by gates, and not by who would open them.
fn unknown(signal: &str) -> ServiceError {
    let problem = "no gate of this execution has asked for the signal; list those that are waited for";
    ServiceError::invalid("id.signal_id", signal, problem)
}

fn check(known: &Signal, value: &Literal) -> Result<(), ServiceError> {
    let id = known.id.clone().unwrap_or_default().signal_id;
    let wanted = known.r#type.clone().unwrap_or_default();
    if fits(value, &wanted) {
        return Ok(());
    }
    let given = literal_type(value).as_ref().map_or_else(|| "nothing".to_owned(), describe);
    Err(ServiceError::invalid("value", &given, format!("signal {id} takes {}", describe(&wanted))))
}
