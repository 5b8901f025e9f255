//! What each input is given: complete, known, and of a type that fits.

use std::collections::HashSet;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, UnionType};

use crate::check::{
    ambiguous_binding_union_value, field_not_found, illegal_enum_value, incompatible_binding_union_value,
    mismatching_bindings, mismatching_types, nesting_too_deep, parameter_bound_more_than_once,
    parameter_not_bound, unrecognized_value, variable_name_not_found,
};
use crate::diagnostic::{Diagnostic, Location, PathStep};
use crate::ir::{Interface, Node, Promise, Source, Workflow};
use crate::types::{self, DEPTH_LIMIT};

pub(crate) fn check(workflow: &Workflow<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for node in &workflow.nodes {
        if let Some(interface) = node.interface {
            Inputs { workflow, node, interface }.check(diagnostics);
        }
    }
}

struct Inputs<'w, 'a> {
    workflow: &'w Workflow<'a>,
    node: &'w Node<'a>,
    interface: Interface<'a>,
}

impl Inputs<'_, '_> {
    fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        let mut bound = HashSet::new();
        for input in &self.node.inputs {
            if !bound.insert(input.variable) {
                diagnostics.push(parameter_bound_more_than_once::input(self.node.id, input.variable));
            }
            self.check_input(input.variable, &input.source, diagnostics);
        }
        let unbound = self.interface.inputs.iter().filter(|(name, _)| !bound.contains(name.as_str()));
        diagnostics.extend(unbound.filter_map(|(name, variable)| {
            parameter_not_bound::input(self.node.id, name, variable.r#type.as_ref())
        }));
    }

    fn check_input(&self, name: &str, source: &Source<'_>, diagnostics: &mut Vec<Diagnostic>) {
        match self.interface.inputs.get(name) {
            // An empty name, and a variable without a type, have been diagnosed.
            None if name.is_empty() => {}
            None => diagnostics.push(variable_name_not_found::input(self.node.id, name, self.interface)),
            Some(variable) => {
                let mut place = Location::node(self.node.id).at(name);
                if let Some(declared) = &variable.r#type {
                    self.fits(source, declared, &mut place, DEPTH_LIMIT, diagnostics);
                }
            }
        }
    }

    /// Diagnoses what of `source` does not fit `to`. `place` is where `source` lies; it is the same
    /// again afterwards.
    fn fits(
        &self,
        source: &Source<'_>,
        to: &LiteralType,
        place: &mut Location,
        levels: usize,
        out: &mut Vec<Diagnostic>,
    ) {
        let Some(levels) = levels.checked_sub(1) else {
            return out.push(nesting_too_deep::binding(place.clone()));
        };
        match (source, &to.r#type) {
            (Source::Unknown, _) => {}
            (Source::Scalar(scalar), _) => match types::scalar_type(scalar) {
                None => out.push(unrecognized_value::scalar(place.clone())),
                Some(from) => out.extend(
                    mismatching_types::literal(place, &from, to)
                        .or_else(|| illegal_enum_value::check(place, scalar, to)),
                ),
            },
            (Source::Offloaded(offloaded), _) => match &offloaded.inferred_type {
                None => out.push(unrecognized_value::scalar(place.clone())),
                Some(from) => out.extend(mismatching_types::literal(place, from, to)),
            },
            (Source::Promise(promise), _) => out.extend(self.promise_fits(promise, to, place).err()),
            (_, Some(Type::UnionType(union))) => self.fits_union(source, to, union, place, levels, out),
            (Source::Collection(elements), Some(Type::CollectionType(to))) => {
                let steps = (0..).map(PathStep::Index).zip(elements);
                steps.for_each(|(step, element)| self.inner_fits(step, element, to, place, levels, out));
            }
            (Source::Map(entries), Some(Type::MapValueType(to))) => {
                for (key, value) in entries {
                    self.inner_fits(PathStep::Key((*key).to_owned()), value, to, place, levels, out);
                }
            }
            (Source::Collection(_), _) => out.push(mismatching_bindings::found(place, "collection", to)),
            (Source::Map(_), _) => out.push(mismatching_bindings::found(place, "map", to)),
        }
    }

    fn inner_fits(
        &self,
        step: PathStep,
        source: &Source<'_>,
        to: &LiteralType,
        place: &mut Location,
        levels: usize,
        out: &mut Vec<Diagnostic>,
    ) {
        place.path.push(step);
        self.fits(source, to, place, levels, out);
        place.path.pop();
    }

    /// A collection or map for a union: exactly one variant must take it.
    fn fits_union(
        &self,
        source: &Source<'_>,
        to: &LiteralType,
        union: &UnionType,
        place: &mut Location,
        levels: usize,
        out: &mut Vec<Diagnostic>,
    ) {
        let takes = |variant: &&LiteralType| {
            let mut refusals = Vec::new();
            self.fits(source, variant, place, levels, &mut refusals);
            refusals.is_empty()
        };
        let taking: Vec<_> = union.variants.iter().filter(takes).collect();
        match taking.as_slice() {
            [] => out.push(incompatible_binding_union_value::found(place.clone(), to)),
            [_] => {}
            several => out.push(ambiguous_binding_union_value::found(place.clone(), to, several)),
        }
    }

    fn promise_fits(
        &self,
        promise: &Promise<'_>,
        to: &LiteralType,
        place: &Location,
    ) -> Result<(), Diagnostic> {
        let source = self.workflow.node(promise.node);
        let Some(interface) = source.interface else { return Ok(()) };
        let Some(output) = interface.outputs.get(promise.variable) else {
            return Err(variable_name_not_found::output(
                place.clone(),
                source.id,
                promise.variable,
                interface,
            ));
        };
        let Some(declared) = &output.r#type else { return Ok(()) };
        let whole = match promise.element {
            true => types::element(declared).ok_or_else(|| {
                mismatching_types::no_collection(place, source.id, promise.variable, declared)
            })?,
            false => declared,
        };
        let from = types::follow(whole, promise.attributes)
            .map_err(|step| field_not_found::found(place.clone(), source.id, promise, step))?;
        mismatching_types::promise(place, source.id, promise.variable, from, to).map_or(Ok(()), Err)
    }
}
