//! What the workbench says of dropped files: its answers as data, and how they are put in order.
//!
//! The shapes are those that `aileron-workbench` serialises; fields that the page does not show are left
//! out.

mod alike;
mod answers;
mod guess;
pub mod markdown;
mod shelf;
mod task_card;
pub mod typed;
pub mod union;

pub use alike::{Alike, alike};
pub use answers::{
    Added, Change, Compilation, Diff, Entity, Field, Finding, InterfaceChange, Launch, Parameter, Problem,
    Report, Status,
};
pub use guess::guess;
pub use shelf::{Group, Shelf};
pub use task_card::{Row, TaskCard, task_card};
