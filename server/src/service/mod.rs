//! Use-cases: one RPC a file, each a method of [`App`](crate::server::App) by the RPC's name.
//!
//! What several of them share is beside them: [`scope`] (is the project there?), [`reading`] (rows and
//! closures through the caches), [`listing`] (pages of lists), [`literals`] (inputs
//! and outputs in answers), [`live`] (streams of
//! changes), [`signed_urls`] (where to transfer an object), [`launch`] (accepting an execution).

pub(crate) mod attributes;
mod catalog;
mod create_download_link;
mod create_download_location;
mod create_events;
mod create_execution;
mod create_launch_plan;
mod create_task;
mod create_upload_location;
mod create_workflow;
mod description_entities;
mod dynamic_workflow;
mod execution_spec;
mod get_data;
mod get_dynamic_node_workflow;
mod get_execution;
mod get_execution_data;
mod get_execution_metrics;
mod get_launch_plan;
mod get_node_execution;
mod get_node_execution_data;
mod get_or_create_signal;
mod get_project;
mod get_task;
mod get_task_execution;
mod get_task_execution_data;
mod get_version;
mod get_workflow;
pub(crate) mod launch;
mod launch_again;
mod list_executions;
mod list_fire_times;
mod list_launch_plans;
mod list_matchable_attributes;
mod list_named_ids;
mod list_node_executions;
mod list_projects;
mod list_signals;
mod list_task_executions;
mod list_tasks;
mod list_waiting_nodes;
mod list_workflows;
mod listing;
mod literals;
pub(crate) mod live;
mod named_entities;
mod parent;
mod producer;
mod project_attributes;
mod project_domain_attributes;
mod reading;
pub(crate) mod record_batch;
pub(crate) mod record_events;
mod recover_execution;
mod register_project;
mod relaunch_execution;
mod report_events;
mod scope;
mod set_signal;
mod signed_urls;
mod single_task;
mod terminate_execution;
pub(crate) mod time_limits;
pub(crate) mod transfer;
mod update_execution;
mod update_launch_plan;
mod update_project;
mod wait_for_end;
mod workflow_attributes;
