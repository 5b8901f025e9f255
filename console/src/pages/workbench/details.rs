//! The selected node: what it runs and how it went, where its inputs come from, who reads its outputs.

use aileron_idl::core::{CompiledTask, Node, TaskTemplate, node, task_node};
use leptos::prelude::*;

use super::sheet::Found;
use crate::components::failure::FailureBlock;
use crate::components::graph::Stage;
use crate::model::scene::bindings::{self, Hop, Reader};
use crate::model::scene::{Scene, Scope};
use crate::model::workbench::{Row, TaskCard, task_card};

/// One node of what is drawn.
#[component]
pub(super) fn Details(found: Found, stage: Stage, node: String, select: Callback<String>) -> impl IntoView {
    let (path, chosen) = (node.clone(), node.clone());
    let close = move |_| select.run(chosen.clone());
    let go = Callback::new(move |path: String| {
        stage.reveal(&path);
        select.run(path);
    });
    let body = move || {
        let scene = stage.drawn.try_get()?.0;
        let at = scene.find(&path)?;
        Some(shown(found, &scene, at, go))
    };
    let label = format!("Node {node}");
    view! {
        <section class="node-facts" aria-label=label>
            <header class="line">
                <h2>{node}</h2>
                <button type="button" class="plain" aria-label="Close" on:click=close>"×"</button>
            </header>
            {body}
        </section>
    }
}

/// A task that is in no node.
#[component]
pub(super) fn TaskByItself(found: Found) -> impl IntoView {
    move || {
        let closure = found.closure.get()?;
        let task = closure.tasks.first()?.template.as_ref()?;
        Some(view! { <section class="node-facts alone">{described(task_card(task, None))}</section> })
    }
}

fn shown(found: Found, scene: &Scene, at: u32, go: Callback<String>) -> AnyView {
    let Some(node) = scene.node(at) else { return ().into_any() };
    let Some(scope) = scene.scopes.get(node.scope as usize) else { return ().into_any() };
    let template = scope.node(&node.id);
    let card = template.and_then(|template| Some(task_card(task(scope, template)?, Some(template))));
    let target =
        (!node.target.is_empty()).then(|| view! { <p class="faint mono target">{node.target.clone()}</p> });
    view! {
        {target}
        {report(found, &node.path)}
        {inputs(scene, scope, at, template, go)}
        {outputs(scene, scope, at, go)}
        {card.map(described)}
    }
    .into_any()
}

/// The task that a node runs, that of a map's items included.
fn task<'a>(scope: &'a Scope, node: &Node) -> Option<&'a TaskTemplate> {
    let task = match node.target.as_ref()? {
        node::Target::TaskNode(task) => task,
        node::Target::ArrayNode(array) => return self::task(scope, array.node.as_deref()?),
        _ => return None,
    };
    let task_node::Reference::ReferenceId(id) = task.reference.as_ref()?;
    let template = |task: &'a CompiledTask| task.template.as_ref();
    scope.closure.tasks.iter().filter_map(template).find(|template| template.id.as_ref() == Some(id))
}

/// What an execution has to say of it.
fn report(found: Found, path: &str) -> Option<AnyView> {
    let report = found.status.with(|status| status.reports.get(path).cloned())?;
    let row = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let failure = report.failure().map(|failure| view! { <FailureBlock failure of=path.to_owned() /> });
    let message = report.message.clone().filter(|_| failure.is_none());
    Some(
        view! {
            {failure}
            <dl>
                {row("Attempts", report.attempts.map(|count| count.to_string()))}
                {row("Started", report.started)}
                {row("Ended", report.stopped)}
                {row("Message", message)}
            </dl>
        }
        .into_any(),
    )
}

