//! Where a page is: the way to it from the list that it is in.

use leptos::prelude::*;

use crate::model::route::{Entity, Page};

/// The way to a page, and its title in the browser.
#[component]
pub(crate) fn Crumbs(page: Page) -> impl IntoView {
    let way = way(&page);
    let title = way.iter().rev().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" · ");
    document().set_title(&format!("{title} · Aileron"));
    let last = way.len().saturating_sub(1);
    let crumb = |(at, (text, page)): (usize, (String, Page))| {
        let here = (at == last).then_some("page");
        view! { <li><a href=page.path() aria-current=here>{text}</a></li> }
    };
    view! { <nav class="crumbs" aria-label="Way to this page"><ol>{way.into_iter().enumerate().map(crumb).collect_view()}</ol></nav> }
}

fn way(page: &Page) -> Vec<(String, Page)> {
    let names = |place: &crate::model::route::Place, kind: Entity| {
        (kind.heading().to_owned(), Page::Names(place.clone(), kind))
    };
    let executions =
        |place: &crate::model::route::Place| ("Executions".to_owned(), Page::Executions(place.clone()));
    match page {
        Page::Execution(place, name) => vec![executions(place), (name.clone(), page.clone())],
        Page::Signal(place, name, signal) => vec![
            executions(place),
            (name.clone(), Page::Execution(place.clone(), name.clone())),
            (signal.clone(), page.clone()),
        ],
        Page::Versions(place, kind, name) => vec![names(place, *kind), (name.clone(), page.clone())],
        Page::Version(place, kind, name, version) => vec![
            names(place, *kind),
            (name.clone(), Page::Versions(place.clone(), *kind, name.clone())),
            (version.clone(), page.clone()),
        ],
        Page::Executions(place) => vec![executions(place)],
        Page::Names(place, kind) => vec![names(place, *kind)],
        Page::Gates(_) => vec![("Waiting for people".to_owned(), page.clone())],
        Page::Launch(_) => vec![("Launch".to_owned(), page.clone())],
        Page::Projects => vec![("Projects".to_owned(), page.clone())],
        Page::Home | Page::Workbench => Vec::new(),
    }
}

/// The browser's title of a page whose way is not shown.
pub(crate) fn set_title(page: &Page) {
    let title = way(page).pop().map(|(text, _)| text).unwrap_or_default();
    let of = page.place().map(|place| format!(" · {}/{}", place.project, place.domain)).unwrap_or_default();
    document().set_title(&format!("{title}{of} · Aileron"));
}
