//! The type of a value by where it comes from, before it is held against a declaration.

use std::rc::Rc;

use crate::check::{
    field_not_found, mismatching_bindings, mismatching_types, unrecognized_value, variable_name_not_found,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::ir::{Node, Promise, Source};
use crate::signature::TypeRef;
use crate::types;

/// The type of a value that no declaration says the type of. None if it cannot be known, which has been
/// diagnosed elsewhere.
///
/// # Errors
/// What is wrong with the source, at `place`. A collection or map is: of what its elements are to be, only
/// a declaration tells.
pub(crate) fn source_type<'a>(
    nodes: &[Node<'a>],
    source: &Source<'a>,
    place: &Location,
) -> Result<Option<TypeRef<'a>>, Diagnostic> {
    let known = |of: Option<TypeRef<'a>>| match of {
        Some(of) => Ok(Some(of)),
        None => Err(unrecognized_value::scalar(place.clone())),
    };
    match source {
        Source::Scalar(scalar) => known(types::scalar_type(scalar).map(|of| TypeRef::Told(Rc::new(of)))),
        Source::Offloaded(offloaded) => known(offloaded.inferred_type.as_ref().map(TypeRef::Declared)),
        Source::Promise(promise) => promised_type(nodes, promise, place),
        Source::Collection(_) => Err(mismatching_bindings::undeclared(place, "collection")),
        Source::Map(_) => Err(mismatching_bindings::undeclared(place, "map")),
        Source::Unknown => Ok(None),
    }
}

/// The type of the output, or of the part of it, that a promise names. None as above.
///
/// # Errors
/// What is wrong with the promise, at `place`.
pub(crate) fn promised_type<'a>(
    nodes: &[Node<'a>],
    promise: &Promise<'a>,
    place: &Location,
) -> Result<Option<TypeRef<'a>>, Diagnostic> {
    let (variable, attributes) = (promise.variable(), promise.attributes());
    let source = &nodes[promise.node.0 as usize];
    if source.signature.is_none() {
        return Ok(None);
    }
    let Some(output) = source.output(variable) else {
        return Err(variable_name_not_found::output(place, &source.id, variable, source.output_names()));
    };
    let Some(declared) = output else { return Ok(None) };
    let no_collection = || mismatching_types::no_collection(place, &source.id, variable, &declared);
    let whole = if promise.element { declared.element().ok_or_else(no_collection)? } else { declared };
    let part = whole.follow(attributes);
    part.map(Some).map_err(|step| field_not_found::found(place, &source.id, promise, step))
}
