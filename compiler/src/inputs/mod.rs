//! The inputs of launches: what a launch plan expects, and what a launch gives.
//!
//! The server judges with these functions at registration and launch; the console judges a form with
//! the same ones while it is typed.

mod expected;
mod resolve;

pub use expected::expected;
pub use resolve::resolve;
