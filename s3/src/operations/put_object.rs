//! PutObject.

use s3s::dto::{Checksum, PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use super::e_tag;
use crate::Door;
use crate::checksum::{self, Announced};
use crate::error::refusal;

impl Door {
    pub(crate) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
        let input = request.input;
        if input.if_match.is_some() || input.if_none_match.is_some() {
            return Err(s3_error!(NotImplemented, "conditional writes are not supported"));
        }
        let (bucket, uri) = self.locate(&input.bucket, &input.key)?;
        let announced = Announced {
            md5: input.content_md5,
            length: input.content_length,
            checksum: Checksum {
                checksum_crc32: input.checksum_crc32,
                checksum_crc32c: input.checksum_crc32c,
                checksum_crc64nvme: input.checksum_crc64nvme,
                checksum_sha1: input.checksum_sha1,
                checksum_sha256: input.checksum_sha256,
                ..Checksum::default()
            },
            trailer: checksum::trailer(&request.headers),
            trailers: request.trailing_headers,
        };
        checksum::receive(&bucket.0, &uri, input.body, announced).await?;
        let entry = bucket.0.entry(&uri).await.map_err(refusal)?;
        Ok(PutObjectOutput { e_tag: e_tag(&entry), ..PutObjectOutput::default() })
    }
}
