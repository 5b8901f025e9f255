//! How old what is shown is: the reader sees when it stops being live.

use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::components::notice::Notice;
use crate::live::{Live, State};
use crate::model::time;

/// The state of the page's stream in a few words.
#[component]
pub(crate) fn Freshness(live: Live) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let key = move || match live.state.get() {
        State::Connecting => "connecting",
        State::Live(_) => "live",
        State::Lost(..) => "lost",
        State::Final => "final",
    };
    let text = move || match live.state.get() {
        State::Connecting => "Loading…".to_owned(),
        State::Live(at) => format!("Live · {}", time::ago(at, clock.now())),
        State::Lost(Some(at), _) => format!("Not live · as of {}", time::ago(at, clock.now())),
        State::Lost(None, _) => "Not live".to_owned(),
        State::Final => "Final".to_owned(),
    };
    view! {
        <span class="fresh" data-state=key title="The age of what is shown; the server says at least every 10 s that nothing has changed">
            <span class="dot" aria-hidden="true"></span>
            {text}
        </span>
    }
}

/// Why the stream is not open, while it is not; it is tried again by itself.
#[component]
pub(crate) fn StreamTrouble(live: Live) -> impl IntoView {
    let error = Memo::new(move |_| match live.state.get() {
        State::Lost(_, error) => Some(error),
        _ => None,
    });
    move || {
        error.get().map(|error| {
            view! {
                <Notice error />
                <p class="line again"><button type="button" class="quiet" on:click=move |_| live.nudge()>"Try again now"</button></p>
            }
        })
    }
}
