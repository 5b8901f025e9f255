//! What each input is given: complete, known, and of a type that fits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ptr;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, Scalar, UnionType};
use foldhash::HashMap;

use crate::check::{
    ambiguous_binding_union_value, illegal_enum_value, incompatible_binding_union_value,
    mismatching_bindings, mismatching_types, nesting_too_deep, parameter_bound_more_than_once,
    parameter_not_bound, unrecognized_value, variable_name_not_found,
};
use crate::diagnostic::{Diagnostic, Location, PathStep};
use crate::findings::Findings;
use crate::ir::{Kind, Node, Place, Promise, Source, Workflow};
use crate::promise::{promised_type, source_type};
use crate::signature::Signature;
use crate::types::{self, DEPTH_LIMIT};

/// Values that may be looked at while the variants of unions are tried, in a whole workflow. Each variant
/// is tried with all of the value, so a few wide unions could take hours.
const TRIAL_STEPS: u32 = 1_000_000;

pub(crate) fn check(workflow: &Workflow<'_>, diagnostics: &mut Findings) {
    let judge = Judge { workflow, steps: Cell::new(TRIAL_STEPS), casts: RefCell::default() };
    for node in workflow.nodes.iter().filter(|node| node.place != Place::Item) {
        let takes_anything = node.signature.as_ref().is_some_and(|signature| signature.takes_anything);
        if takes_anything || matches!(node.kind, Kind::Approve | Kind::Branch(_)) {
            undeclared(workflow, node, diagnostics);
        } else if let Some(signature) = &node.signature {
            Inputs { judge: &judge, node, signature }.check(diagnostics);
        }
    }
}

/// What the nodes of one workflow are judged with.
struct Judge<'w, 'a> {
    workflow: &'w Workflow<'a>,
    steps: Cell<u32>,
    /// Verdicts on pairs of types, by where these lie. Dataclasses and unions take long to compare, and many
    /// nodes of one task have the same.
    casts: RefCell<HashMap<[*const LiteralType; 2], bool>>,
}

impl Judge<'_, '_> {
    /// As [`types::castable`], of types that lie where they are as long as the workflow does.
    fn castable(&self, from: &LiteralType, to: &LiteralType) -> bool {
        let pair = [from, to];
        if pair.iter().all(|of| types::is_scalar(of)) {
            return types::castable(from, to);
        }
        let verdict = || types::castable(from, to);
        *self.casts.borrow_mut().entry(pair.map(ptr::from_ref)).or_insert_with(verdict)
    }
}

/// Of a node that takes what it is given.
fn undeclared(workflow: &Workflow<'_>, node: &Node<'_>, diagnostics: &mut Findings) {
    let mut bound = BTreeSet::new();
    for input in &node.inputs {
        if !bound.insert(input.variable) {
            diagnostics.push(parameter_bound_more_than_once::input(&node.id, input.variable));
        }
        let place = Location::node(&node.id).at(input.variable);
        diagnostics.extend(source_type(&workflow.nodes, &input.source, &place).err());
    }
}

struct Inputs<'w, 'a> {
    judge: &'w Judge<'w, 'a>,
    node: &'w Node<'a>,
    signature: &'w Signature<'a>,
}

impl<'a> Inputs<'_, 'a> {
    fn check(&self, diagnostics: &mut Findings) {
        let mut bound = BTreeSet::new();
        for input in &self.node.inputs {
            if !bound.insert(input.variable) {
                diagnostics.push(parameter_bound_more_than_once::input(&self.node.id, input.variable));
            }
            self.judge(input.variable, &input.source, diagnostics);
        }
        let unbound = self.signature.inputs.iter().filter(|(name, _)| !bound.contains(name));
        diagnostics.extend(unbound.filter_map(|(name, declared)| {
            parameter_not_bound::input(&self.node.id, name, declared.as_deref())
        }));
    }

    fn judge(&self, name: &str, source: &Source<'a>, diagnostics: &mut Findings) {
        let Some(declared) = self.signature.inputs.get(name) else {
            // An empty name has been diagnosed, as has a variable without a type below.
            let unknown = || variable_name_not_found::input(&self.node.id, name, self.signature);
            return diagnostics.extend((!name.is_empty()).then(unknown));
        };
        let Some(declared) = declared else { return };
        if self.fits_plainly(source, &declared) {
            return;
        }
        let place = Location::node(&self.node.id).at(name);
        let mut fitting = Fitting { judge: self.judge, place, found: diagnostics, trial: None };
        fitting.fits(source, &declared, DEPTH_LIMIT);
    }

    /// Whether it is an output of a fitting type, as most are: nothing will be said, so no place is named.
    fn fits_plainly(&self, source: &Source<'a>, declared: &LiteralType) -> bool {
        let Source::Promise(promise) = source else { return false };
        let from = promised_type(&self.judge.workflow.nodes, promise, &Location::whole());
        matches!(from, Ok(Some(from)) if self.judge.castable(&from, declared))
    }
}

/// A value held against a declared type.
struct Fitting<'w, 'a> {
    judge: &'w Judge<'w, 'a>,
    /// Where the part under judgement lies.
    place: Location,
    found: &'w mut Findings,
    /// While a union's variant is tried: how much had been found before. The first finding decides.
    trial: Option<usize>,
}

