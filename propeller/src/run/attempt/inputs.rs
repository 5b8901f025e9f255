//! Binding a node's inputs and writing them where every attempt of it finds them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use aileron_engine::Failure;
use aileron_engine::bind::{self, Parts};
use aileron_idl::core::{
    Error, Literal, LiteralMap, LiteralType, Scalar, SimpleType, TypeStructure, Union, literal, literal_type,
    scalar,
};

use super::{Attempt, Halt, Step};
use crate::run::elements::Elements;

/// The input of a failure node that holds what failed, whatever it is bound to.
const ERROR_INPUT: &str = "err";

impl Attempt {
    /// The node's inputs, which lie in `inputs.pb` then. Every attempt writes the same bytes there.
    pub(crate) async fn inputs(&self) -> Step<LiteralMap> {
        let inputs = match &self.item {
            Some(item) => self.item_inputs(item).await?,
            None => self.bound_inputs().await?,
        };
        let uri = self.run.paths.inputs(&self.place, self.number);
        self.patiently(|| self.host.storage.put_message(&uri, &inputs)).await?;
        Ok(inputs)
    }

    async fn bound_inputs(&self) -> Step<LiteralMap> {
        let mut upstream = self.upstream().await?;
        let parts = self.parts(&mut upstream).await?;
        let outputs = |id: &str| upstream.get(id).map(AsRef::as_ref);
        let mut inputs = bind::resolve(&self.bindings, &outputs, &parts).map_err(|error| unbound(&error))?;
        if let (Some(failure), Some(told)) = (&self.failure, inputs.literals.get_mut(ERROR_INPUT)) {
            *told = self.error(failure);
        }
        Ok(inputs)
    }

    /// The failure as flytekit's `FlyteError`. It names the failure node itself, as Flyte does.
    fn error(&self, failure: &Failure) -> Literal {
        let error = Error { failed_node_id: self.place.unique_id.clone(), message: failure.message.clone() };
        let structure = Some(TypeStructure { tag: "FlyteError".to_owned(), ..Default::default() });
        let r#type = Some(literal_type::Type::Simple(SimpleType::Error.into()));
        let value = Some(Box::new(scalar(scalar::Value::Error(error))));
        let r#type = Some(LiteralType { r#type, structure, ..Default::default() });
        scalar(scalar::Value::Union(Box::new(Union { value, r#type })))
    }

    async fn upstream(&self) -> Step<HashMap<&str, Arc<LiteralMap>>> {
        let mut upstream = HashMap::with_capacity(self.sources.len());
        for (id, uri) in &self.sources {
            let read = || self.host.literals.get(&self.host.storage, uri);
            upstream.insert(id.as_str(), self.patiently(read).await?);
        }
        Ok(upstream)
    }

    /// What is taken of outputs that lie elsewhere because of their size. Of a list or a map an element is read
    /// alone; anything else, such as a dataclass, takes the place of its address, whole.
    async fn parts(&self, upstream: &mut HashMap<&str, Arc<LiteralMap>>) -> Step<Parts<'_>> {
        let (mut parts, mut known) = (Parts::new(), HashMap::<String, Option<Elements>>::new());
        for taken in bind::taken(&self.bindings) {
            let Some(outputs) = upstream.get_mut(taken.node) else { continue };
            let value = outputs.literals.get(taken.output).and_then(|literal| literal.value.as_ref());
            let Some(literal::Value::OffloadedMetadata(elsewhere)) = value else { continue };
            let uri = elsewhere.uri.clone();
            let elements = match known.entry(uri.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    unknown.insert(self.patiently(|| Elements::find(&self.host.storage, &uri)).await?)
                }
            };
            match elements {
                Some(elements) => {
                    let part = match elements.at(taken.step) {
                        Ok(range) => Ok(self.element(elements, &range).await?),
                        Err(why) => Err(why),
                    };
                    parts.insert(taken, part);
                }
                None => {
                    let whole: Literal = self.patiently(|| self.host.storage.get_message(&uri)).await?;
                    Arc::make_mut(outputs).literals.insert(taken.output.to_owned(), whole);
                }
            }
        }
        Ok(parts)
    }

    pub(super) async fn element(&self, elements: &Elements, range: &Range<u64>) -> Step<Literal> {
        self.patiently(|| elements.read(&self.host.storage, range)).await
    }
}

fn scalar(value: scalar::Value) -> Literal {
    let value = Some(literal::Value::Scalar(Box::new(Scalar { value: Some(value) })));
    Literal { value, ..Default::default() }
}

fn unbound(error: &bind::BindError) -> Halt {
    Halt::Failed(Failure::permanent("BindingResolutionFailure", error.to_string()))
}
