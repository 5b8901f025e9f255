//! GetObject and HeadObject.

use aileron_storage::{Entry, Part};
use s3s::dto::{
    ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range,
    StreamingBlob,
};
use s3s::{S3Result, s3_error};
use sync_wrapper::SyncStream;

use super::{e_tag, signed};
use crate::Door;
use crate::error::refusal;

impl Door {
    pub(crate) async fn get(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        if input.part_number.is_some() || input.version_id.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "objects have neither parts nor versions once they are complete"
            ));
        }
        let (bucket, uri) = self.locate(&input.bucket, &input.key)?;
        if input.if_match.is_some() || input.if_none_match.is_some() {
            let entry = bucket.0.entry(&uri).await.map_err(refusal)?;
            check(&entry, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        }
        let object = bucket.0.read(&uri, input.range.map_or(Part::Whole, part)).await.map_err(refusal)?;
        let (range, size) = (object.range, object.entry.size);
        let content_range =
            input.range.map(|_| format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)));
        Ok(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            body: Some(StreamingBlob::wrap(SyncStream::new(object.bytes))),
            content_length: Some(signed(range.end - range.start)),
            content_range,
            content_type: Some(content_type(&input.key)),
            e_tag: e_tag(&object.entry),
            last_modified: Some(object.entry.modified.into()),
            ..GetObjectOutput::default()
        })
    }

    pub(crate) async fn head(&self, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
        let (bucket, uri) = self.locate(&input.bucket, &input.key)?;
        let entry = bucket.0.entry(&uri).await.map_err(refusal)?;
        check(&entry, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        Ok(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(signed(entry.size)),
            content_type: Some(content_type(&input.key)),
            e_tag: e_tag(&entry),
            last_modified: Some(entry.modified.into()),
            ..HeadObjectOutput::default()
        })
    }
}

/// The last byte is included in the header, and not in a [`Part`].
pub(super) fn part(range: Range) -> Part {
    match range {
        Range::Int { first, last: Some(last) } => Part::Between(first, last.saturating_add(1)),
        Range::Int { first, last: None } => Part::From(first),
        Range::Suffix { length } => Part::Last(length),
    }
}

fn check(entry: &Entry, wanted: Option<&ETagCondition>, unwanted: Option<&ETagCondition>) -> S3Result<()> {
    let fits = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(tag) | ETag::Weak(tag)) => entry.tag.as_ref() == Some(tag),
    };
    if wanted.is_some_and(|wanted| !fits(wanted)) {
        return Err(s3_error!(PreconditionFailed));
    }
    if unwanted.is_some_and(fits) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

/// Types are not kept, they follow from the name.
fn content_type(key: &str) -> String {
    mime_guess::from_path(key).first_or_octet_stream().to_string()
}
