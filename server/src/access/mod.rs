//! Who may do what: the one policy that every request passes.
//!
//! ```text
//! identity (who calls?) -> rules (which right does the RPC need?) + about (where?) -> policy (has the caller it there?)
//! ```
//!
//! [`rules`] is the table: an RPC without a row has no rule to be called by, so it does not compile. [`about`] says of
//! each request which project and domain it is about, and which others it reads. [`policy`] decides, and is a pure
//! function. [`guard`] is where gRPC, gRPC-web, REST and streams come together: it asks the policy, runs the use-case,
//! and has the audit note the outcome. What is no RPC (logs, metrics) asks the same policy by [`door`].
//!
//! While a use-case runs, [`caller`] tells on whose behalf. Without authentication that is everybody, who may do all.

pub(crate) mod about;
mod bindings_file;
pub(crate) mod caller;
mod door;
pub(crate) mod guard;
pub(crate) mod limits;
pub(crate) mod mode;
pub(crate) mod policy;
pub(crate) mod role;
pub(crate) mod rules;
pub(crate) mod source;
mod tokens;

pub use bindings_file::BindingsFileError;
pub(crate) use caller::Caller;
pub(crate) use guard::guarded;
pub(crate) use mode::Access;
pub use mode::{AccessError, Authentication, BuiltIn};
pub use policy::{Binding, Scope, Subject};
pub use role::Role;
