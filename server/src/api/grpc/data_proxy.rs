//! `flyteidl.service.DataProxyService`: each RPC is the use-case of its name, told by which name the
//! client reached us.

use std::sync::Arc;

use aileron_idl::service::data_proxy_service_server::DataProxyService;
use aileron_idl::service::{
    CreateDownloadLinkRequest, CreateDownloadLinkResponse, CreateDownloadLocationRequest,
    CreateDownloadLocationResponse, CreateUploadLocationRequest, CreateUploadLocationResponse,
    GetDataRequest, GetDataResponse,
};
use tonic::{Request, Response, Status};

use crate::api::public_url;
use crate::server::App;

/// The service over the use-cases.
pub(super) struct DataProxy(pub(super) Arc<App>);

#[tonic::async_trait]
impl DataProxyService for DataProxy {
    async fn create_upload_location(
        &self,
        request: Request<CreateUploadLocationRequest>,
    ) -> Result<Response<CreateUploadLocationResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        Ok(Response::new(self.0.create_upload_location(&base, request.into_inner()).await?))
    }

    async fn create_download_location(
        &self,
        request: Request<CreateDownloadLocationRequest>,
    ) -> Result<Response<CreateDownloadLocationResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        Ok(Response::new(self.0.create_download_location(&base, request.into_inner()).await?))
    }

    async fn create_download_link(
        &self,
        request: Request<CreateDownloadLinkRequest>,
    ) -> Result<Response<CreateDownloadLinkResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        Ok(Response::new(self.0.create_download_link(&base, request.into_inner()).await?))
    }

    async fn get_data(&self, request: Request<GetDataRequest>) -> Result<Response<GetDataResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        Ok(Response::new(self.0.get_data(&base, request.into_inner()).await?))
    }
}
