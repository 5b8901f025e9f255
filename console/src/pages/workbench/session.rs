//! What is open, kept in this browser, so that a reload or the next visit goes on where the reader was.
//!
//! Files are read again in the order in which they came, so that the numbers of entities in the address mean the same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::bench::Bench;
use super::recent::recalled;
use crate::address::{Address, address};
use crate::browser;
use crate::model::query::Query;

const PREFERENCE: &str = "aileron.session";

/// What was open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Session {
    /// The files' names, in the order in which they came.
    pub(super) files: Vec<String>,
    /// What the address said.
    query: String,
}

/// The last session, if there was one. From now on this one is kept in its place, once something is dropped.
pub(super) fn start(bench: Bench) -> Option<Session> {
    let address = address();
    let last = browser::preference(PREFERENCE).and_then(|text| serde_json::from_str::<Session>(&text).ok());
    let last = last.filter(|session| !session.files.is_empty());
    Effect::new(move |_| {
        let session = Session { files: bench.files.get(), query: address.query().to_string() };
        if !session.files.is_empty()
            && let Ok(text) = serde_json::to_string(&session)
        {
            browser::keep_preference(PREFERENCE, &text);
        }
    });
    let here = address.query_now().to_string();
    // A reload, or an address of this session that was kept.
    if let Some(session) = last.clone().filter(|session| session.query == here && !here.is_empty()) {
        resume(bench, address, session);
    }
    last
}

/// Opens it again.
pub(super) fn resume(bench: Bench, address: Address, session: Session) {
    leptos::task::spawn_local(async move {
        for name in session.files {
            if let Some(file) = recalled(bench, name).await {
                // The address says what is looked at.
                bench.add(file, None, None).await;
            }
        }
        address.show(Query::parse(&session.query));
    });
}
