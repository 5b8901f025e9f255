//! Objects in parts: begun, sent in any order, completed or given up.

use aileron_storage::{Entry, Part};
use futures::TryStreamExt;
use s3s::dto::{
    Checksum, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, CopyPartResult,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListPartsInput, ListPartsOutput,
    Part as ListedPart, Range, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::get_object::part;
use super::{copy_object, e_tag, signed};
use crate::Door;
use crate::checksum::{self, Announced};
use crate::error::refusal;

impl Door {
    pub(crate) async fn begin_parts(
        &self,
        input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        self.locate(&input.bucket, &input.key)?;
        let id = self.staging.begin(&input.bucket, &input.key).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(crate) async fn put_part(&self, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
        let input = request.input;
        self.staging.check(&input.upload_id, &input.bucket, &input.key).await?;
        let uri = self.staging.part(&input.upload_id, input.part_number)?;
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
        checksum::receive(&self.staging.0, &uri, input.body, announced).await?;
        let entry = self.staging.0.entry(&uri).await.map_err(refusal)?;
        Ok(UploadPartOutput { e_tag: e_tag(&entry), ..UploadPartOutput::default() })
    }

    pub(crate) async fn copy_part(&self, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
        self.staging.check(&input.upload_id, &input.bucket, &input.key).await?;
        let (from, source) = self.locate_source(&input.copy_source)?;
        let uri = self.staging.part(&input.upload_id, input.part_number)?;
        let range = input.copy_source_range.as_deref().map(Range::parse).transpose();
        let range = range.map_err(|_| s3_error!(InvalidArgument, "the range is not like bytes=0-9"))?;
        copy_object::stream(&from.0, &source, range.map_or(Part::Whole, part), &self.staging.0, &uri).await?;
        let entry = self.staging.0.entry(&uri).await.map_err(refusal)?;
        let result = CopyPartResult {
            e_tag: e_tag(&entry),
            last_modified: Some(entry.modified.into()),
            ..CopyPartResult::default()
        };
        Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
    }

    pub(crate) async fn parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        self.staging.check(&input.upload_id, &input.bucket, &input.key).await?;
        let parts = self.staging.parts(&input.upload_id).await?.into_iter();
        let listed = parts.map(|(number, entry)| ListedPart {
            part_number: Some(number),
            size: Some(signed(entry.size)),
            e_tag: e_tag(&entry),
            last_modified: Some(entry.modified.into()),
            ..ListedPart::default()
        });
        Ok(ListPartsOutput {
            parts: Some(listed.collect()),
            is_truncated: Some(false),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        })
    }

    /// Puts the parts together; until then the object is what it was before.
    pub(crate) async fn complete_parts(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let id = &input.upload_id;
        self.staging.check(id, &input.bucket, &input.key).await?;
        let asked = input.multipart_upload.and_then(|parts| parts.parts).unwrap_or_default();
        let parts = chosen(&asked, &self.staging.parts(id).await?)?;
        let (bucket, uri) = self.locate(&input.bucket, &input.key)?;
        let mut upload = bucket.0.upload(&uri).map_err(refusal)?;
        for part in parts {
            let mut bytes = self.staging.0.read(&part.uri, Part::Whole).await.map_err(refusal)?.bytes;
            while let Some(chunk) = bytes.try_next().await.map_err(refusal)? {
                upload.write(&chunk).await.map_err(refusal)?;
            }
        }
        upload.finish().await.map_err(refusal)?;
        self.staging.remove(id).await?;
        let entry = bucket.0.entry(&uri).await.map_err(refusal)?;
        Ok(CompleteMultipartUploadOutput {
            e_tag: e_tag(&entry),
            bucket: Some(input.bucket),
            key: Some(input.key),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    pub(crate) async fn give_up_parts(&self, id: &str, bucket: &str, key: &str) -> S3Result<()> {
        self.staging.check(id, bucket, key).await?;
        self.staging.remove(id).await
    }
}

/// The parts that the object shall have, which must have come as the client saw them.
fn chosen(asked: &[CompletedPart], come: &[(i32, Entry)]) -> S3Result<Vec<Entry>> {
    if asked.is_empty() {
        return Err(s3_error!(InvalidRequest, "name the parts that the object has"));
    }
    if asked.windows(2).any(|pair| pair[0].part_number >= pair[1].part_number) {
        return Err(s3_error!(InvalidPartOrder));
    }
    let find = |asked: &CompletedPart| {
        let found = come.iter().find(|(number, _)| Some(*number) == asked.part_number);
        let is_same = |entry: &&Entry| match &asked.e_tag {
            None => true,
            Some(ETag::Strong(tag) | ETag::Weak(tag)) => entry.tag.as_ref() == Some(tag),
        };
        found.map(|(_, entry)| entry).filter(is_same).cloned().ok_or_else(|| {
            let number = asked.part_number.unwrap_or_default();
            s3_error!(InvalidPart, "part {number} did not come, or was sent again since")
        })
    };
    asked.iter().map(find).collect()
}
