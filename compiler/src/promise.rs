//! The type of a value by where it comes from, before it is held against a declaration.

use std::borrow::Cow;

use aileron_idl::core::LiteralType;

use crate::check::{
    field_not_found, mismatching_bindings, mismatching_types, unrecognized_value, variable_name_not_found,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::ir::{Node, Promise, Source};
use crate::types;

/// The type of a value that no declaration says the type of. None if it cannot be known, which has been
/// diagnosed elsewhere.
///
/// # Errors
/// What is wrong with the source, at `place`. A collection or map is: of what its elements are to be, only
/// a declaration tells.
pub(crate) fn source_type<'w>(
    nodes: &'w [Node<'_>],
    source: &Source<'_>,
    place: &Location,
) -> Result<Option<Cow<'w, LiteralType>>, Diagnostic> {
    let known = |of: Option<LiteralType>| match of {
        Some(of) => Ok(Some(Cow::Owned(of))),
        None => Err(unrecognized_value::scalar(place.clone())),
    };
    match source {
        Source::Scalar(scalar) => known(types::scalar_type(scalar)),
        Source::Offloaded(offloaded) => known(offloaded.inferred_type.clone()),
        Source::Promise(promise) => Ok(promised_type(nodes, promise, place)?.map(Cow::Borrowed)),
        Source::Collection(_) => Err(mismatching_bindings::undeclared(place, "collection")),
        Source::Map(_) => Err(mismatching_bindings::undeclared(place, "map")),
        Source::Unknown => Ok(None),
    }
}

/// The type of the output, or of the part of it, that a promise names. None as above.
///
/// # Errors
/// What is wrong with the promise, at `place`.
pub(crate) fn promised_type<'w>(
    nodes: &'w [Node<'_>],
    promise: &Promise<'_>,
    place: &Location,
) -> Result<Option<&'w LiteralType>, Diagnostic> {
    let Promise { node, variable, element, attributes } = *promise;
    let source = &nodes[node.0 as usize];
    if source.signature.is_none() {
        return Ok(None);
    }
    let Some(output) = source.output(variable) else {
        return Err(variable_name_not_found::output(place, &source.id, variable, source.output_names()));
    };
    let Some(declared) = &output.r#type else { return Ok(None) };
    let no_collection = || mismatching_types::no_collection(place, &source.id, variable, declared);
    let whole = if element { types::element(declared).ok_or_else(no_collection)? } else { declared };
    let part = types::follow(whole, attributes);
    part.map(Some).map_err(|step| field_not_found::found(place, &source.id, promise, step))
}
