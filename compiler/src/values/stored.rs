//! Data that lies elsewhere, given by its URI: blobs (files and folders), schemas, structured datasets.

use aileron_idl::core::blob_type::BlobDimensionality;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{
    Blob, BlobMetadata, BlobType, Literal, LiteralType, Schema, SchemaType, StructuredDataset,
    StructuredDatasetMetadata, StructuredDatasetType,
};
use serde_json::{Value as Json, json};

use super::object::{required, texts};
use super::primitive::scalar;
use super::reader::{Read, Reader, Step};
use crate::diagnostic::{Code, Diagnostic};

pub(super) fn read_blob(reader: &Reader<'_>, declared: &BlobType, value: &Json) -> Read<Literal> {
    let [uri, format, dimensionality] = located(reader, ["uri", "format", "dimensionality"], value)?;
    let uri = address(reader, value, uri)?;
    let format = format_within(reader, &declared.format, format)?;
    let dimensionality = dimensionality_of(reader, declared.dimensionality, dimensionality)?;
    let metadata = Some(BlobMetadata { r#type: Some(BlobType { format, dimensionality }) });
    Ok(scalar(ScalarValue::Blob(Blob { metadata, uri })))
}

pub(super) fn read_schema(reader: &Reader<'_>, declared: &SchemaType, value: &Json) -> Read<Literal> {
    let [uri] = located(reader, ["uri"], value)?;
    let uri = address(reader, value, uri)?;
    Ok(scalar(ScalarValue::Schema(Schema { uri, r#type: Some(declared.clone()) })))
}

pub(super) fn read_dataset(
    reader: &Reader<'_>,
    declared: &StructuredDatasetType,
    value: &Json,
) -> Read<Literal> {
    let [uri, format] = located(reader, ["uri", "format"], value)?;
    let uri = address(reader, value, uri)?;
    let format = format_within(reader, &declared.format, format)?;
    let found = StructuredDatasetType { format, ..declared.clone() };
    let metadata = Some(StructuredDatasetMetadata { structured_dataset_type: Some(found) });
    Ok(scalar(ScalarValue::StructuredDataset(StructuredDataset { uri, metadata })))
}

/// The URI alone, or an object; the URI comes first among `names`.
fn located<'a, const N: usize>(
    reader: &Reader<'_>,
    names: [&str; N],
    value: &'a Json,
) -> Read<[Option<&'a str>; N]> {
    match value {
        Json::String(uri) => Ok(std::array::from_fn(|index| (index == 0).then_some(uri.as_str()))),
        Json::Object(fields) => texts(reader, names, fields),
        _ => {
            let hint = format!("give the URI as a text, or an object with the fields {}", names.join(", "));
            Err(vec![reader.mismatch("a URI", value).hint(hint)])
        }
    }
}

/// A place that the one who runs the task can find: no path relative to the user's folder.
fn address(reader: &Reader<'_>, value: &Json, uri: Option<&str>) -> Read<String> {
    let uri = required(reader, "uri", uri)?;
    if uri.starts_with('/') || uri.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme, rest)) {
        return Ok(uri.to_owned());
    }
    let inner = reader.inside(Step::Key("uri"));
    let reader = if value.is_object() { &inner } else { reader };
    Err(vec![
        reader
            .syntax("a URI", uri)
            .hint("write it with its scheme, such as s3://bucket/key, or as an absolute path"),
    ])
}

fn is_scheme(scheme: &str, rest: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    !rest.is_empty()
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(plain)
}

/// The format given, which is the declared one where one is declared.
fn format_within(reader: &Reader<'_>, declared: &str, given: Option<&str>) -> Read<String> {
    let given = given.unwrap_or(declared);
    if given.is_empty() || declared.is_empty() || given.eq_ignore_ascii_case(declared) {
        return Ok(given.to_owned());
    }
    let message = format!("the format is '{given}', where '{declared}' is declared");
    let finding = reader.inside(Step::Key("format")).finding(Code::MismatchingTypes, message);
    Err(vec![finding.expected(declared).got(given).hint("leave it out, or give data of the declared format")])
}

fn dimensionality_of(reader: &Reader<'_>, declared: i32, given: Option<&str>) -> Read<i32> {
    let Some(name) = given else { return Ok(declared) };
    let found = BlobDimensionality::from_str_name(&name.to_ascii_uppercase());
    match found.map(|found| found as i32) {
        Some(found) if found == declared => Ok(found),
        _ => Err(vec![dimensionality_differs(reader, declared, name)]),
    }
}

fn dimensionality_differs(reader: &Reader<'_>, declared: i32, given: &str) -> Diagnostic {
    let declared = dimensionality_name(declared);
    let message = format!("the dimensionality is '{given}', where {declared} is declared");
    let reader = reader.inside(Step::Key("dimensionality"));
    let finding = reader.finding(Code::MismatchingTypes, message).expected(declared).got(given);
    finding.hint("SINGLE is one file, MULTIPART a folder of them")
}

fn dimensionality_name(number: i32) -> &'static str {
    BlobDimensionality::try_from(number).map_or("an unknown one", |known| known.as_str_name())
}

/// The URI alone where the rest is as declared.
pub(super) fn write_blob(declared: &LiteralType, blob: &Blob) -> Json {
    let kind = blob.metadata.as_ref().and_then(|metadata| metadata.r#type.clone()).unwrap_or_default();
    match &declared.r#type {
        Some(Type::Blob(declared)) if *declared == kind => blob.uri.as_str().into(),
        _ => json!({
            "uri": blob.uri,
            "format": kind.format,
            "dimensionality": dimensionality_name(kind.dimensionality),
        }),
    }
}

/// The URI alone where the format is as declared.
pub(super) fn write_dataset(declared: &LiteralType, dataset: &StructuredDataset) -> Json {
    let kind = dataset.metadata.as_ref().and_then(|metadata| metadata.structured_dataset_type.as_ref());
    let format = kind.map_or("", |kind| kind.format.as_str());
    match &declared.r#type {
        Some(Type::StructuredDatasetType(declared)) if declared.format == format => {
            dataset.uri.as_str().into()
        }
        _ => json!({ "uri": dataset.uri, "format": format }),
    }
}
