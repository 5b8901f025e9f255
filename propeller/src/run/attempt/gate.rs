//! A gate's attempt: it waits until someone sets its signal.

use aileron_engine::{AttemptSeen, ErrorKind, Failure};
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::literal::Value;
use aileron_idl::core::{
    GateNode, Literal, LiteralMap, LiteralType, SignalIdentifier, SimpleType, WorkflowExecutionIdentifier,
    literal_type, primitive, scalar,
};

use super::{Attempt, Halt, Step};
use crate::clock;

impl Attempt {
    /// A signal's value becomes an output; an approval lets the inputs pass.
    pub(super) async fn gate(&self, gate: &GateNode) -> Step<AttemptSeen> {
        let inputs = self.inputs().await?;
        self.tell(AttemptSeen::Running { since: clock::now() });
        let outputs = match &gate.condition {
            Some(Condition::Signal(signal)) => {
                let value = self.signal(&signal.signal_id, signal.r#type.clone().unwrap_or_default()).await?;
                LiteralMap { literals: [(signal.output_variable_name.clone(), value)].into() }
            }
            Some(Condition::Approve(approve)) => {
                let word = self.signal(&approve.signal_id, boolean()).await?;
                if !is_true(&word) {
                    return Err(rejected(&approve.signal_id));
                }
                inputs
            }
            Some(Condition::Sleep(_)) | None => inputs,
        };
        self.put_outputs(outputs).await
    }

    async fn signal(&self, id: &str, r#type: LiteralType) -> Step<Literal> {
        let execution_id = Some(WorkflowExecutionIdentifier::from(&self.run.workflow.execution_id));
        let id = SignalIdentifier { signal_id: id.to_owned(), execution_id };
        tokio::select! {
            biased;
            halt = self.halted() => Err(halt),
            set = self.asking(|| self.host.control.signal(id.clone(), r#type.clone())) => set,
        }
    }
}

fn boolean() -> LiteralType {
    let r#type = Some(literal_type::Type::Simple(SimpleType::Boolean.into()));
    LiteralType { r#type, ..Default::default() }
}

fn is_true(literal: &Literal) -> bool {
    let Some(Value::Scalar(found)) = &literal.value else { return false };
    let Some(scalar::Value::Primitive(found)) = &found.value else { return false };
    found.value == Some(primitive::Value::Boolean(true))
}

fn rejected(signal: &str) -> Halt {
    let message = format!("signal `{signal}` was set to false: what it asked for is rejected");
    let failure = Failure::permanent("ReceivedRejectSignal", message);
    Halt::Failed(Failure { kind: ErrorKind::User, ..failure })
}
