//! The frame of the program: which address shows which page, and what all pages share.

use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::path;

use crate::browser;
use crate::components::clock::{Clock, Zone};
use crate::model::route;
use crate::offline;
use crate::pages::{ExecutionPage, ExecutionsPage, NotFoundPage, WorkbenchPage};

/// Where the last visited project is remembered, as `project/domain`.
pub(crate) const LAST_SCOPE: &str = "aileron.scope";

/// Shows the console on the page's body.
pub fn start() {
    report_panics();
    mount_to_body(App);
}

/// Shows the workbench on the page's body. It is a program of its own, so that neither carries the
/// other's weight.
pub fn start_workbench() {
    report_panics();
    mount_to_body(WorkbenchApp);
    offline::keep();
}

fn report_panics() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
}

#[component]
fn App() -> impl IntoView {
    provide_context(Clock::start());
    provide_context(Zone::remembered());
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=Home />
                <Route path=path!("/console") view=Home />
                <Route path=path!("/console/projects/:project/domains/:domain/executions") view=ExecutionsPage />
                <Route path=path!("/console/projects/:project/domains/:domain/executions/:name") view=ExecutionPage />
            </Routes>
        </Router>
    }
}

#[component]
fn WorkbenchApp() -> impl IntoView {
    provide_context(Clock::start());
    view! {
        <Router>
            <Routes fallback=WorkbenchPage>
                <Route path=path!("/console/workbench") view=WorkbenchPage />
            </Routes>
        </Router>
    }
}

/// The list that was looked at last, or the one that a new server has.
#[component]
fn Home() -> impl IntoView {
    let last = browser::preference(LAST_SCOPE);
    let (project, domain) =
        last.as_deref().and_then(|scope| scope.split_once('/')).unwrap_or(("flytesnacks", "development"));
    view! { <Redirect path=route::executions(project, domain) /> }
}
