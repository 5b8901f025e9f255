//! `datacatalog.DataCatalog`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::datacatalog::data_catalog_server::DataCatalog;
use aileron_idl::datacatalog::*;
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Catalog(pub(super) Arc<App>);

macro_rules! pass_on {
    ($($rpc:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl DataCatalog for Catalog {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                guarded(&self.0, rules::data_catalog::$rpc, request, |message| self.0.$rpc(message)).await
            })*
        }
    };
}

pass_on! {
    create_dataset(CreateDatasetRequest) -> CreateDatasetResponse;
    get_dataset(GetDatasetRequest) -> GetDatasetResponse;
    create_artifact(CreateArtifactRequest) -> CreateArtifactResponse;
    get_artifact(GetArtifactRequest) -> GetArtifactResponse;
    add_tag(AddTagRequest) -> AddTagResponse;
    list_artifacts(ListArtifactsRequest) -> ListArtifactsResponse;
    list_datasets(ListDatasetsRequest) -> ListDatasetsResponse;
    update_artifact(UpdateArtifactRequest) -> UpdateArtifactResponse;
    get_or_extend_reservation(GetOrExtendReservationRequest) -> GetOrExtendReservationResponse;
    release_reservation(ReleaseReservationRequest) -> ReleaseReservationResponse;
}
