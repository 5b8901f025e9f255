//! GetDataset.

use aileron_idl::datacatalog::{GetDatasetRequest, GetDatasetResponse};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// A dataset by its UUID or its names.
    pub(crate) async fn get_dataset(
        &self,
        request: GetDatasetRequest,
    ) -> Result<GetDatasetResponse, ServiceError> {
        Ok(GetDatasetResponse { dataset: Some(self.dataset(request.dataset.as_ref()).await?.dataset) })
    }
}
