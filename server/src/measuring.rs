//! The decision by roles alone, for the measurement of it (`benches/decide.rs`). Nothing else calls this.

use crate::access::caller::{Caller, Via, Who};
use crate::access::policy::{Place, Policy};
use crate::access::role::Right;
use crate::access::{Binding, Subject};

/// Role bindings, and one who calls.
#[derive(Debug)]
pub struct Decision {
    policy: Policy,
    caller: Caller,
}

impl Decision {
    /// A person or a program, who is in some groups.
    pub fn new(
        bindings: impl IntoIterator<Item = Binding>,
        caller: Subject,
        groups: Vec<String>,
    ) -> Decision {
        let who = match caller {
            Subject::User(name) => Who::Person(name),
            Subject::Client(name) => Who::Client(name),
            Subject::Group(_) | Subject::Anyone => Who::Nobody,
        };
        let caller = Caller { groups, ..Caller::known(who, Via::Token) };
        Decision { policy: bindings.into_iter().collect(), caller }
    }

    /// Whether the caller may see what is in a domain of a project.
    pub fn may_view(&self, project: &str, domain: &str) -> bool {
        self.policy.allows(&self.caller, Right::View, Place::Domain(project, domain))
    }
}
