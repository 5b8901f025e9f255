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
mod session;
mod sheet;
mod shelf;
mod timeline;

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::address::address;
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
    let address = address();
    let chosen = address.value("entity");
    let open = Memo::new(move |_| chosen.get().and_then(|id| id.parse::<u32>().ok()));
    let bench = Bench::start();
    let choose = Callback::new(move |id: Option<u32>| {
        bench.given.set(BTreeMap::new());
        bench.overlay.set(Overlay::default());
        let mut query = address.query_now();
        if open.get_untracked() != id {
            // What the address says of one entity's view says nothing of another's.
            OF_ONE.iter().for_each(|key| query.set(key, None));
        }
        query.set("entity", id.map(|id| id.to_string()));
        address.show(query);
    });
    let shown = Memo::new(move |_| {
        let id = open.get()?;
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
