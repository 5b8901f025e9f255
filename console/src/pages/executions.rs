//! The list of executions: filtered, searched and sorted by the server, followed as it changes, ended many at once.

mod bulk;
mod columns;
mod strip;
mod table;
mod toolbar;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use aileron_idl::aileron::v1::{Progress, WatchExecutionsRequest, WatchExecutionsResponse};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use crate::address::address;
use crate::api::{self, ApiError};
use crate::browser;
use crate::components::crumbs::set_title;
use crate::components::first_run::FirstRun;
use crate::components::freshness::{Freshness, StreamTrouble};
use crate::components::notice::Trouble;
use crate::live::Live;
use crate::model::listing::{Filter, Listing, Row, View};
use crate::model::route::{Page, Place};
use bulk::Bulk;
use strip::Strip;
use table::Table;
use toolbar::Toolbar;

/// The page of a place.
#[component]
pub(crate) fn ExecutionsPage(place: Place) -> impl IntoView {
    set_title(&Page::Executions(place.clone()));
    let address = address();
    let view = Memo::new(move |_| View::of(&address.query()));
    // Columns change what is shown of the rows, not the rows.
    let asked = Memo::new(move |_| View { columns: Vec::new(), ..view.get() });
    let listed = place.clone();
    let list = move || view! { <List place=listed.clone() view asked=asked.get() /> };
    view! {
        <main id="main" class="wide">
            <Toolbar place view />
            {list}
        </main>
    }
}

/// What a list has been told.
#[derive(Clone, Copy)]
struct Found {
    listing: RwSignal<Listing>,
    error: RwSignal<Option<ApiError>>,
    /// True while a page is asked for.
    is_asking: RwSignal<bool>,
    /// False until the first page is there.
    is_known: RwSignal<bool>,
    chosen: RwSignal<BTreeSet<String>>,
}

impl Found {
    fn nothing() -> Self {
        Self {
            listing: RwSignal::default(),
            error: RwSignal::new(None),
            is_asking: RwSignal::new(false),
            is_known: RwSignal::new(false),
            chosen: RwSignal::default(),
        }
    }

    /// Asks for the page after the last row.
    async fn ask(self, place: &Place, view: &View, filters: &str) {
        if self.is_asking.get_untracked() {
            return;
        }
        self.is_asking.set(true);
        let token = self.listing.with_untracked(|listing| listing.token.clone());
        let answer = api::executions(&view.request(place, filters, token)).await;
        self.is_asking.try_set(false);
        match answer {
            Ok(page) => {
                let rows = page.executions.iter().map(Row::of).collect();
                self.listing.try_update(|listing| listing.extend(rows, page.token));
                self.is_known.try_set(true);
                self.error.try_set(None);
            }
            Err(error) => drop(self.error.try_set(Some(error))),
        }
    }

    fn change(self, view: &View, answer: WatchExecutionsResponse) -> (Progress, ControlFlow<()>) {
        if !answer.executions.is_empty() || !answer.left.is_empty() {
            let rows = answer.executions.iter().map(Row::of).collect();
            let left: Vec<_> = answer.left.into_iter().map(|id| id.name).collect();
            self.listing.try_update(|listing| listing.change(rows, &left, view.sort));
            self.chosen.try_update(|chosen| chosen.retain(|name| !left.contains(name)));
        }
        (answer.progress.unwrap_or_default(), ControlFlow::Continue(()))
    }
}

/// Opens the stream of what changes from now on.
fn follow(found: Found, place: &Place, view: &View, filters: &str) -> Live {
    let request = WatchExecutionsRequest {
        project: place.project.clone(),
        domain: place.domain.clone(),
        filters: filters.to_owned(),
        only_changes: true,
        ..Default::default()
    };
    let view = view.clone();
    Live::follow(
        move |token| {
            let request = WatchExecutionsRequest { token, ..request.clone() };
            async move { api::watch_executions(&request).await }
        },
        move |answer| found.change(&view, answer),
    )
}

#[component]
fn List(place: Place, view: Memo<View>, asked: View) -> impl IntoView {
    let found = Found::nothing();
    let filters = match asked.filters(browser::now()) {
        Ok(filters) => filters,
        Err(unclear) => {
            return view! { <p class="notice" role="alert">{unclear.to_string()}</p> }.into_any();
        }
    };
    let live = follow(found, &place, &asked, &filters);
    let more = {
        let (place, asked) = (place.clone(), asked.clone());
        Callback::new(move |()| {
            let (place, asked, filters) = (place.clone(), asked.clone(), filters.clone());
            spawn_local_scoped_with_cancellation(async move { found.ask(&place, &asked, &filters).await });
        })
    };
    more.run(());
    let is_empty =
        Memo::new(move |_| found.is_known.get() && found.listing.with(|listing| listing.rows.is_empty()));
    let (shown, of) = (place.clone(), place.clone());
    view! {
        <div class="line list-state">
            <Strip found place=place.clone() />
            <Unseen found />
            <Freshness live />
        </div>
        <Bulk found place=of />
        <Trouble error=found.error />
        <StreamTrouble live />
        <Show when=move || !is_empty.get() fallback=move || empty(&asked, place.clone())>
            <Table found view place=shown.clone() more />
        </Show>
    }
    .into_any()
}

/// What has begun that the list's order has no place for yet.
#[component]
fn Unseen(found: Found) -> impl IntoView {
    let count = Memo::new(move |_| found.listing.with(|listing| listing.unseen));
    let reload = move |_| drop(window().location().reload());
    view! {
        <Show when=move || 0 < count.get()>
            <button type="button" class="quiet" on:click=reload>{move || format!("{} new", count.get())}</button>
        </Show>
    }
}

fn empty(view: &View, place: Place) -> AnyView {
    let is_plain = View { sort: Default::default(), columns: View::default().columns, ..view.clone() }
        == View::default();
    if is_plain {
        return view! { <FirstRun place /> }.into_any();
    }
    let all = Page::Executions(place).path();
    let words = match view.filter {
        Filter::All => "No execution matches.".to_owned(),
        filter => format!("No execution that is {} matches.", filter.label().to_lowercase()),
    };
    view! {
        <div class="empty">
            <h2>{words}</h2>
            <p><a href=all>"Show every execution"</a></p>
        </div>
    }
    .into_any()
}
