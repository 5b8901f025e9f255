//! ReleaseReservation.

use aileron_idl::datacatalog::{ReleaseReservationRequest, ReleaseReservationResponse};

use super::check_reservation;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::reservations;

impl App {
    /// Gives the owner's reservation back. There may be none; another's is left alone.
    pub(crate) async fn release_reservation(
        &self,
        request: ReleaseReservationRequest,
    ) -> Result<ReleaseReservationResponse, ServiceError> {
        let id = check_reservation(request.reservation_id, &request.owner_id)?;
        let released: Result<(), StoreError> = self
            .store
            .write(|db| Box::pin(async move { reservations::release(db, &id, &request.owner_id).await }))
            .await;
        released?;
        Ok(ReleaseReservationResponse {})
    }
}
