//! Binding a node's inputs and writing them where every attempt of it finds them.

use std::collections::HashMap;
use std::sync::Arc;

use aileron_engine::{Failure, bind};
use aileron_idl::core::{
    Error, Literal, LiteralMap, LiteralType, Scalar, SimpleType, TypeStructure, Union, literal, literal_type,
    scalar,
};

use super::{Attempt, Halt, Step};

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
        let upstream = self.upstream().await?;
        let outputs = |id: &str| upstream.get(id).map(AsRef::as_ref);
        let mut inputs = bind::resolve(&self.bindings, &outputs).map_err(|error| unbound(&error))?;
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
        for (node, output) in bind::followed(&self.bindings) {
            if let Some(outputs) = upstream.get_mut(node) {
                self.read_whole(outputs, output).await?;
            }
        }
        Ok(upstream)
    }

    /// An output that lies elsewhere because of its size is read, as a part of it is asked for.
    async fn read_whole(&self, outputs: &mut Arc<LiteralMap>, output: &str) -> Step<()> {
        let value = outputs.literals.get(output).and_then(|literal| literal.value.as_ref());
        let Some(literal::Value::OffloadedMetadata(metadata)) = value else { return Ok(()) };
        let uri = metadata.uri.clone();
        let literal: Literal = self.patiently(|| self.host.storage.get_message(&uri)).await?;
        Arc::make_mut(outputs).literals.insert(output.to_owned(), literal);
        Ok(())
    }
}

fn scalar(value: scalar::Value) -> Literal {
    let value = Some(literal::Value::Scalar(Box::new(Scalar { value: Some(value) })));
    Literal { value, ..Default::default() }
}

fn unbound(error: &bind::BindError) -> Halt {
    Halt::Failed(Failure::permanent("BindingResolutionFailure", error.to_string()))
}
