//! The frame of the programs: which address shows which page, and what all pages share.

use leptos::prelude::*;

use crate::address::{Address, address};
use crate::browser;
use crate::components::clock::{Clock, Zone};
use crate::components::reader::Reading;
use crate::components::shortcuts::Shortcuts;
use crate::components::theme::Theme;
use crate::components::toasts::{ToastList, Toasts};
use crate::components::top_bar::TopBar;
use crate::model::route::{Entity, Page, Place, Program};
use crate::offline;
use crate::pages::{
    EntityVersionPage, ExecutionPage, ExecutionsPage, GatesPage, LaunchPage, NamesPage, NotFoundPage,
    ProjectsPage, SignalPage, VersionsPage, WorkbenchPage, WorkflowPage,
};

/// Where the last visited project is remembered, as `project/domain`.
const LAST_PLACE: &str = "aileron.scope";

/// Shows the lists, names and versions.
pub fn start() {
    mount(Program::Console, |page| {
        Some(match page {
            Page::Home => home(),
            Page::Projects => view! { <ProjectsPage /> }.into_any(),
            Page::Executions(place) => view! { <ExecutionsPage place /> }.into_any(),
            Page::Gates(place) => view! { <GatesPage place /> }.into_any(),
            Page::Names(place, kind) => view! { <NamesPage place kind /> }.into_any(),
            Page::Versions(place, kind, name) => view! { <VersionsPage place kind name /> }.into_any(),
            Page::Version(place, kind @ (Entity::Task | Entity::LaunchPlan), name, version) => {
                view! { <EntityVersionPage place kind name version /> }.into_any()
            }
            _ => return None,
        })
    });
}

/// Shows the pages with a graph.
pub fn start_run() {
    mount(Program::Run, |page| {
        Some(match page {
            Page::Execution(place, name) => view! { <ExecutionPage place name /> }.into_any(),
            Page::Version(place, Entity::Workflow, name, version) => {
                view! { <WorkflowPage place name version /> }.into_any()
            }
            _ => return None,
        })
    });
}

/// Shows the forms.
pub fn start_launch() {
    mount(Program::Launch, |page| {
        Some(match page {
            Page::Launch(place) => view! { <LaunchPage place /> }.into_any(),
            Page::Signal(place, execution, signal) => {
                view! { <SignalPage place execution signal /> }.into_any()
            }
            _ => return None,
        })
    });
}

/// Shows the workbench on the page's body. It is a program of its own, so that neither carries the
/// other's weight.
pub fn start_workbench() {
    report_panics();
    mount_to_body(WorkbenchApp);
    offline::keep();
}

/// How a program shows its pages; `None` for those of others.
type Show = fn(Page) -> Option<AnyView>;

fn mount(program: Program, show: Show) {
    report_panics();
    mount_to_body(move || view! { <App program show /> });
}

fn report_panics() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
}

#[component]
fn App(program: Program, show: Show) -> impl IntoView {
    let address = Address::start(program);
    provide_context(address);
    provide_context(Clock::start());
    provide_context(Zone::start());
    provide_context(Theme::start());
    provide_context(Toasts::start());
    let reading = Reading::start();
    provide_context(reading);
    let page = Memo::new(move |_| address.page());
    reading.follow(Memo::new(move |_| page.get().as_ref().and_then(Page::place).cloned()));
    Effect::new(move |_| {
        if let Some(Place { project, domain }) = page.get().as_ref().and_then(Page::place) {
            browser::keep_preference(LAST_PLACE, &format!("{project}/{domain}"));
        }
    });
    let body = move || page.get().and_then(show).unwrap_or_else(|| view! { <NotFoundPage /> }.into_any());
    view! {
        <a class="skip" href="#main">"Skip to the page"</a>
        {move || view! { <TopBar page=page.get() /> }}
        {body}
        <ToastList />
        <Shortcuts />
    }
}

#[component]
fn WorkbenchApp() -> impl IntoView {
    provide_context(Address::start(Program::Workbench));
    provide_context(Clock::start());
    provide_context(Theme::start());
    view! { <WorkbenchPage /> }
}

/// The list that was looked at last, or the one that a new server has.
fn home() -> AnyView {
    let last = browser::preference(LAST_PLACE);
    let (project, domain) =
        last.as_deref().and_then(|place| place.split_once('/')).unwrap_or(("flytesnacks", "development"));
    let to = Page::Executions(Place::new(project, domain)).path();
    let address = address();
    request_animation_frame(move || address.enter(&to));
    ().into_any()
}
