//! A control plane in memory, for what drivers ask of one.

use std::collections::HashMap;
use std::sync::Mutex;

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    ExecutionClosure, ExecutionCreateRequest, LaunchPlan, LaunchPlanClosure, NodeExecution,
};
use aileron_idl::core::{
    Identifier, Literal, LiteralType, NodeExecutionIdentifier, SignalIdentifier, SimpleType, Variable,
    VariableMap, WorkflowExecutionIdentifier, literal_type, workflow_execution,
};
use aileron_propeller::control::{ControlError, ControlPlane};
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::catalog::Entries;

/// The control plane as far as drivers ask it: signals are set and executions end as a test says.
#[derive(Default)]
pub(crate) struct Control {
    signals: watch::Sender<HashMap<String, Literal>>,
    ends: watch::Sender<HashMap<String, ExecutionClosure>>,
    /// Nodes of other executions, by `EXECUTION/NODE`.
    pub(crate) nodes: Mutex<HashMap<String, NodeExecution>>,
    pub(crate) catalog: Entries,
    pub(crate) launched: Mutex<Vec<ExecutionCreateRequest>>,
}

impl Control {
    pub(crate) fn set_signal(&self, id: &str, value: Literal) {
        self.signals.send_modify(|set| {
            set.insert(id.to_owned(), value);
        });
    }

    pub(crate) fn end(&self, name: &str, phase: workflow_execution::Phase, result: Option<OutputResult>) {
        let mut closure = ExecutionClosure { output_result: result, ..Default::default() };
        closure.set_phase(phase);
        self.ends.send_modify(|ended| {
            ended.entry(name.to_owned()).or_insert(closure);
        });
    }

    pub(crate) fn has_ended(&self, name: &str) -> bool {
        self.ends.borrow().contains_key(name)
    }

    /// The names of the executions that were launched.
    pub(crate) fn names(&self) -> Vec<String> {
        self.launched.lock().unwrap().iter().map(|request| request.name.clone()).collect()
    }
}

fn number() -> Variable {
    let r#type = Some(literal_type::Type::Simple(SimpleType::Integer.into()));
    let r#type = Some(LiteralType { r#type, ..Default::default() });
    Variable { r#type, ..Default::default() }
}

async fn value_of<T: Clone>(known: &watch::Sender<HashMap<String, T>>, name: String) -> T {
    let mut known = known.subscribe();
    let there = known.wait_for(|known| known.contains_key(&name)).await.unwrap();
    there[&name].clone()
}

impl ControlPlane for Control {
    fn signal(
        &self,
        id: SignalIdentifier,
        _type: LiteralType,
    ) -> BoxFuture<'_, Result<Literal, ControlError>> {
        Box::pin(async { Ok(value_of(&self.signals, id.signal_id).await) })
    }

    fn launch_plan(&self, id: Identifier) -> BoxFuture<'_, Result<Option<LaunchPlan>, ControlError>> {
        let closure = LaunchPlanClosure {
            expected_inputs: Some(Default::default()),
            expected_outputs: Some(VariableMap { variables: [("o0".to_owned(), number())].into() }),
            ..Default::default()
        };
        let plan = LaunchPlan { id: Some(id.clone()), closure: Some(closure), ..Default::default() };
        Box::pin(async move { Ok(Some(plan).filter(|_| id.name != "gone")) })
    }

    fn node(
        &self,
        id: NodeExecutionIdentifier,
    ) -> BoxFuture<'_, Result<Option<NodeExecution>, ControlError>> {
        let name = format!("{}/{}", id.execution_id.unwrap_or_default().name, id.node_id);
        Box::pin(async move { Ok(self.nodes.lock().unwrap().get(&name).cloned()) })
    }

    fn launch(&self, request: ExecutionCreateRequest) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move {
            match request.spec.as_ref().and_then(|spec| spec.launch_plan.as_ref()) {
                Some(plan) if plan.name == "stumbling" => panic!("the control plane stumbles"),
                Some(plan) if plan.name == "gone" => Err(ControlError::Refused("no such plan".into())),
                _ => {
                    self.launched.lock().unwrap().push(request);
                    Ok(())
                }
            }
        })
    }

    fn ended(
        &self,
        id: WorkflowExecutionIdentifier,
    ) -> BoxFuture<'_, Result<ExecutionClosure, ControlError>> {
        Box::pin(async { Ok(value_of(&self.ends, id.name).await) })
    }

    fn terminate(
        &self,
        id: WorkflowExecutionIdentifier,
        _cause: String,
    ) -> BoxFuture<'_, Result<(), ControlError>> {
        self.end(&id.name, workflow_execution::Phase::Aborted, None);
        Box::pin(async { Ok(()) })
    }
}
