//! The inputs as fields: one block an input, and in it what its type has.

use leptos::prelude::*;

use super::editor::Model;
use super::stored::StoredField;
use crate::model::launch::{Draft, Member, Said, Shape};

/// A block for each input.
#[component]
pub(crate) fn Fields(model: Model) -> impl IntoView {
    let count = model.form.with_untracked(|form| form.inputs.len());
    if count == 0 {
        return view! { <p class="empty small">"It takes no inputs."</p> }.into_any();
    }
    (0..count).map(|at| view! { <Block model at /> }).collect_view().into_any()
}

#[component]
fn Block(model: Model, at: usize) -> impl IntoView {
    let Some(input) = model.form.with_untracked(|form| form.inputs.get(at).cloned()) else {
        return ().into_any();
    };
    let name = StoredValue::new(input.name.clone());
    let default = input.default.as_ref().map(ToString::to_string);
    let shape = StoredValue::new(input.shape.clone());
    let is_given = Memo::new(move |_| {
        model.form.with(|form| form.inputs.get(at).is_some_and(|input| input.draft != Draft::Absent))
    });
    let is_required = input.is_required;
    let give = move |_| {
        model.restructure(|form| {
            if let Some(input) = form.inputs.get_mut(at) {
                input.draft =
                    if input.draft == Draft::Absent { Draft::empty(&input.shape) } else { Draft::Absent };
            }
        });
    };
    let findings = move || {
        let said = model.said.with(|said| {
            name.with_value(|name| said.iter().filter(|one| one.input == *name).cloned().collect::<Vec<_>>())
        });
        said.into_iter().map(finding).collect_view()
    };
    let fields = move || {
        model.structure.track();
        editor(Place { model, at, path: Vec::new() }, &shape.get_value())
    };
    let toggle = (!is_required).then(|| view! {
        <button type="button" class="link end" on:click=give>{move || if is_given.get() { "Take the default" } else { "Give a value" }}</button>
    });
    let (key, legend) = (input.name.clone(), input.name.clone());
    view! {
        <fieldset class="input-block" data-input=key>
            <legend class="hidden">{legend}</legend>
            <div class="line">
                <strong class="mono">{input.name}</strong>
                <span class="faint mono type">{input.words}</span>
                {is_required.then(|| view! { <span class="chip">"required"</span> })}
                {toggle}
            </div>
            {(!input.description.is_empty()).then(|| view! { <p class="faint">{input.description}</p> })}
            {move || (!is_given.get()).then(|| default.clone()).flatten().map(|default| view! { <p class="faint">"Default: "<code>{default}</code></p> })}
            {fields}
            {findings}
        </fieldset>
    }
    .into_any()
}

fn finding(said: Said) -> AnyView {
    let place = (!said.place.is_empty()).then(|| view! { <code>{said.place}</code>" " });
    view! { <p class="wrong" data-code=said.code>{place}{said.message}<span class="faint">" "{said.hint}</span></p> }.into_any()
}

/// Where in the form a field is.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) model: Model,
    /// Which input.
    at: usize,
    path: Vec<usize>,
}

impl Place {
    fn inside(&self, step: usize) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { path, ..self.clone() }
    }

    pub(super) fn draft(&self) -> Draft {
        let of = |input: &crate::model::launch::Input| input.draft.at(&self.path).cloned();
        self.model.form.with_untracked(|form| form.inputs.get(self.at).and_then(of)).unwrap_or_default()
    }

    /// The text of a line; empty for what is not given.
    pub(super) fn text(&self) -> String {
        match self.draft() {
            Draft::Text(text) => text,
            _ => String::new(),
        }
    }

    pub(super) fn put(&self, draft: Draft) {
        self.model.change(|form| self.set(form, draft));
    }

    fn rebuild(&self, draft: Draft) {
        self.model.restructure(|form| self.set(form, draft));
    }

    fn set(&self, form: &mut crate::model::launch::Form, draft: Draft) {
        if let Some(place) = form.inputs.get_mut(self.at).and_then(|input| input.draft.at_mut(&self.path)) {
            *place = draft;
        }
    }

    fn label(&self) -> String {
        let name =
            self.model.form.with_untracked(|form| form.inputs.get(self.at).map(|input| input.name.clone()));
        let steps: Vec<_> = self.path.iter().map(|step| format!(" {}", step + 1)).collect();
        format!("{}{}", name.unwrap_or_default(), steps.concat())
    }
}

