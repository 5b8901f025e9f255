//! The form that launches: a launch plan, a workflow by its own launch plan, or a task; new, or as it was launched before.
//!
//! The address keeps what is launched: `?kind=launchPlans&name=shop.order&version=v1`, `?relaunch=NAME`; inputs to begin
//! with are `&inputs=JSON`, or those of a node: `&of=EXECUTION&node=ID`.

mod chooser;
mod commands;
mod editor;
mod fields;
mod loaded;
mod options;
mod stored;
mod text;
mod verdict;

use leptos::prelude::*;

use crate::address::address;
use crate::components::crumbs::set_title;
use crate::components::notice::Notice;
use crate::model::route::{Page, Place};
use chooser::Chooser;
use editor::Editor;
use loaded::{Asked, load};

pub(crate) use editor::Model;
pub(crate) use fields::Fields;

/// The page of a place.
#[component]
pub(crate) fn LaunchPage(place: Place) -> impl IntoView {
    set_title(&Page::Launch(place.clone()));
    let address = address();
    let asked = Memo::new(move |_| Asked::of(&address.query()));
    let of = place.clone();
    let loaded = LocalResource::new(move || {
        let (asked, place) = (asked.get(), of.clone());
        async move { load(&place, &asked).await }
    });
    let chosen = place.clone();
    let body = move || match loaded.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok(None)) => view! { <p class="empty small">"Choose what to launch."</p> }.into_any(),
        Some(Ok(Some(loaded))) => view! { <Editor place=place.clone() loaded /> }.into_any(),
    };
    view! {
        <main id="main" class="launch-page">
            <div class="page-head"><h1>"Launch"</h1></div>
            <Chooser place=chosen asked />
            {body}
        </main>
    }
}