impl<'a> Fitting<'_, 'a> {
    /// Diagnoses what of `source` does not fit `to`.
    fn fits(&mut self, source: &Source<'a>, to: &LiteralType, levels: usize) {
        let Some(levels) = levels.checked_sub(1) else {
            return self.found.push(nesting_too_deep::binding(self.place.clone()));
        };
        match (source, &to.r#type) {
            (Source::Unknown, _) => {}
            (Source::Scalar(scalar), _) => self.scalar_fits(scalar, to),
            (Source::Offloaded(offloaded), _) => self.literal_fits(offloaded.inferred_type.as_ref(), to),
            (Source::Promise(promise), _) => self.found.extend(self.promise_fits(promise, to).err()),
            (_, Some(Type::UnionType(union))) => self.fits_union(source, to, union, levels),
            (Source::Collection(elements), Some(Type::CollectionType(to))) => {
                let steps = elements.iter().enumerate();
                self.all_fit(steps.map(|(index, element)| (PathStep::Index(index), element)), to, levels);
            }
            (Source::Map(entries), Some(Type::MapValueType(to))) => {
                let steps = entries.iter();
                let steps = steps.map(|(key, value)| (PathStep::Key((*key).to_owned()), value));
                self.all_fit(steps, to, levels);
            }
            (Source::Collection(_), _) => {
                self.found.push(mismatching_bindings::found(&self.place, "collection", to));
            }
            (Source::Map(_), _) => self.found.push(mismatching_bindings::found(&self.place, "map", to)),
        }
    }

    fn all_fit<'s>(
        &mut self,
        parts: impl Iterator<Item = (PathStep, &'s Source<'a>)>,
        to: &LiteralType,
        levels: usize,
    ) where
        'a: 's,
    {
        for (step, source) in parts {
            if self.trial_is_over() {
                return;
            }
            self.place.path.push(step);
            self.fits(source, to, levels);
            self.place.path.pop();
        }
    }

    fn scalar_fits(&mut self, scalar: &Scalar, to: &LiteralType) {
        let before = self.found.len();
        self.literal_fits(types::scalar_type(scalar).as_ref(), to);
        if self.found.len() == before {
            self.found.extend(illegal_enum_value::check(&self.place, scalar, to));
        }
    }

    fn literal_fits(&mut self, from: Option<&LiteralType>, to: &LiteralType) {
        match from {
            Some(from) => self.found.extend(mismatching_types::literal(&self.place, from, to)),
            None => self.found.push(unrecognized_value::scalar(self.place.clone())),
        }
    }

    /// A collection or map for a union: exactly one variant must take it.
    fn fits_union(&mut self, source: &Source<'a>, to: &LiteralType, union: &UnionType, levels: usize) {
        let takes = |variant: &&LiteralType| self.takes(source, variant, levels);
        let taking: Vec<_> = union.variants.iter().filter(takes).collect();
        let place = self.place.clone();
        self.found.extend(match taking.as_slice() {
            _ if self.judge.steps.get() == 0 => Some(nesting_too_deep::unions(place)),
            [] => Some(incompatible_binding_union_value::found(place, to)),
            [_] => None,
            // What could not be read fits every variant, and has been diagnosed.
            _ if source.is_partly_unknown() => None,
            several => Some(ambiguous_binding_union_value::found(place, to, several)),
        });
    }

    fn takes(&mut self, source: &Source<'a>, variant: &LiteralType, levels: usize) -> bool {
        let before = self.found.len();
        let outer = self.trial.replace(before);
        self.fits(source, variant, levels);
        self.trial = outer;
        let takes = self.found.len() == before;
        self.found.truncate(before);
        takes
    }

    fn trial_is_over(&self) -> bool {
        let Some(before) = self.trial else { return false };
        let steps = &self.judge.steps;
        steps.set(steps.get().saturating_sub(1));
        self.found.len() > before || steps.get() == 0
    }

    fn promise_fits(&self, promise: &Promise<'a>, to: &LiteralType) -> Result<(), Diagnostic> {
        let (place, workflow) = (&self.place, self.judge.workflow);
        let Some(from) = promised_type(&workflow.nodes, promise, place)? else { return Ok(()) };
        if self.judge.castable(&from, to) {
            return Ok(());
        }
        let source = workflow.id(promise.node);
        Err(mismatching_types::promise(place, source, promise.variable(), &from, to))
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, int_value, promise};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn what_could_not_be_read_is_not_called_ambiguous() {
        Program::new()
            .task("t", &[("a", union([list(int()), list(text())]))], &[])
            .node("n0", "t", &[("a", collection([promise("gone", "o0")]))])
            .check(expect!["NodeReferenceNotFound at n0.a[0]: there is no node 'gone' (bind the input to a node of this workflow)"]);
    }

    #[test]
    fn trying_very_wide_unions_ends() {
        let wide = union((0..3_000).map(|_| list(union([int(), text()]))));
        let long = collection((0..1_000).map(int_value));
        Program::new().task("t", &[("a", wide)], &[]).node("n0", "t", &[("a", long)]).check(expect!["NestingTooDeep at n0.a: the workflow's unions have too many variants to try each with what is bound to them (declare fewer variants)"]);
    }
}
