//! Times on a page: the instant shown in the reader's zone, spans that grow while something runs.

use leptos::prelude::*;

use crate::browser;
use crate::model::run::Run;
use crate::model::time;

const PREFERENCE: &str = "aileron.zone";

/// Now, once a second.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<f64>);

impl Clock {
    /// Starts the page's only clock.
    pub(crate) fn start() -> Self {
        let now = RwSignal::new(browser::now());
        set_interval(
            move || {
                if !browser::is_hidden() {
                    now.set(browser::now());
                }
            },
            std::time::Duration::from_secs(1),
        );
        Self(now)
    }

    /// Now, in milliseconds since 1970; follows the clock.
    pub(crate) fn now(self) -> f64 {
        self.0.get()
    }
}

/// Whether instants are told in UTC or in local time.
#[derive(Clone, Copy)]
pub(crate) struct Zone(RwSignal<bool>);

impl Zone {
    /// What the reader chose last; UTC, as in the API, for a new one.
    pub(crate) fn remembered() -> Self {
        Self(RwSignal::new(browser::preference(PREFERENCE).as_deref() == Some("local")))
    }

    fn toggle(self) {
        self.0.update(|local| *local = !*local);
        browser::keep_preference(PREFERENCE, if self.0.get_untracked() { "local" } else { "utc" });
    }

    /// The offset to show an instant at, in minutes east of Greenwich.
    fn offset(self, instant: f64) -> i32 {
        if self.0.get() { browser::offset_minutes(instant) } else { 0 }
    }

    /// The name of the zone: `UTC` or `+05:30`.
    pub(crate) fn name(self) -> String {
        time::zone(self.offset(browser::now()))
    }
}

/// The button that changes between UTC and local time, and says which is shown.
#[component]
pub(crate) fn ZoneToggle() -> impl IntoView {
    let zone = expect_context::<Zone>();
    let label = move || if zone.0.get() { format!("Local {}", zone.name()) } else { "UTC".to_owned() };
    view! {
        <button type="button" class="quiet" title="Show times in UTC or in local time" on:click=move |_| zone.toggle()>
            <span aria-hidden="true">"◷ "</span>
            {label}
        </button>
    }
}

/// An instant, its full precision and age on hover.
#[component]
pub(crate) fn Moment(
    /// Milliseconds since 1970.
    at: f64,
) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let clock = expect_context::<Clock>();
    let title =
        move || format!("{} · {}", time::stamp_in_full(at, zone.offset(at)), time::ago(at, clock.now()));
    view! { <time title=title>{move || time::stamp(at, zone.offset(at))}</time> }
}

/// How long something has run, or took.
#[component]
pub(crate) fn Elapsed(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    // Only what still runs follows the clock.
    let text = move || {
        run.with(|run| {
            let now = if run.phase.is_terminal() { 0.0 } else { clock.now() };
            run.elapsed(now).map_or_else(|| "–".to_owned(), time::human)
        })
    };
    view! { <span class="elapsed">{text}</span> }
}
