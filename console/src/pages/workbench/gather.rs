//! How files get in: dropped anywhere, opened, pasted.

use js_sys::Uint8Array;
use leptos::{ev, html, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileList};

use super::bench::{Bench, Dropped};
use super::fetched::Fetched;
use super::recent::{self, Recent};
use crate::components::copy_button::CopyButton;
use crate::model::workbench::{guess, markdown};

/// The target and the button, with what could not be read below.
#[component]
pub(super) fn Gather(bench: Bench, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) -> impl IntoView {
    let hovering = RwSignal::new(None::<String>);
    let take = move |files: Vec<File>| {
        leptos::task::spawn_local(async move {
            for file in files {
                read(bench, file, open, choose).await;
            }
        });
    };
    listen(hovering, bench, open, choose, take);
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get_untracked() else { return };
        take(list(input.files()));
        // The same file may be opened again.
        input.set_value("");
    };
    view! {
        {move || hovering.get().map(|guessed| view! { <div class="drop-here" role="status"><p><strong>{guessed}</strong>"Let go anywhere. Nothing leaves this browser."</p></div> })}
        <div class="gather">
            <h2>"Drop files anywhere"</h2>
            <p class="faint">"A package of pyflyte, any .pb, JSON or YAML of Flyte, a custom resource, inputs, outputs. Nothing leaves this browser."</p>
            <label class="quiet">
                "Open files"
                <input type="file" multiple class="hidden" node_ref=input on:change=picked />
            </label>
            <p class="faint" role="status">
                {move || match bench.reading.get() {
                    0 => String::new(),
                    1 => "Reading a file…".to_owned(),
                    count => format!("Reading {count} files…"),
                }}
            </p>
            {opens()}
        </div>
        <Troubles bench open choose />
        <Recent bench open choose />
        <Fetched bench open choose />
    }
}

/// What opens here, and what becomes of it; shown while nothing is.
const OPENS: [(&str, &str); 4] = [
    ("flyte-package.tgz", "its workflows, tasks and launch plans, compiled as the server does"),
    ("closure, spec, resource", "protobuf, JSON or YAML: drawn, its problems on nodes and edges"),
    ("inputs, outputs", "the form of what is open, filled in and judged; its values"),
    ("a second version", "both in one drawing, and what has changed"),
];

fn opens() -> AnyView {
    let row = |(what, becomes): (&'static str, &'static str)| view! { <div><dt class="mono">{what}</dt><dd>{becomes}</dd></div> };
    view! {
        <dl class="opens">
            {OPENS.map(row).collect_view()}
            <div><dt>"Make a package"</dt><dd><code>"pyflyte --pkgs MODULE package --image IMAGE"</code></dd></div>
        </dl>
    }
    .into_any()
}

/// The whole page is the target, and takes what is pasted.
fn listen(
    hovering: RwSignal<Option<String>>,
    bench: Bench,
    open: Memo<Option<u32>>,
    choose: Callback<Option<u32>>,
    take: impl Fn(Vec<File>) + Clone + 'static,
) {
    let over = window_event_listener(ev::dragover, move |event| {
        event.prevent_default();
        let guessed = Some(guess(&types(event.data_transfer())));
        if hovering.with_untracked(|before| *before != guessed) {
            hovering.set(guessed);
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        // Leaving one element for another is no leaving of the page.
        if event.related_target().is_none() {
            hovering.set(None);
        }
    });
    let drop_files = take.clone();
    let dropped = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        hovering.set(None);
        drop_files(files(event.data_transfer()));
    });
    let pasted = window_event_listener(ev::paste, move |event| {
        let data = event.clipboard_data();
        let files = files(data.clone());
        let text = data.and_then(|data| data.get_data("text").ok()).filter(|text| !text.trim().is_empty());
        match text {
            _ if !files.is_empty() => take(files),
            Some(text) if !is_typing(&event) => paste(bench, &text, open, choose),
            _ => {}
        }
    });
    on_cleanup(move || {
        over.remove();
        leave.remove();
        dropped.remove();
        pasted.remove();
    });
}

/// Text that is pasted into a field belongs to the field.
fn is_typing(event: &ev::Event) -> bool {
    use wasm_bindgen::JsCast;
    event.target().is_some_and(|target| {
        target.dyn_ref::<web_sys::HtmlInputElement>().is_some()
            || target.dyn_ref::<web_sys::HtmlTextAreaElement>().is_some()
    })
}

fn paste(bench: Bench, text: &str, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) {
    let file = Dropped { name: "pasted text".to_owned(), bytes: Uint8Array::from(text.as_bytes()) };
    leptos::task::spawn_local(take(bench, file, open, choose));
}

fn files(data: Option<DataTransfer>) -> Vec<File> {
    list(data.and_then(|data| data.files()))
}

fn list(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length()).filter_map(|at| files.get(at)).collect()
}

/// What browsers tell of files before they are let go: a MIME type each, often an empty one.
fn types(data: Option<DataTransfer>) -> Vec<String> {
    let Some(items) = data.map(|data| data.items()) else { return Vec::new() };
    let all = (0..items.length()).filter_map(|at| items.get(at));
    all.filter(|item| item.kind() == "file").map(|item| item.type_()).collect()
}

async fn read(bench: Bench, file: File, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) {
    let name = file.name();
    if let Ok(buffer) = JsFuture::from(file.array_buffer()).await {
        let file = Dropped { name, bytes: Uint8Array::new(&buffer) };
        let kept = file.clone();
        // It is read first: this begins when that waits for an answer.
        leptos::task::spawn_local(async move { recent::keep(bench, &kept).await });
        take(bench, file, open, choose).await;
    }
}

/// Reads a file once those before it are read, for it may belong to what they are.
pub(super) async fn take(
    bench: Bench,
    file: Dropped,
    open: Memo<Option<u32>>,
    choose: Callback<Option<u32>>,
) {
    let _turn = bench.turn().await;
    bench.add(file, open.get_untracked(), Some(choose)).await;
}

#[component]
fn Troubles(bench: Bench, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) -> impl IntoView {
    let insist = move |file: Dropped| {
        leptos::task::spawn_local(async move {
            bench.insist(file, open.get_untracked(), Some(choose)).await;
        });
    };
    let rows = move || {
        let shown = bench.troubles.get().into_iter().map(|trouble| {
            let again = trouble.file.map(|file| {
                view! { <button type="button" class="quiet" on:click=move |_| insist(file.clone())>"Load it anyway"</button> }
            });
            let report = markdown::report(&trouble.problem);
            view! {
                <div class="notice" role="alert" data-code=trouble.problem.code>
                    <p class="message"><strong>{trouble.problem.place}</strong>": "{trouble.problem.message}</p>
                    <p class="advice">{trouble.problem.hint}</p>
                    <p class="line">{again}<CopyButton text=report /></p>
                </div>
            }
        });
        shown.collect_view()
    };
    view! { <div class="troubles">{rows}</div> }
}