/// Each input with the way that its value takes.
fn inputs(
    scene: &Scene,
    scope: &Scope,
    at: u32,
    template: Option<&Node>,
    go: Callback<String>,
) -> Option<AnyView> {
    let template = template?;
    let types = bindings::variables(scope, &template.id, false);
    let rows = template.inputs.iter().map(|binding| {
        let name = binding.var.clone();
        let of = types.iter().find(|(known, _)| *known == name).map(|(_, of)| of.clone());
        let from = binding.binding.as_ref().map(bindings::constant);
        let way = bindings::origin(scene, at, &name);
        let longer = (way.len() > 1).then(|| {
            let hops = way.into_iter().map(|hop| step(hop, go)).collect_view();
            view! { <details class="way"><summary>"The whole way"</summary><ul>{hops}</ul></details> }
        });
        view! { <tr><th scope="row">{name}</th><td class="faint">{of}</td><td><code>{from}</code>{longer}</td></tr> }
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| {
        view! { <h3>"Inputs: name, type, source"</h3><table class="facts">{rows}</table> }.into_any()
    })
}

fn step(hop: Hop, go: Callback<String>) -> AnyView {
    let Hop { depth, text, node } = hop;
    let indent = format!("padding-left:{}px", depth * 12);
    match node {
        Some(node) => view! { <li style=indent><button type="button" class="link mono" on:click=move |_| go.run(node.clone())>{text}</button></li> }.into_any(),
        None => view! { <li style=indent><code>{text}</code></li> }.into_any(),
    }
}

fn outputs(scene: &Scene, scope: &Scope, at: u32, go: Callback<String>) -> Option<AnyView> {
    let node = scene.node(at)?;
    let types = bindings::variables(scope, &node.id, true);
    let readers = bindings::readers(scene, at);
    if types.is_empty() && readers.is_empty() {
        return None;
    }
    let names = types.iter().map(|(name, _)| name.clone());
    // What a node gives that is not known is told by who reads it.
    let extra = readers.iter().map(|reader| root(&reader.output).to_owned());
    let mut all: Vec<String> = names.chain(extra).collect();
    all.sort();
    all.dedup();
    let rows = all.into_iter().map(|name| {
        let of = types.iter().find(|(known, _)| *known == name).map(|(_, of)| of.clone());
        let mine = readers.iter().filter(|reader| root(&reader.output) == name);
        let links = mine.map(|reader| link(reader, go)).collect_view();
        view! { <tr><th scope="row">{name}</th><td class="faint">{of}</td><td class="line">{links}</td></tr> }
    });
    Some(
        view! { <h3>"Outputs: name, type, read by"</h3><table class="facts">{rows.collect_view()}</table> }
            .into_any(),
    )
}

fn root(output: &str) -> &str {
    output.split(['.', '[']).next().unwrap_or(output)
}

fn link(reader: &Reader, go: Callback<String>) -> AnyView {
    let (to, label) = (reader.node.clone(), format!("{}.{}", reader.node, reader.input));
    view! { <button type="button" class="link mono" on:click=move |_| go.run(to.clone())>{label}</button> }
        .into_any()
}

/// What a task runs with.
fn described(card: TaskCard) -> AnyView {
    let raw = format!("{card:#?}");
    let TaskCard { rows, command, variables, environment, plugin } = card;
    let rows = rows.into_iter().map(|Row { name, value, origin }| {
        let is_own = origin == "task";
        view! { <tr><th scope="row">{name}</th><td>{value}</td><td class="faint">{(!is_own).then_some(origin)}</td></tr> }
    });
    let command = (!command.is_empty()).then(|| {
        let means = variables.into_iter().map(|(name, means)| view! { <tr><th scope="row"><code>{name}</code></th><td class="faint">{means}</td></tr> });
        view! { <h3>"Command"</h3><pre tabindex="0">{command.join(" ")}</pre><table class="facts">{means.collect_view()}</table> }
    });
    let pairs = |title: &'static str, pairs: Vec<(String, String)>| {
        (!pairs.is_empty()).then(|| {
            let rows = pairs.into_iter().map(
                |(name, value)| view! { <tr><th scope="row"><code>{name}</code></th><td>{value}</td></tr> },
            );
            view! { <h3>{title}</h3><table class="facts">{rows.collect_view()}</table> }
        })
    };
    view! {
        <h3>"Task"</h3>
        <table class="facts task-card">{rows.collect_view()}</table>
        {command}
        {pairs("Environment", environment)}
        {pairs("Plugin", plugin)}
        <details><summary>"Raw"</summary><pre tabindex="0">{raw}</pre></details>
    }
    .into_any()
}
