//! What can be done about an execution: end it, launch it again, go on from where it failed.

use aileron_idl::core::WorkflowExecutionIdentifier;
use leptos::prelude::*;

use crate::address::{Address, address};
use crate::api;
use crate::browser;
use crate::components::copy_button::CopyButton;
use crate::components::dialog::Dialog;
use crate::components::toasts::{Toasts, toasts};
use crate::followed::Followed;
use crate::model::command;
use crate::model::phase::Phase;
use crate::model::query::Query;
use crate::model::route::{Page, Place};
use crate::model::run::Run;

/// The buttons.
#[component]
pub(super) fn Actions(followed: Followed, run: Memo<Run>) -> impl IntoView {
    let is_over = Memo::new(move |_| run.with(|run| run.phase.is_terminal()));
    let can_recover = Memo::new(move |_| {
        run.with(|run| matches!(run.phase, Phase::Failed | Phase::Aborted | Phase::TimedOut))
    });
    let (ending, recovering) = (RwSignal::new(false), RwSignal::new(false));
    let (toasts, address) = (toasts(), address());
    let id = followed.id.get_value();
    let form = {
        let place = Place::new(&id.project, &id.domain);
        Page::Launch(place).with(&Query::default().with("relaunch", id.name.clone()))
    };
    let again = {
        let id = id.clone();
        move |_| {
            let id = id.clone();
            toasts.act(async move { api::relaunch(&id).await }, move |new| {
                go(toasts, address, &new, "Launched again");
            });
        }
    };
    view! {
        <div class="actions">
            <Show when=move || !is_over.get()>
                <button type="button" class="button danger" data-needs="launch" on:click=move |_| ending.set(true)>"Terminate…"</button>
            </Show>
            <Show when=move || can_recover.get()>
                <button type="button" class="button primary" data-needs="launch" on:click=move |_| recovering.set(true)>"Recover…"</button>
            </Show>
            <button type="button" class="button" data-needs="launch" title="The same request once more" on:click=again>"Relaunch"</button>
            <a class="button" data-needs="launch" href=form title="The same request in the form, to be changed">"Relaunch with changes…"</a>
            <span class="faint" data-lacks="launch">"To launch or end it takes the role launcher here."</span>
            <Commands id />
        </div>
        <Dialog open=ending title="Terminate this execution"><Terminate followed ending /></Dialog>
        <Dialog open=recovering title="Recover this execution"><Recover followed recovering /></Dialog>
    }
}

fn go(toasts: Toasts, address: Address, new: &WorkflowExecutionIdentifier, what: &str) {
    let page = Page::Execution(Place::new(&new.project, &new.domain), new.name.clone());
    toasts.good_at(format!("{what} as"), (new.name.clone(), page.path()));
    address.go(&page.path());
}

#[component]
fn Terminate(followed: Followed, ending: RwSignal<bool>) -> impl IntoView {
    let toasts = toasts();
    let cause = RwSignal::new(String::new());
    let id = followed.id.get_value();
    let written = id.clone();
    let command = Signal::derive(move || command::terminate(&browser::server(), &written, &cause.get()));
    let end = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (id, cause) = (id.clone(), cause.get_untracked());
        toasts.act(async move { api::terminate(&id, &cause).await }, move |()| {
            toasts.good("It is being terminated.");
        });
        ending.set(false);
    };
    view! {
        <form class="stack" on:submit=end>
            <p>"What runs is ended, nothing new starts, and the execution ends as aborted."</p>
            <label class="stack">"Why (others will read it)"<input type="text" name="cause" prop:value=cause on:input=move |event| cause.set(event_target_value(&event)) /></label>
            <p class="line command"><code>{command}</code><CopyButton text=command /></p>
            <div class="line end">
                <button type="button" class="quiet" on:click=move |_| ending.set(false)>"Keep it running"</button>
                <button type="submit" class="button danger">"Terminate"</button>
            </div>
        </form>
    }
}

/// Says what will be taken over before it is.
#[component]
fn Recover(followed: Followed, recovering: RwSignal<bool>) -> impl IntoView {
    let (toasts, address) = (toasts(), address());
    let id = followed.id.get_value();
    let reused = Memo::new(move |_| {
        followed.tree.with(|tree| {
            let done = |id: &&String| {
                tree.node(id).is_some_and(|node| {
                    !node.is_boundary() && matches!(node.run.phase, Phase::Succeeded | Phase::Recovered)
                })
            };
            tree.children("").iter().filter(done).cloned().collect::<Vec<_>>()
        })
    });
    let recover = move |_| {
        let id = id.clone();
        toasts.act(async move { api::recover(&id).await }, move |new| go(toasts, address, &new, "Recovered"));
        recovering.set(false);
    };
    let named = move |node: String| {
        let title = followed.outline.with(|outline| outline.top(&node).map(|named| named.title.clone()));
        view! { <li>{title.unwrap_or_default()}" "<span class="faint mono">{node}</span></li> }
    };
    view! {
        <div class="stack">
            <p>"A new execution takes over the outputs of what has succeeded, and runs the rest."</p>
            <p>{move || match reused.with(Vec::len) { 1 => "1 node is taken over:".to_owned(), count => format!("{count} nodes are taken over:") }}</p>
            <ul class="names">{move || reused.get().into_iter().map(named).collect_view()}</ul>
            <div class="line end">
                <button type="button" class="quiet" on:click=move |_| recovering.set(false)>"Not now"</button>
                <button type="button" class="button primary" on:click=recover>"Recover"</button>
            </div>
        </div>
    }
}

/// The same for a terminal.
#[component]
fn Commands(id: WorkflowExecutionIdentifier) -> impl IntoView {
    let server = browser::server();
    let json = format!(
        r#"{{"id": {{"project": "{}", "domain": "{}", "name": "{}"}}}}"#,
        id.project, id.domain, id.name
    );
    let commands = [
        ("aileron", command::describe(&server, &id)),
        (
            "flytectl",
            format!(
                "flytectl get execution {} -p {} -d {} --details {}",
                id.name,
                id.project,
                id.domain,
                server.for_flytectl()
            ),
        ),
        (
            "Python",
            command::get_in_python(&server, &format!("flyte://v1/{}/{}/{}", id.project, id.domain, id.name)),
        ),
        ("grpcurl", command::grpcurl(&server, "flyteidl.service.AdminService/GetExecution", &json)),
    ];
    let shown = |(name, text): (&'static str, String)| {
        let copied = text.clone();
        view! { <div class="line"><strong>{name}</strong><CopyButton text=Signal::derive(move || copied.clone()) /></div><pre tabindex="0">{text}</pre> }
    };
    view! {
        <details class="menu right">
            <summary class="button">"Commands"</summary>
            <div class="sheet wide-sheet">{commands.map(shown).collect_view()}</div>
        </details>
    }
}