/// The fields of a shape. Text that is typed changes the model and not the fields.
fn editor(place: Place, shape: &Shape) -> AnyView {
    let draft = place.draft();
    match (shape, &draft) {
        (Shape::Nothing, _) => view! { <p class="faint">"None"</p> }.into_any(),
        (_, Draft::Absent) if !shape.is_line() && *shape != Shape::Any => ().into_any(),
        (Shape::Boolean, draft) => flag(place, *draft == Draft::Flag(true)),
        (Shape::Choice(values), _) => choice(place, values),
        (Shape::List(inner), Draft::List(items)) => list(place, inner, items.len()),
        (Shape::Map(inner), Draft::Map(entries)) => map(place, inner, entries),
        (Shape::Object(members), Draft::Map(entries)) => object(&place, members, entries),
        (Shape::Union(variants), Draft::Variant(at, _)) => union(place, variants, *at),
        (Shape::Stored(what), _) => view! { <StoredField place what=what.clone() /> }.into_any(),
        (shape, _) if shape.is_line() => line(place, shape),
        _ => raw(place),
    }
}

fn line(place: Place, shape: &Shape) -> AnyView {
    let (kind, hint) = match shape {
        Shape::Integer => ("numeric", "a whole number"),
        Shape::Float => ("decimal", "a number"),
        Shape::Datetime => ("text", "2026-01-31T09:00:00Z"),
        Shape::Duration => ("text", "1h30m"),
        Shape::Bytes => ("text", "base64"),
        _ => ("text", ""),
    };
    // An empty line of what cannot be empty is not given.
    let is_text = matches!(shape, Shape::Text);
    let (text, label, written) = (place.text(), place.label(), place.clone());
    let is_top = place.path.is_empty();
    let typed = move |event| {
        let text = event_target_value(&event);
        let is_absent = text.is_empty() && is_top && !(is_text && matches!(written.draft(), Draft::Text(_)));
        written.put(if is_absent { Draft::Absent } else { Draft::Text(text) });
    };
    if is_text && text.contains('\n') {
        return view! { <textarea rows="4" aria-label=label on:input=typed prop:value=text></textarea> }
            .into_any();
    }
    view! { <input type="text" inputmode=kind placeholder=hint aria-label=label autocomplete="off" spellcheck="false" value=text on:input=typed /> }.into_any()
}

fn raw(place: Place) -> AnyView {
    let (text, label) = (place.text(), place.label());
    let typed = move |event| {
        let text = event_target_value(&event);
        place.put(if text.trim().is_empty() && place.path.is_empty() {
            Draft::Absent
        } else {
            Draft::Text(text)
        });
    };
    view! { <textarea rows="5" placeholder="JSON" aria-label=label spellcheck="false" on:input=typed prop:value=text></textarea> }.into_any()
}

fn flag(place: Place, is_true: bool) -> AnyView {
    let label = place.label();
    let toggled = move |event| place.put(Draft::Flag(event_target_checked(&event)));
    view! { <label class="check"><input type="checkbox" aria-label=label prop:checked=is_true on:change=toggled />"true"</label> }.into_any()
}

fn choice(place: Place, values: &[String]) -> AnyView {
    let (chosen, label) = (place.text(), place.label());
    let option = |value: &String| view! { <option value=value.clone() selected=*value == chosen>{value.clone()}</option> };
    let options = values.iter().map(option).collect_view();
    let choose = move |event| place.put(Draft::Text(event_target_value(&event)));
    view! { <select aria-label=label on:change=choose>{options}</select> }.into_any()
}

