//! One execution: header, its nodes as a graph, a tree and a timeline, and a panel with what is selected.

mod actions;
mod compare;
mod gates;
mod graph;
mod header;
mod panel;
mod waits;

use aileron_idl::core::WorkflowExecutionIdentifier;
use leptos::prelude::*;

use crate::address::address;
use crate::components::crumbs::Crumbs;
use crate::components::failure::FailureBlock;
use crate::components::freshness::{Freshness, StreamTrouble};
use crate::components::key_in_address::key_in_address;
use crate::components::node_tree::NodeTree;
use crate::components::notice::Trouble;
use crate::components::stored_value::StoredValue;
use crate::components::tabs::Tabs;
use crate::components::timeline::Timeline;
use crate::components::value_list::ShowStored;
use crate::followed::Followed;
use crate::model::route::{Page, Place};
use compare::Compare;
use gates::Gates;
use graph::RunGraph;
use header::Header;
use panel::Panel;
use waits::Waits;

/// How the nodes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    /// As a drawing.
    #[default]
    Graph,
    /// As a table.
    Nodes,
    /// As bars of time.
    Timeline,
    /// Beside those of another execution, which the address names.
    Compare,
}

impl Shown {
    const ALL: [Self; 4] = [Self::Graph, Self::Nodes, Self::Timeline, Self::Compare];

    fn key(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Nodes => "nodes",
            Self::Timeline => "timeline",
            Self::Compare => "compare",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Graph => "Graph",
            Self::Nodes => "Nodes",
            Self::Timeline => "Timeline",
            Self::Compare => "Compare",
        }
    }
}

key_in_address!(Shown);

/// The page of an execution.
#[component]
pub(crate) fn ExecutionPage(place: Place, name: String) -> impl IntoView {
    let id = WorkflowExecutionIdentifier {
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.clone(),
        ..Default::default()
    };
    let page = Page::Execution(place, name);
    let followed = Followed::new(id);
    let live = followed.follow();
    followed.ask_waiting();
    provide_context(ShowStored(|what, uri| view! { <StoredValue what uri /> }.into_any()));
    let run = followed.run();
    let failure = Memo::new(move |_| run.with(|run| run.failure.clone()));
    let of = followed.id.with_value(|id| id.name.clone());
    view! {
        <main id="main" class="wide execution">
            <div class="line above"><Crumbs page /><Freshness live /></div>
            <StreamTrouble live />
            <Trouble error=followed.error />
            <Header followed run />
            {move || failure.get().map(|failure| view! { <FailureBlock failure of=of.clone() /> })}
            <Gates followed />
            <Body followed />
        </main>
    }
}

#[component]
fn Body(followed: Followed) -> impl IntoView {
    let address = address();
    let selected = address.value("node");
    let asked = address.value("view");
    let shown =
        Memo::new(move |_| asked.get().and_then(|text| text.parse::<Shown>().ok()).unwrap_or_default());
    let select = Callback::new(move |node: String| {
        let is_same = selected.with_untracked(|selected| selected.as_ref() == Some(&node));
        address.set("node", (!is_same).then_some(node));
    });
    let choose =
        Callback::new(move |key: String| address.set("view", (key != Shown::default().key()).then_some(key)));
    let count = move || {
        followed.outline.with(|outline| outline.tops().filter(|(_, node)| !node.kind.is_boundary()).count())
    };
    let with = address.value("with");
    let tabs = move || {
        let tabs = Shown::ALL.into_iter().filter(|one| *one != Shown::Compare || with.with(Option::is_some));
        tabs.map(|one| (one.key(), one.label().to_owned())).collect::<Vec<_>>()
    };
    let body = move || match shown.get() {
        Shown::Graph => view! { <RunGraph followed selected select /> }.into_any(),
        Shown::Nodes => view! { <NodeTree followed selected select /><Waits followed select /> }.into_any(),
        Shown::Timeline => view! { <Timeline followed selected select /> }.into_any(),
        Shown::Compare => match with.get() {
            Some(with) => view! { <Compare followed with /> }.into_any(),
            None => ().into_any(),
        },
    };
    let current = Signal::derive(move || shown.get().key().to_owned());
    view! {
        <div class="split">
            <div class="drawing">
                <div class="line">
                    {move || view! { <Tabs name="How the nodes are shown" tabs=tabs() current choose /> }}
                    <span class="faint">{move || match count() { 0 => String::new(), 1 => "1 node".to_owned(), count => format!("{count} nodes") }}</span>
                </div>
                {body}
            </div>
            <Panel followed selected />
        </div>
    }
}
