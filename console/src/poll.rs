//! Asking again for as long as something can change.
//!
//! A poll never overlaps itself: the next question waits for the answer to the last one. It slows down
//! while the page is hidden and goes on at once when it is seen again, and it ends with the component that
//! started it.

use std::ops::ControlFlow;

use js_sys::{Function, Promise};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::browser;

/// How much slower a hidden page asks.
const HIDDEN_FACTOR: i32 = 15;

/// A poll under way.
#[derive(Clone, Copy)]
pub(crate) struct Poll {
    /// Ends the pause between two questions; absent while one is being asked.
    wake: StoredValue<Option<Function>, LocalStorage>,
}

impl Poll {
    /// Takes a step now and then every `interval_ms` until one breaks.
    pub(crate) fn start(interval_ms: i32, mut step: impl AsyncFnMut() -> ControlFlow<()> + 'static) -> Self {
        let poll = Self { wake: StoredValue::new_local(None) };
        spawn_local_scoped_with_cancellation(async move {
            while step().await.is_continue() {
                poll.pause(interval_ms).await;
            }
        });
        let seen = window_event_listener_untyped("visibilitychange", move |_| {
            if !browser::is_hidden() {
                poll.nudge();
            }
        });
        on_cleanup(move || seen.remove());
        poll
    }

    /// Takes the next step without waiting for the interval's end.
    pub(crate) fn nudge(self) {
        if let Some(wake) = self.wake.try_update_value(Option::take).flatten() {
            let _ = wake.call0(&JsValue::UNDEFINED);
        }
    }

    async fn pause(self, interval_ms: i32) {
        let ms = if browser::is_hidden() { interval_ms * HIDDEN_FACTOR } else { interval_ms };
        let elapsed = Promise::new(&mut |resolve, _reject| {
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
            self.wake.try_update_value(|wake| *wake = Some(resolve));
        });
        // A promise that only a timer resolves has no way to be rejected.
        let _ = JsFuture::from(elapsed).await;
    }
}

/// Sets a signal only if the value differs: an answer that says the same again redraws nothing, so what
/// the reader has opened, selected or scrolled stays as it is.
pub(crate) fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|old| *old != value) == Some(true) {
        signal.set(value);
    }
}
