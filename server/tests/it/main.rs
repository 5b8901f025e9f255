//! The control plane over a real port: real clients, a real store in a temporary folder, and an
//! executor that takes what it is given and keeps it.

#![allow(deprecated, reason = "Flyte marks fields deprecated that clients still use")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod attributes;
mod bad_input;
mod catalog;
mod data;
mod database;
mod entities;
mod events;
mod fixture;
mod front;
mod handover;
mod harness;
mod launch;
mod lists;
mod live;
mod notifications;
mod opening;
mod power;
mod protocols;
mod registration;
mod replicas;
mod rest;
mod schedules;
mod signals;
mod tls;
mod transfer;
mod waiting;
