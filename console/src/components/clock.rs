//! Times on a page: the instant shown in the reader's zone, spans that grow while something runs.

use leptos::prelude::*;

use crate::address::{Address, address};
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

/// The zone in which instants are told: empty for UTC, `local`, or a name of the IANA's.
#[derive(Clone, Copy)]
pub(crate) struct Zone(RwSignal<String>, Address);

impl Zone {
    /// What the address says, or the reader chose last; UTC, as in the API, for a new one.
    pub(crate) fn start() -> Self {
        let address = address();
        let asked = untrack(|| address.query()).get("tz").map(str::to_owned);
        let chosen = asked.or_else(|| browser::preference(PREFERENCE)).unwrap_or_default();
        Self(RwSignal::new(known(&chosen)), address)
    }

    fn choose(self, zone: &str) {
        let zone = known(zone);
        browser::keep_preference(PREFERENCE, &zone);
        self.1.set("tz", (!zone.is_empty()).then(|| zone.clone()));
        self.0.set(zone);
    }

    /// The offset to show an instant at, in minutes east of Greenwich.
    pub(crate) fn offset(self, instant: f64) -> i32 {
        self.0.with(|zone| match zone.as_str() {
            "" => 0,
            "local" => browser::offset_minutes(instant),
            named => browser::offset_in(named, instant).unwrap_or(0),
        })
    }

    /// The name of the zone: `UTC`, `+05:30` or `Asia/Kolkata`.
    pub(crate) fn name(self) -> String {
        match self.0.get().as_str() {
            "" => "UTC".to_owned(),
            "local" => time::zone(self.offset(browser::now())),
            named => named.to_owned(),
        }
    }
}

/// A second zone for instants to come: the browser's beside UTC, UTC beside any other.
impl Zone {
    /// An instant in it.
    pub(crate) fn beside(self, instant: f64) -> String {
        let offset = if self.is_utc() { browser::offset_minutes(instant) } else { 0 };
        time::stamp(instant, offset)
    }

    /// Its name.
    pub(crate) fn name_beside(self) -> &'static str {
        if self.is_utc() { "Local time" } else { "UTC" }
    }

    fn is_utc(self) -> bool {
        self.0.with(String::is_empty)
    }
}

/// A zone as it is kept: UTC has no name, and what the browser does not know is UTC.
fn known(zone: &str) -> String {
    let is_known = zone == "local" || browser::offset_in(zone, 0.0).is_some();
    if zone.eq_ignore_ascii_case("utc") || !is_known { String::new() } else { zone.to_owned() }
}

/// The choice of the zone.
#[component]
pub(crate) fn ZonePicker() -> impl IntoView {
    let zone = expect_context::<Zone>();
    let is_named = move || zone.0.with(|zone| !matches!(zone.as_str(), "" | "local"));
    let choose = move |event| zone.choose(&event_target_value(&event));
    let shown = move || zone.0.get();
    view! {
        <label class="row">
            <span>"Times in"</span>
            <select on:change=choose prop:value=move || if is_named() { "named".to_owned() } else { shown() }>
                <option value="">"UTC"</option>
                <option value="local">"Local time"</option>
                <option value="named" disabled=true hidden=true selected=is_named>"Another zone"</option>
            </select>
        </label>
        <label class="row">
            <span>"or in"</span>
            <input list="zones" placeholder="Europe/Berlin" autocomplete="off" on:change=choose prop:value=move || if is_named() { shown() } else { String::new() } />
        </label>
        <datalist id="zones">{browser::zones().into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
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
