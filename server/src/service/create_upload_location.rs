//! CreateUploadLocation: a URL to which a client may send one file.

use std::collections::BTreeMap;

use aileron_idl::service::{CreateUploadLocationRequest, CreateUploadLocationResponse};
use aileron_storage::{Part, StorageError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32;
use futures::TryStreamExt;
use md5::{Digest, Md5};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;

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
        self.settings.storage.check_name(&native_url).await.map_err(|error| blocked(&request, error))?;
        self.check_free(&native_url, &request).await?;
        let life = self.life(request.expires_in.as_ref())?;
        let md5 = STANDARD.encode(&request.content_md5);
        let signed_url = self.upload_url(base, &native_url, &md5, life).await?;
        let headers = self.upload_headers(&native_url, request.add_content_md5_metadata, md5);
        Ok(CreateUploadLocationResponse { signed_url, native_url, expires_at: Some(life.until), headers })
    }

    /// What a client must send with the file, beside what it sends anyway.
    fn upload_headers(&self, uri: &str, asked: bool, md5: String) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        if asked && !md5.is_empty() {
            headers.insert("Content-MD5".to_owned(), md5);
        }
        if self.settings.storage.signs_urls() && (uri.starts_with("abfs") || uri.starts_with("az:")) {
            headers.insert("x-ms-blob-type".to_owned(), "BlockBlob".to_owned());
        }
        headers
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
        let mut known = match self.settings.storage.read(uri, Part::Whole).await {
            Ok(known) => known.bytes,
            Err(StorageError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut hash = Md5::new();
        while let Some(chunk) = known.try_next().await? {
            hash.update(&chunk);
        }
        if hash.finalize().as_slice() == request.content_md5 {
            return Ok(());
        }
        Err(ServiceError::AlreadyExists(format!("another file at {uri}")))
    }
}

/// Says which fields name a place at which no file can be.
fn blocked(request: &CreateUploadLocationRequest, error: StorageError) -> ServiceError {
    match error {
        StorageError::Blocked(_) => ServiceError::invalid(
            "filename_root and filename",
            &format!("{}/{}", request.filename_root, request.filename),
            "a part of the path is a file already, or there are files below it; use another name",
        ),
        other => other.into(),
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
