//! GetOrExtendReservation: of those who would compute the same, one does.

use std::time::Duration;

use aileron_idl::datacatalog::{GetOrExtendReservationRequest, GetOrExtendReservationResponse, Reservation};

use super::check_reservation;
use crate::clock;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::reservations::{self, Holder};

/// Longest time between two signs of life.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(10);
/// Heartbeats that may fail to come before a reservation is free.
const GRACE: u32 = 3;

impl App {
    /// Takes or extends the reservation, or answers who else holds it.
    pub(crate) async fn get_or_extend_reservation(
        &self,
        request: GetOrExtendReservationRequest,
    ) -> Result<GetOrExtendReservationResponse, ServiceError> {
        let id = check_reservation(request.reservation_id, &request.owner_id)?;
        let heartbeat = heartbeat(request.heartbeat_interval.as_ref())?;
        let (key, now) = (id.clone(), clock::now());
        let until = clock::later(&now, heartbeat * GRACE);
        let holder: Result<Holder, StoreError> = self
            .store
            .write(move |db| {
                let owner = request.owner_id;
                Box::pin(async move { reservations::take(db, &key, &owner, &now, &until).await })
            })
            .await;
        let holder = holder?;
        let reservation = Reservation {
            reservation_id: Some(id),
            owner_id: holder.owner_id,
            heartbeat_interval: prost_types::Duration::try_from(heartbeat).ok(),
            expires_at: clock::parse(&holder.expires_at),
            ..Reservation::default()
        };
        Ok(GetOrExtendReservationResponse { reservation: Some(reservation) })
    }
}

fn heartbeat(asked: Option<&prost_types::Duration>) -> Result<Duration, ServiceError> {
    let Some(asked) = asked else { return Ok(LONGEST_HEARTBEAT) };
    let read = clock::span(asked).filter(|asked| !asked.is_zero());
    let read = read.ok_or_else(|| {
        ServiceError::invalid("heartbeat_interval", &format!("{}s", asked.seconds), "it must be positive")
    })?;
    Ok(read.min(LONGEST_HEARTBEAT))
}
