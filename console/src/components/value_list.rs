//! Named values, readable.

use leptos::prelude::*;

use crate::model::value::Value;

/// Entries of a list or map that are open from the start; longer ones fold.
const OPEN: usize = 20;
/// Entries shown at most; a page of thousands of elements helps nobody.
const SHOWN: usize = 500;

/// How what is stored elsewhere is shown, in the context of programs that have a server to ask; others tell where it is.
#[derive(Clone, Copy)]
pub(crate) struct ShowStored(pub(crate) fn(String, String) -> AnyView);

/// A heading and named values, or a word when there are none.
#[component]
pub(crate) fn ValueList(
    title: &'static str,
    /// Said when there are no values.
    empty: &'static str,
    values: Vec<(String, Value)>,
) -> impl IntoView {
    let body = if values.is_empty() {
        view! { <p class="faint">{empty}</p> }.into_any()
    } else {
        view! { <div class="values">{entries(values)}</div> }.into_any()
    };
    view! {
        <section class="data">
            <h3>{title}</h3>
            {body}
        </section>
    }
}

fn entries(values: Vec<(String, Value)>) -> AnyView {
    let hidden = values.len().saturating_sub(SHOWN);
    let rows = values.into_iter().take(SHOWN).map(|(name, value)| entry(name, value)).collect_view();
    let rest = (hidden > 0).then(|| view! { <p class="faint">{format!("and {hidden} more")}</p> });
    view! { {rows} {rest} }.into_any()
}

fn entry(name: String, value: Value) -> AnyView {
    if value.is_short() {
        return view! { <div class="entry"><span class="name">{name}</span><span class="value">{shown(value)}</span></div> }.into_any();
    }
    match value {
        Value::List(items) => fold(name, format!("list of {}", items.len()), indexed(items)),
        Value::Map(fields) => fold(name, format!("{} fields", fields.len()), fields),
        other => view! { <div class="entry tall"><span class="name">{name}</span><div class="value">{shown(other)}</div></div> }.into_any(),
    }
}

fn indexed(items: Vec<Value>) -> Vec<(String, Value)> {
    items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
}

fn fold(name: String, summary: String, values: Vec<(String, Value)>) -> AnyView {
    let open = values.len() <= OPEN;
    view! {
        <details class="entry fold" open=open>
            <summary><span class="name">{name}</span><span class="faint">{summary}</span></summary>
            <div class="values">{entries(values)}</div>
        </details>
    }
    .into_any()
}

fn shown(value: Value) -> AnyView {
    match value {
        Value::Text(text) if text.contains('\n') => view! { <pre>{text}</pre> }.into_any(),
        Value::Text(text) if text.is_empty() => view! { <span class="faint">"empty text"</span> }.into_any(),
        Value::Text(text) => view! { <span class="text">{text}</span> }.into_any(),
        Value::Nothing => view! { <span class="faint">"None"</span> }.into_any(),
        Value::Map(_) => view! { <span class="faint">"empty"</span> }.into_any(),
        Value::TooDeep => view! { <span class="faint">"nested too deeply to show"</span> }.into_any(),
        Value::Stored { what, uri } => match use_context::<ShowStored>() {
            Some(ShowStored(show)) => show(what, uri),
            None => view! { <span class="chip">{what}</span><code class="uri">{uri}</code> }.into_any(),
        },
        Value::Bytes { head, length, tag } => bytes(head, length, tag),
        Value::Error(message) => view! { <span class="wrong">{message}</span> }.into_any(),
        atom @ (Value::Atom(_) | Value::List(_)) => view! { <code>{atom.to_string()}</code> }.into_any(),
    }
}

fn bytes(head: String, length: usize, tag: String) -> AnyView {
    let encoding = if tag.is_empty() { "bytes".to_owned() } else { format!("bytes ({tag})") };
    let more = if head.len() < 2 * length { "…" } else { "" };
    view! {
        <span class="chip">{format!("{length} {encoding}")}</span>
        <code class="uri">{head}{more}</code>
    }
    .into_any()
}

/// Large values that lie on another host: a link, because a page asks no host but its own.
#[component]
pub(crate) fn Elsewhere(
    /// What they are, and where.
    elsewhere: Vec<(&'static str, String)>,
) -> impl IntoView {
    let line = |(what, url): (&'static str, String)| {
        view! { <p class="faint">{format!("The {what} are too large to be sent along. ")}<a href=url target="_blank" rel="noopener noreferrer">"Download them"</a></p> }
    };
    elsewhere.into_iter().map(line).collect_view()
}
