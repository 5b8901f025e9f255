//! What became of an action, told at the edge of the page for a while.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;

use crate::api::ApiError;

/// How long a good end is told; a bad one stays until it is put away.
const TOLD: Duration = Duration::from_secs(8);

/// One of them.
#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    is_bad: bool,
    link: Option<(String, String)>,
    undo: Option<Callback<()>>,
}

/// Those that are told now; there is one list, in the context.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// None so far.
    pub(crate) fn start() -> Self {
        Self { list: RwSignal::default(), next: StoredValue::new(0) }
    }

    /// Tells a good end.
    pub(crate) fn good(self, text: impl Into<String>) {
        self.tell(text.into(), false, None, None);
    }

    /// Tells a good end that can be seen elsewhere.
    pub(crate) fn good_at(self, text: impl Into<String>, link: (String, String)) {
        self.tell(text.into(), false, Some(link), None);
    }

    /// Tells a good end that can be taken back.
    pub(crate) fn good_or(self, text: impl Into<String>, undo: Callback<()>) {
        self.tell(text.into(), false, None, Some(undo));
    }

    /// Tells a bad end.
    pub(crate) fn bad(self, error: &ApiError) {
        self.tell(
            format!("{}: {}. {}", error.code.name(), error.message, error.code.advice()),
            true,
            None,
            None,
        );
    }

    /// Does something on the server; `then` is called with what came of it, and tells it.
    pub(crate) fn act<T: 'static>(
        self,
        action: impl Future<Output = Result<T, ApiError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        leptos::task::spawn_local(async move {
            match action.await {
                Ok(done) => then(done),
                Err(error) => self.bad(&error),
            }
        });
    }

    fn tell(self, text: String, is_bad: bool, link: Option<(String, String)>, undo: Option<Callback<()>>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| list.push(Toast { id, text, is_bad, link, undo }));
        if !is_bad {
            set_timeout(move || self.put_away(id), TOLD);
        }
    }

    fn put_away(self, id: u32) {
        self.list.try_update(|list| list.retain(|toast| toast.id != id));
    }
}

/// The toasts of this page.
pub(crate) fn toasts() -> Toasts {
    expect_context::<Toasts>()
}

/// The list.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let shown = move |toast: Toast| {
        let Toast { id, text, is_bad, link, undo } = toast;
        let link = link.map(|(text, href)| view! { <a href=href>{text}</a> });
        let undo = undo.map(|undo| {
            let press = move |_| {
                undo.run(());
                toasts.put_away(id);
            };
            view! { <button type="button" class="link" on:click=press>"Undo"</button> }
        });
        view! {
            <li class="toast" class:bad=is_bad>
                <span class="mark" aria-hidden="true">{if is_bad { "!" } else { "✓" }}</span>
                <span class="text">{text}" "{link}{undo}</span>
                <button type="button" class="plain" aria-label="Put away" on:click=move |_| toasts.put_away(id)>"×"</button>
            </li>
        }
    };
    view! { <ul class="toasts" role="status" aria-live="polite"><For each=move || toasts.list.get() key=|toast| toast.id children=shown /></ul> }
}
