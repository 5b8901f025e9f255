//! Landlock: what the command may change, said to the kernel a second time.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    Scope, path_beneath_rules,
};

use crate::{Apart, IsolationError};

/// The rights that are known here; a kernel that knows fewer holds those.
const RIGHTS: ABI = ABI::V6;
/// Where every program may write: its own devices and processes.
const OWN: [&str; 2] = ["/dev", "/proc"];

/// Whether the kernel has none of it.
pub(crate) fn is_lacking() -> bool {
    let needed = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    needed.handle_access(AccessFs::from_all(ABI::V1)).and_then(Ruleset::create).is_err()
}

/// Restricts this process and all that it starts, as far as the kernel does that.
pub(crate) fn restrict(apart: &Apart) -> Result<(), IsolationError> {
    ruled(apart).map_err(|error| IsolationError::rights("files", error))
}

fn ruled(apart: &Apart) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(RIGHTS);
    let writable = apart.writable.iter().map(|path| path.as_path());
    let writable = writable.chain(OWN.map(std::path::Path::new)).chain(["/tmp".as_ref()]);
    Ruleset::default()
        .handle_access(all)?
        .scope(Scope::from_all(RIGHTS))?
        .create()?
        .add_rules(path_beneath_rules(["/"], AccessFs::from_read(RIGHTS)))?
        .add_rules(path_beneath_rules(writable, all))?
        .restrict_self()
        .map(drop)
}
