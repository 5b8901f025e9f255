//! Resolving a node's inputs: bindings and upstream outputs in, literals out.

mod attribute;

use std::collections::BTreeSet;

use aileron_compiler::START_NODE;
use aileron_idl::core::binding_data::Value as Bound;
use aileron_idl::core::literal::Value;
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

/// The outputs that the bindings take parts of, each as its node's id and its name. Whoever resolves them has to
/// have those at hand that lie elsewhere because of their size.
pub fn followed(bindings: &[Binding]) -> BTreeSet<(&str, &str)> {
    let followed = promises(bindings).into_iter().filter(|promise| !promise.attr_path.is_empty());
    followed.map(|promise| (source(promise), promise.var.as_str())).collect()
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

/// The literals that the bindings stand for; `outputs` gives a node's outputs by its id.
pub fn resolve<'a>(
    bindings: &[Binding],
    outputs: &dyn Fn(&str) -> Option<&'a LiteralMap>,
) -> Result<LiteralMap, BindError> {
    let mut resolved = LiteralMap::default();
    for binding in bindings {
        let data = binding.binding.as_ref().ok_or_else(|| BindError::Unbound(binding.var.clone()))?;
        let literal = Resolver { var: &binding.var, outputs }.literal(data, DEPTH)?;
        resolved.literals.insert(binding.var.clone(), literal);
    }
    Ok(resolved)
}

struct Resolver<'r, 'a> {
    var: &'r str,
    outputs: &'r dyn Fn(&str) -> Option<&'a LiteralMap>,
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
        attribute::follow(literal, &promise.attr_path).map_err(|(steps, why)| BindError::Attribute {
            node: node.into(),
            output: promise.var.clone(),
            path: attribute::describe(&promise.attr_path[..steps]),
            why,
        })
    }
}

fn source(promise: &OutputReference) -> &str {
    if promise.node_id.is_empty() { START_NODE } else { &promise.node_id }
}
