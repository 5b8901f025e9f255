//! Values that a component keeps in the page's address.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

use crate::address::Address;

/// One value of the query, read and written without a step in the history: through the program's own [`Address`], or
/// through the router of the program that has one.
pub(crate) fn kept(name: &'static str) -> (Memo<Option<String>>, SignalSetter<Option<String>>) {
    match use_context::<Address>().filter(|address| address.is_alone()) {
        Some(address) => (address.value(name), SignalSetter::map(move |value| address.set(name, value))),
        None => {
            let quietly = NavigateOptions { replace: true, scroll: false, ..Default::default() };
            query_signal_with_options(name, quietly)
        }
    }
}
