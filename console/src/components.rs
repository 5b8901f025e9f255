//! What pages are made of, one a file.

pub(crate) mod attempts;
pub(crate) mod clock;
pub(crate) mod copy_button;
pub(crate) mod failure;
pub(crate) mod first_run;
pub(crate) mod graph;
pub(crate) mod key_in_address;
pub(crate) mod log_view;
pub(crate) mod node_panel;
pub(crate) mod node_table;
pub(crate) mod notice;
pub(crate) mod phase_badge;
pub(crate) mod scope_picker;
pub(crate) mod top_bar;
pub(crate) mod value_list;
pub(crate) mod version;
