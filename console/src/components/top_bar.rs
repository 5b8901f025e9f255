//! The bar on top of every page: where the reader is.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::components::clock::ZoneToggle;
use crate::components::scope_picker::ScopePicker;
use crate::model::route;

/// The bar: home, project and domain, and the execution if the page is of one.
#[component]
pub(crate) fn TopBar(
    project: String,
    domain: String,
    #[prop(optional)] execution: Option<String>,
) -> impl IntoView {
    let list = route::executions(&project, &domain);
    let title = match &execution {
        Some(name) => format!("{name} · Aileron"),
        None => format!("{project}/{domain} · Aileron"),
    };
    document().set_title(&title);
    let here = execution.map(|name| view! { <span class="crumb here" aria-current="page">{name}</span> });
    view! {
        <header class="top">
            <A href="/console/" attr:class="brand">
                <Mark />
                "Aileron"
            </A>
            <nav aria-label="Place">
                <ScopePicker project domain />
                <A href=list attr:class="crumb">"Executions"</A>
                {here}
            </nav>
            <a href=route::WORKBENCH rel="external">"Workbench"</a>
            <ZoneToggle />
        </header>
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
            <nav aria-label="Place"><span class="crumb here" aria-current="page">"Workbench"</span></nav>
            <a href="/console/" rel="external">"Executions"</a>
        </header>
    }
}

#[component]
fn Mark() -> impl IntoView {
    view! { <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M2 15 L22 5 L16 19 L12 13.5 Z" /></svg> }
}
