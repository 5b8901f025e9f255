//! Long lists: the rows in sight, as the page scrolls.

use leptos::ev;
use leptos::html::Tbody;
use leptos::prelude::*;

use crate::browser;
use crate::model::rows::Window;

/// Where rows are blocks instead of lines; the style sheet says the same.
const NARROW: &str = "(max-width: 680px)";

/// Follows the page's scrolling. `heights` are those of a row, wide and narrow, in pixels; the style sheet says the same.
pub(crate) fn rows_in_sight(body: NodeRef<Tbody>, count: Memo<usize>, heights: (f64, f64)) -> Memo<Window> {
    let moved = RwSignal::new(0_u32);
    let step = move || moved.update(|count| *count = count.wrapping_add(1));
    let scrolled = window_event_listener(ev::scroll, move |_| step());
    let resized = window_event_listener(ev::resize, move |_| step());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    Memo::new(move |_| {
        moved.track();
        let top = body.get().map_or(0.0, |body| body.get_bounding_client_rect().top());
        let height = if browser::matches(NARROW) { heights.1 } else { heights.0 };
        let seen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0);
        Window::of(count.get(), height, -top, seen)
    })
}

/// The empty row that stands for rows that are not made.
pub(crate) fn space(height: impl Fn() -> f64 + Send + 'static) -> impl IntoView {
    view! { <tr class="space" aria-hidden="true" style=move || format!("height:{}px", height())></tr> }
}
