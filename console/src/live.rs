//! A page's one stream of changes: opened, followed, and opened again where it broke off.
//!
//! A page that nobody sees has no stream, so that many tabs do not use up the browser's connections; it goes on by its
//! token when it is seen again. Who shows what a stream says also shows how old that is ([`State`]).

use std::future::Future;
use std::ops::ControlFlow;

use aileron_idl::aileron::v1::Progress;
use js_sys::{Function, Promise};
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use prost::Message;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::api::{ApiError, Code, Stream};
use crate::browser;

/// Pauses before a stream is opened again, in milliseconds: the last one over and over.
const PAUSES: [i32; 5] = [250, 1_000, 2_000, 4_000, 8_000];

/// How what is shown stands to how things are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum State {
    /// Nothing was heard yet.
    #[default]
    Connecting,
    /// The stream is open; it last said that it lives at that instant.
    Live(f64),
    /// What is shown was true then, and is not followed any more: it broke off, or never began.
    Lost(Option<f64>, ApiError),
    /// Everything is over and nothing will change.
    Final,
}

/// A stream under way.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    pub(crate) state: RwSignal<State>,
    wake: StoredValue<Option<Function>, LocalStorage>,
}

impl Live {
    /// Follows a stream until `apply` breaks. `open` is given the token to go on from, empty to begin; `apply` gets each
    /// message and gives its progress.
    pub(crate) fn follow<A, F>(
        open: impl Fn(String) -> F + 'static,
        apply: impl FnMut(A) -> (Progress, ControlFlow<()>) + 'static,
    ) -> Self
    where
        A: Message + Default + 'static,
        F: Future<Output = Result<Stream<A>, ApiError>> + 'static,
    {
        let live = Self { state: RwSignal::default(), wake: StoredValue::new_local(None) };
        let seen = window_event_listener_untyped("visibilitychange", move |_| live.nudge());
        on_cleanup(move || seen.remove());
        spawn_local_scoped_with_cancellation(live.run(open, apply));
        live
    }

    async fn run<A, F>(
        self,
        open: impl Fn(String) -> F,
        mut apply: impl FnMut(A) -> (Progress, ControlFlow<()>),
    ) where
        A: Message + Default + 'static,
        F: Future<Output = Result<Stream<A>, ApiError>>,
    {
        let (mut token, mut failures) = (String::new(), 0);
        loop {
            while browser::is_hidden() {
                self.pause(60_000).await;
            }
            let error = match open(token.clone()).await {
                Ok(stream) => match self.read(stream, &mut token, &mut failures, &mut apply).await {
                    Ok(()) => return self.set(State::Final),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if browser::is_hidden() {
                continue;
            }
            let is_hopeless = matches!(error.code, Code::NotFound | Code::InvalidArgument);
            self.set(State::Lost(self.heard(), error));
            if is_hopeless {
                return;
            }
            self.pause(PAUSES[usize::min(failures, PAUSES.len() - 1)]).await;
            failures += 1;
        }
    }

    /// Reads to the end that `apply` sees.
    async fn read<A: Message + Default>(
        self,
        mut stream: Stream<A>,
        token: &mut String,
        failures: &mut usize,
        apply: &mut impl FnMut(A) -> (Progress, ControlFlow<()>),
    ) -> Result<(), ApiError> {
        loop {
            let (progress, flow) = apply(stream.next().await?);
            *failures = 0;
            *token = progress.token;
            self.set(State::Live(browser::now()));
            if flow.is_break() {
                return Ok(());
            }
            if browser::is_hidden() {
                let message = "nobody sees this page".to_owned();
                return Err(ApiError { question: "watch", code: Code::Unavailable, message });
            }
        }
    }

    fn heard(self) -> Option<f64> {
        match self.state.try_get_untracked()? {
            State::Live(at) => Some(at),
            State::Lost(at, _) => at,
            State::Connecting | State::Final => None,
        }
    }

    fn set(self, state: State) {
        self.state.try_set(state);
    }

    /// Tries again at once.
    pub(crate) fn nudge(self) {
        if let Some(wake) = self.wake.try_update_value(Option::take).flatten() {
            // A promise's own function cannot fail.
            let _ = wake.call0(&JsValue::UNDEFINED);
        }
    }

    async fn pause(self, ms: i32) {
        let elapsed = Promise::new(&mut |resolve, _reject| {
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
            self.wake.try_update_value(|wake| *wake = Some(resolve));
        });
        // A promise that only a timer resolves has no way to be rejected.
        let _ = JsFuture::from(elapsed).await;
    }
}