fn list(place: Place, inner: &Shape, count: usize) -> AnyView {
    let item = |at: usize| {
        let (mine, outer) = (place.inside(at), place.clone());
        let remove = move |_| {
            if let Draft::List(mut items) = outer.draft() {
                items.remove(at);
                outer.rebuild(Draft::List(items));
            }
        };
        view! { <li><span class="number">{at + 1}</span><div>{editor(mine, inner)}</div><button type="button" class="plain" aria-label=format!("Remove element {}", at + 1) on:click=remove>"×"</button></li> }
    };
    let items = (0..count).map(item).collect_view();
    let empty = Draft::empty(inner);
    let add = move |_| {
        let mut items = if let Draft::List(items) = place.draft() { items } else { Vec::new() };
        items.push(empty.clone());
        place.rebuild(Draft::List(items));
    };
    view! { <ol class="elements">{items}</ol><button type="button" class="quiet" on:click=add>"+ Element"</button> }.into_any()
}

fn map(place: Place, inner: &Shape, entries: &[(String, Draft)]) -> AnyView {
    let entry = |(at, (name, _)): (usize, &(String, Draft))| {
        let (mine, outer, renamed) = (place.inside(at), place.clone(), place.clone());
        let rename = move |event| {
            if let Draft::Map(mut entries) = renamed.draft() {
                entries[at].0 = event_target_value(&event);
                renamed.put(Draft::Map(entries));
            }
        };
        let remove = move |_| {
            if let Draft::Map(mut entries) = outer.draft() {
                entries.remove(at);
                outer.rebuild(Draft::Map(entries));
            }
        };
        view! { <li><input type="text" class="name" aria-label="Name" placeholder="name" value=name.clone() on:input=rename /><div>{editor(mine, inner)}</div><button type="button" class="plain" aria-label="Remove entry" on:click=remove>"×"</button></li> }
    };
    let items = entries.iter().enumerate().map(entry).collect_view();
    let empty = Draft::empty(inner);
    let add = move |_| {
        let mut entries = if let Draft::Map(entries) = place.draft() { entries } else { Vec::new() };
        entries.push((String::new(), empty.clone()));
        place.rebuild(Draft::Map(entries));
    };
    view! { <ul class="elements">{items}</ul><button type="button" class="quiet" on:click=add>"+ Entry"</button> }.into_any()
}

fn object(place: &Place, members: &[Member], entries: &[(String, Draft)]) -> AnyView {
    let field = |(at, (name, draft)): (usize, &(String, Draft))| {
        let member = members.iter().find(|member| member.name == *name);
        let shape = member.map_or(Shape::Any, |member| member.shape.clone());
        let mine = place.inside(at);
        let is_absent = *draft == Draft::Absent;
        let is_required = member.is_some_and(|member| member.is_required);
        let default = member.and_then(|member| member.default.clone()).filter(|_| is_absent);
        let (toggled, empty) = (mine.clone(), Draft::empty(&shape));
        let toggle = move |_| toggled.rebuild(if is_absent { empty.clone() } else { Draft::Absent });
        let button = (!is_required).then(|| view! { <button type="button" class="link" on:click=toggle>{if is_absent { "Give" } else { "Leave out" }}</button> });
        let fields = (!is_absent).then(|| editor(mine, &shape));
        view! { <div class="member"><span class="name mono">{name.clone()}</span><div>{fields}{default.map(|default| view! { <span class="faint">"default "<code>{default}</code></span> })}</div>{button}</div> }
    };
    view! { <div class="members">{entries.iter().enumerate().map(field).collect_view()}</div> }.into_any()
}

fn union(place: Place, variants: &[(String, Shape)], chosen: usize) -> AnyView {
    let option = |(at, (label, _)): (usize, &(String, Shape))| view! { <option value=at.to_string() selected=at == chosen>{label.clone()}</option> };
    let options = variants.iter().enumerate().map(option).collect_view();
    let inner = variants.get(chosen).map(|(_, shape)| editor(place.inside(0), shape));
    let (shapes, label) = (variants.to_vec(), place.label());
    let choose = move |event| {
        let at = event_target_value(&event).parse::<usize>().unwrap_or_default();
        let empty = shapes.get(at).map(|(_, shape)| Draft::empty(shape)).unwrap_or_default();
        place.rebuild(Draft::Variant(at, Box::new(empty)));
    };
    view! { <div class="union"><select aria-label=format!("Variant of {label}") on:change=choose>{options}</select><div>{inner}</div></div> }.into_any()
}
