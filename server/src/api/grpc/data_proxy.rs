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

use crate::access::{guarded, rules};
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
        guarded(&self.0, rules::data_proxy::create_upload_location, request, |message| {
            self.0.create_upload_location(&base, message)
        })
        .await
    }

    async fn create_download_location(
        &self,
        request: Request<CreateDownloadLocationRequest>,
    ) -> Result<Response<CreateDownloadLocationResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        guarded(&self.0, rules::data_proxy::create_download_location, request, |message| {
            self.0.create_download_location(&base, message)
        })
        .await
    }

    async fn create_download_link(
        &self,
        request: Request<CreateDownloadLinkRequest>,
    ) -> Result<Response<CreateDownloadLinkResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        guarded(&self.0, rules::data_proxy::create_download_link, request, |message| {
            self.0.create_download_link(&base, message)
        })
        .await
    }

    async fn get_data(&self, request: Request<GetDataRequest>) -> Result<Response<GetDataResponse>, Status> {
        let base = public_url::base(&self.0, &request);
        guarded(&self.0, rules::data_proxy::get_data, request, |message| self.0.get_data(&base, message))
            .await
    }
}
