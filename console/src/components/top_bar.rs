//! The bar on top of every page: where the reader is, where else to go, and how things are shown.

use leptos::prelude::*;

use crate::components::clock::{Zone, ZonePicker};
use crate::components::palette::Palette;
use crate::components::reader::ReaderMenu;
use crate::components::scope_picker::ScopePicker;
use crate::components::theme::ThemePicker;
use crate::model::route::{Entity, Page, Place, WORKBENCH};

/// The bar of a page.
#[component]
pub(crate) fn TopBar(page: Option<Page>) -> impl IntoView {
    let place = page.as_ref().and_then(Page::place).cloned();
    let links = place.clone().map(|place| links(&place, page.as_ref()));
    let searched = place.clone();
    let at_projects = (page == Some(Page::Projects)).then_some("page");
    view! {
        <header class="top">
            <a href="/console/" class="brand">
                <Mark />
                "Aileron"
            </a>
            {place.map(|place| view! { <ScopePicker place /> })}
            <nav aria-label="Pages">
                {links}
                <a href=Page::Projects.path() aria-current=at_projects>"Projects"</a>
                <a href=WORKBENCH>"Workbench"</a>
            </nav>
            <Palette place=searched />
            <ReaderMenu />
            <Settings />
        </header>
    }
}

fn links(place: &Place, page: Option<&Page>) -> AnyView {
    let is_of_executions = matches!(page, Some(Page::Executions(_) | Page::Execution(..) | Page::Signal(..)));
    let here = |is_here: bool| is_here.then_some("page");
    let entity = |kind: Entity| {
        let is_here = matches!(page, Some(Page::Names(_, of) | Page::Versions(_, of, _) | Page::Version(_, of, ..)) if *of == kind);
        view! { <a href=Page::Names(place.clone(), kind).path() aria-current=here(is_here)>{kind.heading()}</a> }
    };
    view! {
        <a href=Page::Executions(place.clone()).path() aria-current=here(is_of_executions)>"Executions"</a>
        {Entity::ALL.map(entity).collect_view()}
        <a href=Page::Gates(place.clone()).path() aria-current=here(matches!(page, Some(Page::Gates(_))))>"Waiting"</a>
    }
    .into_any()
}

/// How things are shown: zone and colours.
#[component]
fn Settings() -> impl IntoView {
    let zone = expect_context::<Zone>();
    view! {
        <details class="menu">
            <summary class="quiet" title="Time zone and colours">
                <span aria-hidden="true">"◷ "</span>
                {move || zone.name()}
            </summary>
            <div class="sheet">
                <ZonePicker />
                <ThemePicker />
                <p class="faint">"Press "<kbd>"?"</kbd>" for the keyboard's shortcuts."</p>
            </div>
        </details>
    }
}

/// The bar of the workbench, which is of no project. The console is another program: its links load it.
#[component]
pub(crate) fn WorkbenchBar() -> impl IntoView {
    view! {
        <header class="top">
            <a href="/console/" class="brand" rel="external">
                <Mark />
                "Aileron"
            </a>
            <nav aria-label="Pages">
                <a href="/console/" rel="external">"Executions"</a>
                <a href="/console/projects" rel="external">"Projects"</a>
                <a href=WORKBENCH aria-current="page">"Workbench"</a>
            </nav>
        </header>
    }
}

#[component]
fn Mark() -> impl IntoView {
    view! { <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M2 15 L22 5 L16 19 L12 13.5 Z" /></svg> }
}
