//! Binding a node's inputs and writing them where every attempt of it finds them.

use std::collections::HashMap;
use std::sync::Arc;

use aileron_engine::{Failure, bind};
use aileron_idl::core::LiteralMap;

use super::{Attempt, Halt, Step};

impl Attempt {
    /// The node's inputs, which lie in `inputs.pb` then. Every attempt writes the same bytes there.
    pub(super) async fn inputs(&self) -> Step<LiteralMap> {
        let node = self.plan_node();
        let upstream = self.upstream().await?;
        let outputs = |id: &str| upstream.get(id).map(AsRef::as_ref);
        let inputs = bind::resolve(&node.inputs, &outputs).map_err(|error| unbound(&error))?;
        let uri = self.run.paths.inputs(&node.id);
        self.patiently(|| self.shared.settings.storage.put_message(&uri, &inputs)).await?;
        Ok(inputs)
    }

    async fn upstream(&self) -> Step<HashMap<&str, Arc<LiteralMap>>> {
        let mut upstream = HashMap::with_capacity(self.sources.len());
        for (id, uri) in &self.sources {
            let read = || self.shared.literals.get(&self.shared.settings.storage, uri);
            upstream.insert(id.as_str(), self.patiently(read).await?);
        }
        Ok(upstream)
    }
}

fn unbound(error: &bind::BindError) -> Halt {
    Halt::Failed(Failure::permanent("BindingResolutionFailure", error.to_string()))
}
