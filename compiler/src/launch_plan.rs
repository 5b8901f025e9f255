//! A registered launch plan, as far as a workflow that launches it sees.

use aileron_idl::admin;
use aileron_idl::core::{Identifier, ParameterMap, VariableMap};

/// What a launch plan takes and gives. A node that refers to it needs both to be known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaunchPlan {
    /// Its id.
    pub id: Identifier,
    /// The inputs that a launch must or may give.
    pub expected_inputs: Option<ParameterMap>,
    /// The outputs of the workflow that it launches.
    pub expected_outputs: Option<VariableMap>,
}

impl From<&admin::LaunchPlan> for LaunchPlan {
    fn from(plan: &admin::LaunchPlan) -> Self {
        let closure = plan.closure.as_ref();
        Self {
            id: plan.id.clone().unwrap_or_default(),
            expected_inputs: closure.and_then(|closure| closure.expected_inputs.clone()),
            expected_outputs: closure.and_then(|closure| closure.expected_outputs.clone()),
        }
    }
}
