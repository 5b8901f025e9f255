//! The inputs of launches: what a launch plan expects, and what a launch gives.
//!
//! The server judges with these functions at registration and launch; the console judges a form with
//! the same ones while it is typed.

mod expected;
mod resolve;

pub use expected::expected;
pub use resolve::resolve;

#[cfg(test)]
pub(crate) use resolve::samples;

use aileron_idl::core::{Literal, LiteralType};

use crate::check::{mismatching_types, unrecognized_value};
use crate::diagnostic::Diagnostic;
use crate::types::{fits, literal_type};

/// What keeps the literal from being a value of the declared type.
fn misfit(name: &str, literal: &Literal, declared: &LiteralType) -> Option<Diagnostic> {
    let diagnose = || match literal_type(literal) {
        Some(from) => mismatching_types::given(name, &from, declared),
        None => unrecognized_value::input(name),
    };
    (!fits(literal, declared)).then(diagnose)
}
