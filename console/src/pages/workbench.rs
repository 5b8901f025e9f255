//! The workbench: files that are dropped, opened or pasted, compiled and drawn without a server.
//!
//! Everything happens in this browser. The address keeps what is looked at: `?entity=3&part=shop.order&node=n0`.

mod bench;
mod compare;
mod details;
mod drawing;
mod export;
mod fetched;
mod gather;
mod heading;
mod launch;
mod problems;
mod recent;
mod sheet;
mod shelf;
mod timeline;

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

use crate::components::top_bar::WorkbenchBar;
use bench::{Bench, Overlay};
use gather::Gather;
use sheet::Sheet;
use shelf::ShelfView;

/// Parts of the address that belong to the entity that is looked at.
const OF_ONE: [&str; 7] = ["part", "node", "tab", "open", "select", "only", "view"];

/// The page.
#[component]
pub(crate) fn WorkbenchPage() -> impl IntoView {
    let quietly = NavigateOptions { replace: true, scroll: false, ..Default::default() };
    let (chosen, choose) = query_signal_with_options::<u32>("entity", quietly.clone());
    let bench = Bench::start();
    // What the address says of one entity's view says nothing of another's.
    let others = OF_ONE.map(|key| query_signal_with_options::<String>(key, quietly.clone()).1);
    let choose = Callback::new(move |id: Option<u32>| {
        bench.given.set(BTreeMap::new());
        bench.overlay.set(Overlay::default());
        if chosen.get_untracked() != id {
            others.iter().for_each(|other| other.set(None));
        }
        choose.set(id);
    });
    let open = Memo::new(move |_| chosen.get());
    let shown = Memo::new(move |_| {
        let id = chosen.get()?;
        bench.shelf.with(|shelf| shelf.entity(id).cloned())
    });
    let refused = move || match bench.shelf.with(|shelf| shelf.refused()) {
        0 => "Workbench · Aileron".to_owned(),
        count => format!("({count}) Workbench · Aileron"),
    };
    Effect::new(move |_| document().set_title(&refused()));
    let is_empty = Memo::new(move |_| bench.shelf.with(|shelf| shelf.is_empty()));
    view! {
        <WorkbenchBar />
        <main class="workbench" class:empty-bench=move || is_empty.get()>
            <aside class="shelf" aria-label="Dropped files">
                <Gather bench open choose />
                <ShelfView bench chosen=shown choose />
            </aside>
            <div class="sheet">
                {move || shown.get().map(|entity| view! { <Sheet bench entity /> })}
            </div>
        </main>
    }
}
