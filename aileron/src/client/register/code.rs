//! Sending the code of a package where its tasks will find it.

use aileron_idl::service::CreateUploadLocationRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::package::Code;
use crate::client::connect::Target;
use crate::client::failure::Failure;

/// Uploads the code and answers where it lies. Its place follows from its content, so that sending it again
/// changes nothing.
pub(super) async fn send(target: &Target, code: &Code) -> Result<String, Failure> {
    let md5 = Md5::digest(&code.bytes).to_vec();
    let request = CreateUploadLocationRequest {
        project: target.project.clone(),
        domain: target.domain.clone(),
        filename: code.name.clone(),
        content_md5: md5.clone(),
        ..CreateUploadLocationRequest::default()
    };
    let location = target.data_proxy().await?.create_upload_location(request).await?.into_inner();
    let failed = |cause: String| Failure::Upload { file: code.name.clone(), cause };
    let mut put = reqwest::Client::new()
        .put(&location.signed_url)
        .header("Content-MD5", STANDARD.encode(&md5))
        .body(code.bytes.clone());
    for (name, value) in &location.headers {
        put = put.header(name, value);
    }
    let answer = put.send().await.map_err(|error| failed(error.to_string()))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(location.native_url);
    }
    let text = answer.text().await.unwrap_or_default();
    Err(failed(format!("{status}: {}", text.trim())))
}
