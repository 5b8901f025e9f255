//! The few things asked of the browser itself: its clock, zone, storage and address.

use leptos::prelude::window;

/// Now, in milliseconds since 1970.
pub(crate) fn now() -> f64 {
    js_sys::Date::now()
}

/// How far east of Greenwich local time was at an instant, in minutes.
pub(crate) fn offset_minutes(instant: f64) -> i32 {
    -js_sys::Date::new(&instant.into()).get_timezone_offset() as i32
}

/// True while nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    leptos::prelude::document().hidden()
}

/// A preference kept in this browser; absent too where storage is not allowed.
pub(crate) fn preference(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps a preference, where storage is allowed; elsewhere it lasts as long as the page.
pub(crate) fn keep_preference(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(name, value);
    }
}

/// `host:port` of the server, and whether it is reached without TLS.
pub(crate) fn server() -> (String, bool) {
    let location = window().location();
    let insecure = location.protocol().is_ok_and(|protocol| protocol == "http:");
    (location.host().unwrap_or_default(), insecure)
}
