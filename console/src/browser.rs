//! The few things asked of the browser itself: its clock, zones, storage and address.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};

use crate::model::command::Server;

/// Now, in milliseconds since 1970.
pub(crate) fn now() -> f64 {
    Date::now()
}

/// How far east of Greenwich local time was at an instant, in minutes.
pub(crate) fn offset_minutes(instant: f64) -> i32 {
    -Date::new(&instant.into()).get_timezone_offset() as i32
}

/// The same in a zone of the IANA's database; `None` when the browser does not know the zone.
pub(crate) fn offset_in(zone: &str, instant: f64) -> Option<i32> {
    let options = Object::new();
    for (name, value) in [("timeZone", zone), ("timeZoneName", "longOffset")] {
        Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    // The constructor throws for a zone that it does not know.
    let class = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&class, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let format = Reflect::construct(&class, &Array::of2(&"en-US".into(), &options)).ok()?;
    let format: Intl::DateTimeFormat = format.unchecked_into();
    let text = format.format().call1(&JsValue::UNDEFINED, &instant.into()).ok()?.as_string()?;
    let (_, offset) = text.split_once("GMT")?;
    let Some((hours, minutes)) = offset.get(1..)?.split_once(':') else { return Some(0) };
    let size = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
    Some(if offset.starts_with('-') { -size } else { size })
}

/// Every zone that the browser knows.
pub(crate) fn zones() -> Vec<String> {
    let list = || {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let ask: Function = Reflect::get(&intl, &"supportedValuesOf".into()).ok()?.dyn_into().ok()?;
        Some(Array::from(&ask.call1(&intl, &"timeZone".into()).ok()?))
    };
    list().iter().flat_map(Array::iter).filter_map(|zone| zone.as_string()).collect()
}

/// True while nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
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

/// The server that this page came from.
pub(crate) fn server() -> Server {
    let location = window().location();
    let is_insecure = location.protocol().is_ok_and(|protocol| protocol == "http:");
    Server { host: location.host().unwrap_or_default(), is_insecure }
}

/// The part of a URL after its host, if it is one of this server's.
pub(crate) fn path_of(url: &str) -> Option<String> {
    let origin = window().location().origin().ok()?;
    let path = if url.starts_with('/') { url } else { url.strip_prefix(&origin)? };
    path.starts_with('/').then(|| path.to_owned())
}

/// True when the browser says so of a media query.
pub(crate) fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}
