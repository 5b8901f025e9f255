//! The door as clients see it: every test speaks to a real listener.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conformance;
mod door;
mod gate;
mod harness;
