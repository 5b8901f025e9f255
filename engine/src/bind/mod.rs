//! Resolving a node's inputs: bindings and upstream outputs in, literals out.

mod attribute;

use std::collections::{BTreeSet, HashMap, HashSet};

use aileron_compiler::START_NODE;
use aileron_idl::core::binding_data::Value as Bound;
use aileron_idl::core::literal::Value;
use aileron_idl::core::promise_attribute::Value as Step;
use aileron_idl::core::{Binding, BindingData, Literal, LiteralCollection, LiteralMap, OutputReference};

/// Deepest nesting of collection and map bindings that is followed.
const DEPTH: usize = 100;

/// Why a binding could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The input has no binding data, or a part of it is empty.
    #[error("input `{0}` is bound to nothing")]
    Unbound(String),
    /// The upstream node did not produce the value.
    #[error("node `{node}` has no output `{output}`")]
    NoOutput {
        /// The upstream node.
        node: String,
        /// The output that is missing.
        output: String,
    },
    /// The path does not lead to a value.
    #[error("output `{output}` of node `{node}` has nothing at `{path}`: {why}")]
    Attribute {
        /// The upstream node.
        node: String,
        /// Its output.
        output: String,
        /// The path up to the step that failed.
        path: String,
        /// What was found there.
        why: String,
    },
    /// Collections and maps are nested too deeply.
    #[error("input `{0}` nests more than {DEPTH} collections and maps")]
    TooDeep(String),
}

/// The ids of the nodes whose outputs the bindings read.
pub fn sources(bindings: &[Binding]) -> BTreeSet<&str> {
    promises(bindings).into_iter().map(source).collect()
}

/// The first step into an output that a binding takes a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Taken<'b> {
    /// The upstream node.
    pub node: &'b str,
    /// Its output.
    pub output: &'b str,
    /// The element that is taken.
    pub step: &'b Step,
}

impl<'b> Taken<'b> {
    fn by(promise: &'b OutputReference) -> Option<Taken<'b>> {
        let step = promise.attr_path.first()?.value.as_ref()?;
        Some(Taken { node: source(promise), output: &promise.var, step })
    }
}

/// Elements of outputs that lie elsewhere because of their size, or why there is no such element.
pub type Parts<'b> = HashMap<Taken<'b>, Result<Literal, String>>;

/// What the bindings take parts of. Whoever resolves them has to have at hand what lies elsewhere of it: whole, or
/// its [`Parts`].
pub fn taken(bindings: &[Binding]) -> HashSet<Taken<'_>> {
    promises(bindings).into_iter().filter_map(Taken::by).collect()
}

fn promises(bindings: &[Binding]) -> Vec<&OutputReference> {
    let mut found = Vec::new();
    let mut next: Vec<&BindingData> =
        bindings.iter().filter_map(|binding| binding.binding.as_ref()).collect();
    while let Some(data) = next.pop() {
        match &data.value {
            Some(Bound::Promise(promise)) => found.push(promise),
            Some(Bound::Collection(collection)) => next.extend(&collection.bindings),
            Some(Bound::Map(map)) => next.extend(map.bindings.values()),
            Some(Bound::Scalar(_) | Bound::OffloadedMetadata(_)) | None => {}
        }
    }
    found
}

/// The literals that the bindings stand for; `outputs` gives a node's outputs by its id, `parts` goes before it.
pub fn resolve<'a>(
    bindings: &[Binding],
    outputs: &dyn Fn(&str) -> Option<&'a LiteralMap>,
    parts: &Parts<'_>,
) -> Result<LiteralMap, BindError> {
    let mut resolved = LiteralMap::default();
    for binding in bindings {
        let data = binding.binding.as_ref().ok_or_else(|| BindError::Unbound(binding.var.clone()))?;
        let literal = Resolver { var: &binding.var, outputs, parts }.literal(data, DEPTH)?;
        resolved.literals.insert(binding.var.clone(), literal);
    }
    Ok(resolved)
}

struct Resolver<'r, 'a> {
    var: &'r str,
    outputs: &'r dyn Fn(&str) -> Option<&'a LiteralMap>,
    parts: &'r Parts<'r>,
}

impl Resolver<'_, '_> {
    fn literal(&self, data: &BindingData, depth: usize) -> Result<Literal, BindError> {
        let deeper = depth.checked_sub(1).ok_or_else(|| BindError::TooDeep(self.var.to_owned()))?;
        let value = match data.value.as_ref().ok_or_else(|| BindError::Unbound(self.var.to_owned()))? {
            Bound::Promise(promise) => return self.promise(promise),
            Bound::Scalar(scalar) => Value::Scalar(scalar.clone()),
            Bound::OffloadedMetadata(metadata) => Value::OffloadedMetadata(metadata.clone()),
            Bound::Collection(collection) => {
                let literals = collection.bindings.iter().map(|item| self.literal(item, deeper));
                Value::Collection(LiteralCollection { literals: literals.collect::<Result<_, _>>()? })
            }
            Bound::Map(map) => {
                let entry =
                    |(key, item): (&String, &BindingData)| Ok((key.clone(), self.literal(item, deeper)?));
                Value::Map(LiteralMap {
                    literals: map.bindings.iter().map(entry).collect::<Result<_, BindError>>()?,
                })
            }
        };
        Ok(Literal { value: Some(value), ..Literal::default() })
    }

    fn promise(&self, promise: &OutputReference) -> Result<Literal, BindError> {
        let node = source(promise);
        let found = (self.outputs)(node).and_then(|map| map.literals.get(&promise.var));
        let literal =
            found.ok_or_else(|| BindError::NoOutput { node: node.into(), output: promise.var.clone() })?;
        let path = &promise.attr_path;
        let followed = match Taken::by(promise).and_then(|taken| self.parts.get(&taken)) {
            None => attribute::follow(literal, path),
            Some(Ok(part)) => attribute::follow(part, &path[1..]).map_err(|(steps, why)| (steps + 1, why)),
            Some(Err(why)) => Err((1, why.clone())),
        };
        followed.map_err(|(steps, why)| BindError::Attribute {
            node: node.into(),
            output: promise.var.clone(),
            path: attribute::describe(&path[..steps]),
            why,
        })
    }
}

fn source(promise: &OutputReference) -> &str {
    if promise.node_id.is_empty() { START_NODE } else { &promise.node_id }
}
