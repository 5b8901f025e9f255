//! CreateUploadLocation: a URL to which a client may send one file.

use aileron_idl::service::{CreateUploadLocationRequest, CreateUploadLocationResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32;
use md5::{Digest, Md5};
use prost_types::Timestamp;

use crate::error::ServiceError;
use crate::server::App;
use crate::signing::{Access, Grant};
use crate::{clock, names};

/// Bytes of an md5.
const MD5_BYTES: usize = 16;

impl App {
    /// Signs a URL below `base` for `{project}/{domain}/{root or base32 of the md5}/{filename}`.
    pub(crate) async fn create_upload_location(
        &self,
        base: &str,
        request: CreateUploadLocationRequest,
    ) -> Result<CreateUploadLocationResponse, ServiceError> {
        self.check_scope(&request.project, &request.domain).await?;
        check_md5(&request)?;
        let native_url = self.upload_uri(&request)?;
        self.check_free(&native_url, &request).await?;
        let expires_at = self.expiry(request.expires_in.as_ref())?;
        let md5 = STANDARD.encode(&request.content_md5);
        let grant = Grant {
            access: Access::Upload,
            key: self.key_of(&native_url)?,
            md5: md5.clone(),
            expires: expires_at.seconds,
        };
        let mut headers = std::collections::BTreeMap::new();
        if request.add_content_md5_metadata && !md5.is_empty() {
            headers.insert("Content-MD5".to_owned(), md5);
        }
        Ok(CreateUploadLocationResponse {
            signed_url: self.signer.url(base, &grant)?,
            native_url,
            expires_at: Some(expires_at),
            headers,
        })
    }

    fn upload_uri(&self, request: &CreateUploadLocationRequest) -> Result<String, ServiceError> {
        let folder = match request.filename_root.as_str() {
            "" => BASE32.encode(&request.content_md5),
            root => {
                names::check("filename_root", root)?;
                root.to_owned()
            }
        };
        let file = match request.filename.as_str() {
            "" => names::generate_file(),
            file => {
                names::check("filename", file)?;
                file.to_owned()
            }
        };
        let (project, domain) = (request.project.as_str(), request.domain.as_str());
        let segments = [project, domain].into_iter().chain(folder.split('/')).chain(file.split('/'));
        let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
        Ok(self.settings.storage.uri(&segments))
    }

    /// A named place that holds something else is taken; one that holds the same may be sent again.
    async fn check_free(&self, uri: &str, request: &CreateUploadLocationRequest) -> Result<(), ServiceError> {
        if request.filename.is_empty() || request.filename_root.is_empty() {
            return Ok(());
        }
        let Some(bytes) = self.settings.storage.find(uri).await? else { return Ok(()) };
        if Md5::digest(&bytes).as_slice() == request.content_md5 {
            return Ok(());
        }
        Err(ServiceError::AlreadyExists(format!("another file at {uri}")))
    }

    /// When a URL that is asked for now stops to hold.
    pub(super) fn expiry(&self, asked: Option<&prost_types::Duration>) -> Result<Timestamp, ServiceError> {
        let longest = self.settings.max_url_life;
        let life = match asked {
            None => longest,
            Some(asked) if asked.seconds == 0 && asked.nanos == 0 => longest,
            Some(asked) => clock::span(asked).ok_or_else(|| {
                ServiceError::invalid("expires_in", &format!("{}s", asked.seconds), "it must be positive")
            })?,
        };
        if life > longest {
            let problem = format!("it may be {} seconds at most", longest.as_secs());
            return Err(ServiceError::invalid("expires_in", &life.as_secs().to_string(), problem));
        }
        Ok(clock::later(&clock::now(), life))
    }

    /// The key of an object of our store.
    pub(super) fn key_of(&self, uri: &str) -> Result<String, ServiceError> {
        let root = self.settings.storage.root();
        let key = uri.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
        key.map(str::to_owned)
            .ok_or_else(|| ServiceError::invalid("uri", uri, "it is not in this server's store"))
    }
}

fn check_md5(request: &CreateUploadLocationRequest) -> Result<(), ServiceError> {
    match request.content_md5.len() {
        0 if request.filename_root.is_empty() => {
            Err(ServiceError::Missing("content_md5 or filename_root".to_owned()))
        }
        0 | MD5_BYTES => Ok(()),
        length => Err(ServiceError::invalid(
            "content_md5",
            &format!("{length} bytes"),
            "send the 16 bytes of the md5 themselves, not a text of them",
        )),
    }
}
