//! CreateDownloadLocation: a URL by which a client can read an object of this server's store.

use aileron_idl::service::{CreateDownloadLocationRequest, CreateDownloadLocationResponse};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Signs a URL below `base` for the object, which must be there.
    pub(crate) async fn create_download_location(
        &self,
        base: &str,
        request: CreateDownloadLocationRequest,
    ) -> Result<CreateDownloadLocationResponse, ServiceError> {
        if request.native_url.is_empty() {
            return Err(ServiceError::Missing("native_url".to_owned()));
        }
        self.require_object(&request.native_url).await?;
        if !self.settings.storage.exists(&request.native_url).await? {
            return Err(ServiceError::not_found("object", &request.native_url));
        }
        let life = self.life(request.expires_in.as_ref())?;
        let signed_url = self.download_url(base, &request.native_url, life).await?;
        Ok(CreateDownloadLocationResponse { signed_url, expires_at: Some(life.until) })
    }
}
