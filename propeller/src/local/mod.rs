//! The driver for one machine: every attempt is a child process in a folder of its own.
//!
//! ```text
//! start/abort -> driver -> run (one loop each) -> task -> slots -> process
//!                           |  ^_____ what was seen _________________|
//!                           v
//!                         store (driver.db) -> outbox -> sink
//! ```
//!
//! Nothing is lost when this process ends at any moment. Runs, node states and events not yet
//! delivered are in `driver.db`; a task's process does not need its parent, and leaves its exit code in
//! its folder. The next [`LocalDriver::open`] finds what still runs and waits for it, and reads what
//! ended meanwhile.
//!
//! A task runs in the Python environment of [`Settings::task_path`], or in its image when
//! [`Settings::containers`] names an engine. What the driver deliberately does not do: know images itself.

mod apart;
mod command;
mod driver;
mod exit;
mod folder;
mod found;
mod images;
mod limits;
mod log_size;
pub mod logs;
mod metrics;
mod outbox;
mod packages;
mod pod;
mod process;
mod program;
mod runner;
mod settings;
mod slots;
mod spark;
mod store;
mod task;
mod warm;

pub use apart::TaskIsolation;
pub use driver::{DriverError, LocalDriver};
pub use images::ContainerEngine;
pub use limits::TaskLimits;
pub use settings::Settings;
pub use store::StoreError;
