//! GetVersion.

use aileron_idl::admin::{GetVersionRequest, GetVersionResponse, Version};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// The version of this server.
    pub(crate) async fn get_version(&self, _: GetVersionRequest) -> Result<GetVersionResponse, ServiceError> {
        let version = Version { version: format!("v{}", env!("CARGO_PKG_VERSION")), ..Version::default() };
        Ok(GetVersionResponse { control_plane_version: Some(version) })
    }
}
