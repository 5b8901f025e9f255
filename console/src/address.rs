//! The page's address: which page it names, what it says beyond that, and going elsewhere.
//!
//! A router of its own, because a page is one value ([`Page`]) that is read and written natively: what is left for the
//! browser is a signal, the history and clicks on links. Links to pages of another program load it.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement};

use crate::model::query::Query;
use crate::model::route::{Page, Program};

/// The address as signals; there is one, in the context.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    program: Program,
    path: RwSignal<String>,
    query: RwSignal<Query>,
}

impl Address {
    /// Follows the browser's address from now on.
    pub(crate) fn start(program: Program) -> Self {
        let address = Self { program, path: RwSignal::default(), query: RwSignal::default() };
        address.read();
        // For as long as the page is there.
        let _ = window_event_listener_untyped("popstate", move |_| address.read());
        let _ = window_event_listener(ev::click, move |event| address.click(&event));
        address
    }

    /// The page; `None` when no page has this address.
    pub(crate) fn page(self) -> Option<Page> {
        self.path.with(|path| Page::parse(path))
    }

    /// What the address says beyond the page.
    pub(crate) fn query(self) -> Query {
        self.query.get()
    }

    /// The same as it is now, for who changes it.
    pub(crate) fn query_now(self) -> Query {
        self.query.get_untracked()
    }

    /// One value of the query, as a signal.
    pub(crate) fn value(self, name: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.query.with(|query| query.get(name).map(str::to_owned)))
    }

    /// One value of the query as a signal, and what changes it.
    pub(crate) fn kept(self, name: &'static str) -> (Memo<Option<String>>, SignalSetter<Option<String>>) {
        (self.value(name), SignalSetter::map(move |value| self.set(name, value)))
    }

    /// Changes one value of the query, without a step in the history.
    pub(crate) fn set(self, name: &str, value: Option<String>) {
        let mut query = self.query.get_untracked();
        query.set(name, value);
        self.show(query);
    }

    /// Changes the query, without a step in the history.
    pub(crate) fn show(self, query: Query) {
        if self.query.with_untracked(|now| *now == query) {
            return;
        }
        let hash = window().location().hash().unwrap_or_default();
        let url = format!("{}{query}{hash}", self.path.get_untracked());
        // A history that cannot be written leaves the address as it was; the page follows all the same.
        let _ = window()
            .history()
            .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&url)));
        self.query.set(query);
    }

    /// Goes to an address of this server.
    pub(crate) fn go(self, href: &str) {
        let path = href.split(['?', '#']).next().unwrap_or_default();
        let is_ours = Page::parse(path).is_none_or(|page| page.program() == self.program);
        let pushed = is_ours
            && window()
                .history()
                .and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(href)))
                .is_ok();
        if pushed {
            self.read();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        } else {
            // Nothing is left to do when the browser refuses to go.
            let _ = window().location().assign(href);
        }
    }

    /// Takes another page's address in place of this one's.
    pub(crate) fn enter(self, href: &str) {
        let replaced = window()
            .history()
            .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(href)));
        if replaced.is_ok() {
            self.read();
        }
    }

    fn read(self) {
        let location = window().location();
        let (path, search) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let query = Query::parse(&search);
        if self.path.with_untracked(|now| *now != path) {
            // Together, so that no page sees another's query.
            self.query.update_untracked(|now| *now = query);
            self.path.set(path);
            self.query.notify();
        } else if self.query.with_untracked(|now| *now != query) {
            self.query.set(query);
        }
    }

    fn click(self, event: &ev::MouseEvent) {
        let is_plain = event.button() == 0
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if event.default_prevented() || !is_plain {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
        let is_elsewhere = link.origin() != window().location().origin().unwrap_or_default();
        if is_elsewhere || !link.target().is_empty() || link.has_attribute("download") {
            return;
        }
        let page = Page::parse(&link.pathname()).filter(|page| page.program() == self.program);
        if page.is_some() && link.hash().is_empty() {
            event.prevent_default();
            self.go(&format!("{}{}", link.pathname(), link.search()));
        }
    }
}

/// The address of this page.
pub(crate) fn address() -> Address {
    expect_context::<Address>()
}
