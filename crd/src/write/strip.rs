//! Leaving out of types what only editors and pages read.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, TypeAnnotation, TypedInterface, VariableMap};

/// The annotation that the keys of the cache depend on.
const KEY_ANNOTATION: &str = "cache-key-metadata";
/// Types deeper than this are left as they are; no compiled closure has any.
const DEPTH: usize = 64;

/// Leaves out the hints of every variable's type, and its text.
pub(super) fn interface(interface: &mut TypedInterface) {
    interface.inputs.iter_mut().for_each(variables);
    interface.outputs.iter_mut().for_each(variables);
}

/// The same of variables.
pub(super) fn variables(variables: &mut VariableMap) {
    for variable in variables.variables.values_mut() {
        variable.description.clear();
        variable.r#type.iter_mut().for_each(|of| strip(of, DEPTH));
    }
}

fn strip(of: &mut LiteralType, levels: usize) {
    let Some(levels) = levels.checked_sub(1) else { return };
    of.metadata = None;
    of.annotation.take_if(|annotation| !is_of_the_cache(annotation));
    match &mut of.r#type {
        Some(Type::CollectionType(inner) | Type::MapValueType(inner)) => strip(inner, levels),
        Some(Type::UnionType(union)) => union.variants.iter_mut().for_each(|of| strip(of, levels)),
        Some(Type::StructuredDatasetType(dataset)) => {
            let columns = dataset.columns.iter_mut();
            columns.filter_map(|column| column.literal_type.as_mut()).for_each(|of| strip(of, levels));
        }
        _ => {}
    }
}

fn is_of_the_cache(annotation: &TypeAnnotation) -> bool {
    annotation.annotations.as_ref().is_some_and(|fields| fields.fields.contains_key(KEY_ANNOTATION))
}
