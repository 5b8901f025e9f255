//! How it went lately: a bar for each of the newest executions, as high as it took long.

use leptos::prelude::*;

use super::Found;
use crate::model::route::{Page, Place};
use crate::model::time;

/// Bars shown at most.
const BARS: usize = 60;
/// The height of the longest, and of the shortest, in pixels.
const HEIGHTS: (f64, f64) = (26.0, 5.0);

/// The strip.
#[component]
pub(super) fn Strip(found: Found, place: Place) -> impl IntoView {
    let bars = Memo::new(move |_| found.listing.with(|listing| listing.strip(BARS)));
    let strip = move || {
        let bars = bars.get();
        let longest = bars.iter().map(|(_, _, took)| *took).fold(1.0, f64::max);
        let bar = |(name, phase, took): (String, crate::model::phase::Phase, f64)| {
            let share = (took.max(1.0).ln_1p() / longest.ln_1p()).clamp(0.0, 1.0);
            let height = HEIGHTS.1 + share * (HEIGHTS.0 - HEIGHTS.1);
            let title = format!("{name}: {}, {}", phase.label(), time::human(took));
            let href = Page::Execution(place.clone(), name).path();
            view! { <a href=href title=title.clone() aria-label=title tabindex="-1" data-phase=phase.key() style=format!("height:{height:.0}px")></a> }
        };
        bars.into_iter().map(bar).collect_view()
    };
    view! { <div class="strip" role="group" aria-label="The newest executions, oldest first">{strip}</div> }
}
