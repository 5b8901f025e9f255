//! What the first process may do within its namespaces: it is handed that on, and gives it up, for itself and for all
//! after it, before the command runs: mount, unmount, and everything else that could undo the view.

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};

use crate::IsolationError;

/// A program that this one becomes has none of its rights, unless its user is root or they are handed on.
pub(crate) fn hand_on() -> Result<(), IsolationError> {
    let failed = |error: rustix::io::Errno| IsolationError::rights("what another process may have", error);
    let own = capabilities(None).map_err(failed)?;
    set_capabilities(None, CapabilitySets { inheritable: own.permitted, ..own }).map_err(failed)?;
    let mut each = each().filter(|capability| own.permitted.contains(*capability));
    each.try_for_each(|capability| configure_capability_in_ambient_set(capability, true)).map_err(failed)
}

fn each() -> impl Iterator<Item = CapabilitySet> {
    (0..u64::BITS).map(|number| CapabilitySet::from_bits_retain(1 << number))
}

pub(crate) fn give_up() -> Result<(), IsolationError> {
    let failed = |error: rustix::io::Errno| IsolationError::rights("capabilities", error);
    for capability in each() {
        // The kernel says so of numbers that it does not know.
        if let Ok(true) = capability_is_in_bounding_set(capability) {
            remove_capability_from_bounding_set(capability).map_err(failed)?;
        }
    }
    clear_ambient_capability_set().map_err(failed)?;
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, none).map_err(failed)?;
    set_no_new_privs(true).map_err(failed)
}
