//! CreateDownloadLink: a URL by which a browser can show a node's deck.

use aileron_idl::core::NodeExecutionIdentifier;
use aileron_idl::service::{
    ArtifactType, CreateDownloadLinkRequest, CreateDownloadLinkResponse, PreSignedUrLs,
    create_download_link_request,
};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Signs a URL below `base` for the deck of a node.
    pub(crate) async fn create_download_link(
        &self,
        base: &str,
        request: CreateDownloadLinkRequest,
    ) -> Result<CreateDownloadLinkResponse, ServiceError> {
        if request.artifact_type() != ArtifactType::Deck {
            let kind = request.artifact_type().as_str_name();
            return Err(ServiceError::invalid("artifact_type", kind, "only ARTIFACT_TYPE_DECK has links"));
        }
        let Some(create_download_link_request::Source::NodeExecutionId(node)) = &request.source else {
            return Err(ServiceError::Missing("node_execution_id".to_owned()));
        };
        let urls = self.deck_urls(base, node, request.expires_in.as_ref()).await?;
        Ok(CreateDownloadLinkResponse {
            signed_url: urls.signed_url.clone(),
            expires_at: urls.expires_at,
            pre_signed_urls: Some(urls),
        })
    }

    /// A URL for a node's deck, if there is one.
    pub(super) async fn deck_urls(
        &self,
        base: &str,
        node: &NodeExecutionIdentifier,
        expires_in: Option<&prost_types::Duration>,
    ) -> Result<PreSignedUrLs, ServiceError> {
        let found = self.node_execution(Some(node)).await?.node;
        let uri = found.closure.map(|closure| closure.deck_uri).unwrap_or_default();
        if uri.is_empty() || !self.settings.storage.exists(&uri).await? {
            return Err(ServiceError::not_found("deck", node));
        }
        let life = self.life(expires_in)?;
        let url = self.download_url(base, &uri, life).await?;
        Ok(PreSignedUrLs { signed_url: vec![url], expires_at: Some(life.until) })
    }
}
