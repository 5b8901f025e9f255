//! The selected node: its data, attempts, logs, deck, and what it is.

mod about;
mod data;
mod deck;
mod logs;
mod watch;

use leptos::prelude::*;

use crate::address::address;
use crate::components::attempts::Attempts;
use crate::components::clock::{Clock, Elapsed};
use crate::components::key_in_address::key_in_address;
use crate::components::notice::Trouble;
use crate::components::phase_badge::PhaseBadge;
use crate::components::tabs::Tabs;
use crate::followed::Followed;
use about::About;
use data::DataTab;
use deck::Deck;
use logs::Logs;
use watch::Watched;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    /// Inputs and outputs.
    #[default]
    Data,
    /// Every attempt.
    Attempts,
    /// One attempt's log.
    Logs,
    /// The page that the task left.
    Deck,
    /// What it is.
    About,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Data, Self::Attempts, Self::Logs, Self::Deck, Self::About];

    fn label(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Attempts => "Attempts",
            Self::Logs => "Logs",
            Self::Deck => "Deck",
            Self::About => "About",
        }
    }

    /// The tab's name in the page's address.
    fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Attempts => "attempts",
            Self::Logs => "logs",
            Self::Deck => "deck",
            Self::About => "about",
        }
    }
}

key_in_address!(Tab);

/// The panel of one node.
#[component]
pub(crate) fn NodePanel(followed: Followed, node: String, close: Callback<()>) -> impl IntoView {
    let address = address();
    let asked = address.value("tab");
    let tab = Memo::new(move |_| asked.get().and_then(|text| text.parse::<Tab>().ok()).unwrap_or_default());
    let choose = Callback::new(move |key: String| address.set("tab", Some(key)));
    let watched = Watched::start(followed, &node);
    let key = StoredValue::new(node);
    let has_deck = Memo::new(move |_| watched.row.with(|row| row.has_deck));
    let tabs = move || {
        let shown = Tab::ALL.into_iter().filter(|tab| *tab != Tab::Deck || has_deck.get());
        let tabs: Vec<_> = shown.map(|one| (one.key(), one.label().to_owned())).collect();
        let current = Signal::derive(move || tab.get().key().to_owned());
        view! { <Tabs name="About this node" tabs current choose /> }
    };
    let body = move || match tab.get() {
        Tab::Data => view! { <DataTab watched /> }.into_any(),
        Tab::Attempts => view! { <Attempts attempts=watched.attempts /> }.into_any(),
        Tab::Logs => {
            view! { <Logs node=followed.node_id(&key.get_value()) attempts=watched.attempts /> }.into_any()
        }
        Tab::Deck => view! { <Deck node=followed.node_id(&key.get_value()) /> }.into_any(),
        Tab::About => view! { <About followed node=key.get_value() /> }.into_any(),
    };
    view! {
        <Head followed node=key.get_value() watched close />
        {tabs}
        <div class="body" role="tabpanel" tabindex="0">
            <Trouble error=watched.error />
            {body}
        </div>
    }
}

#[component]
fn Head(followed: Followed, node: String, watched: Watched, close: Callback<()>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let run = Memo::new(move |_| watched.row.with(|row| row.run.clone()));
    // The drawing knows better than silence what never started.
    let (of_runs, why_of) = (node.clone(), node.clone());
    let phase = Memo::new(move |_| {
        followed.runs.with(|runs| runs.get(&of_runs).map(|run| run.phase)).unwrap_or_default()
    });
    let key = node.clone();
    let named = Memo::new(move |_| {
        followed.tree.with(|tree| followed.outline.with(|outline| outline.named(tree, &key)))
    });
    let why = move || {
        if phase.get().is_terminal() {
            return None;
        }
        followed.why(&why_of, clock.now())
    };
    view! {
        <header>
            <div class="line">
                <h2>{move || named.with(|named| named.title.clone())}</h2>
                <button type="button" class="plain end" aria-label="Close" title="Back to the execution" on:click=move |_| close.run(())>"×"</button>
            </div>
            <p class="line">
                <PhaseBadge phase />
                <Elapsed run />
                <span class="faint mono">{node}</span>
                <span class="faint">{move || named.with(|named| named.kind.label().to_owned())}</span>
            </p>
            {move || why().map(|why| view! { <p class="why">{why}</p> })}
        </header>
    }
}
