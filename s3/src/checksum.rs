//! A body is stored only if it is what its sender said.

use aileron_storage::Storage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::dto::{Checksum, StreamingBlob};
use s3s::{S3Result, TrailingHeaders, s3_error};

use crate::error::refusal;

/// What is said of a body: in headers, or after it.
#[derive(Default)]
pub(crate) struct Announced {
    /// `Content-MD5`, base64.
    pub(crate) md5: Option<String>,
    /// `Content-Length` of the body itself.
    pub(crate) length: Option<i64>,
    /// The checksums that came in headers.
    pub(crate) checksum: Checksum,
    /// Header names of the checksums that come after the body.
    pub(crate) trailer: String,
    /// The headers after the body, once it is read.
    pub(crate) trailers: Option<TrailingHeaders>,
}

/// Each algorithm's header, and where its sum stands.
type Sums = [(&'static str, fn(&mut Checksum) -> &mut Option<String>); 5];
const SUMS: Sums = [
    ("x-amz-checksum-crc32", |sums| &mut sums.checksum_crc32),
    ("x-amz-checksum-crc32c", |sums| &mut sums.checksum_crc32c),
    ("x-amz-checksum-crc64nvme", |sums| &mut sums.checksum_crc64nvme),
    ("x-amz-checksum-sha1", |sums| &mut sums.checksum_sha1),
    ("x-amz-checksum-sha256", |sums| &mut sums.checksum_sha256),
];

/// `x-amz-trailer`, which names what comes after the body.
pub(crate) fn trailer(headers: &HeaderMap) -> String {
    let named = headers.get("x-amz-trailer").and_then(|names| names.to_str().ok());
    named.unwrap_or_default().to_ascii_lowercase()
}

/// Stores a body, if it is what was announced; else there is nothing, or what was there before.
pub(crate) async fn receive(
    storage: &Storage,
    uri: &str,
    body: Option<StreamingBlob>,
    announced: Announced,
) -> S3Result<()> {
    let mut upload = storage.upload(uri).map_err(refusal)?;
    let (mut md5, mut hasher, mut length) = (Md5::new(), announced.hasher(), 0_i64);
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| s3_error!(IncompleteBody, "the body broke off: {error}"))?;
            md5.update(&chunk);
            hasher.update(&chunk);
            length += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            upload.write(&chunk).await.map_err(refusal)?;
        }
    }
    announced.check(length, &STANDARD.encode(md5.finalize()), hasher.finalize())?;
    upload.finish().await.map_err(refusal)
}

impl Announced {
    fn hasher(&self) -> ChecksumHasher {
        let mut sums = self.checksum.clone();
        let is_asked = SUMS.map(|(header, sum)| sum(&mut sums).is_some() || self.names(header));
        let [crc32, crc32c, crc64nvme, sha1, sha256] = is_asked;
        ChecksumHasher {
            crc32: crc32.then(Default::default),
            crc32c: crc32c.then(Default::default),
            crc64nvme: crc64nvme.then(Default::default),
            sha1: sha1.then(Default::default),
            sha256: sha256.then(Default::default),
        }
    }

    fn names(&self, header: &str) -> bool {
        self.trailer.split(',').any(|name| name.trim() == header)
    }

    fn check(mut self, length: i64, md5: &str, mut found: Checksum) -> S3Result<()> {
        if self.length.is_some_and(|announced| announced != length) {
            return Err(s3_error!(
                IncompleteBody,
                "the body has {length} bytes, which is not what was announced"
            ));
        }
        if self.md5.as_deref().is_some_and(|announced| announced != md5) {
            return Err(s3_error!(BadDigest, "the body's md5 is {md5}, which is not what was announced"));
        }
        let trailers = self.trailers.as_ref().and_then(TrailingHeaders::take).unwrap_or_default();
        for (header, sum) in SUMS {
            let after = trailers.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let announced = after.or_else(|| sum(&mut self.checksum).take());
            if announced != *sum(&mut found) {
                return Err(s3_error!(BadDigest, "the body does not have the {header} that was announced"));
            }
        }
        Ok(())
    }
}
