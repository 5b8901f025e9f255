//! Everything of a launch beyond its inputs. A placeholder is what the launch plan says.

use leptos::prelude::*;

use super::editor::Model;
use crate::model::launch::options::Options;

type Of = fn(&mut Options) -> &mut String;

/// The options.
#[component]
pub(super) fn OptionFields(model: Model) -> impl IntoView {
    let changed = Memo::new(move |_| {
        let mut spec = model.base.get_value();
        let before = Options::of(&spec);
        let is_changed = model.options.with(|options| *options != before);
        let problems = model.options.with(|options| options.apply(&mut spec).err().unwrap_or_default());
        (is_changed, problems)
    });
    let problems = move || {
        let line = |problem: crate::model::launch::options::Problem| view! { <p class="wrong" role="alert"><code>{problem.option}</code>" "{problem.message}</p> };
        changed.get().1.into_iter().map(line).collect_view()
    };
    let overwrite =
        move |event| model.options.update(|options| options.overwrite_cache = event_target_checked(&event));
    view! {
        <section class="options-side" aria-label="Options">
            <h2>"Options"</h2>
            <Line model of=|options| &mut options.name label="Name" hint="made up" />
            <Line model of=|options| &mut options.max_parallelism label="Nodes at once" hint="as the launch plan says" />
            <Choice model of=|options| &mut options.interruptible label="Interruptible" choices=&[("", "As declared"), ("true", "Yes"), ("false", "No")] />
            <label class="check"><input type="checkbox" prop:checked=move || model.options.with(|options| options.overwrite_cache) on:change=overwrite />"Overwrite the cache"</label>
            <Lines model of=|options| &mut options.envs label="Environment" hint="NAME=value" />
            <Lines model of=|options| &mut options.labels label="Labels" hint="key=value" />
            <Lines model of=|options| &mut options.annotations label="Annotations" hint="key=value" />
            <details class="more-options">
                <summary>"More"</summary>
                <Line model of=|options| &mut options.tags label="Tags" hint="a, b" />
                <Line model of=|options| &mut options.raw_output label="Raw outputs" hint="s3://bucket/prefix" />
                <Line model of=|options| &mut options.service_account label="Service account" hint="" />
                <Line model of=|options| &mut options.iam_role label="IAM role" hint="" />
                <Line model of=|options| &mut options.cluster_pool label="Cluster pool" hint="" />
                <Line model of=|options| &mut options.cluster_label label="Cluster label" hint="" />
                <Choice model of=|options| &mut options.quality label="Quality of service" choices=&[("", "As declared"), ("HIGH", "High"), ("MEDIUM", "Medium"), ("LOW", "Low")] />
                <Line model of=|options| &mut options.notifications label="Notifications" hint="none, or a@b.c" />
            </details>
            {problems}
        </section>
    }
}

fn planned(model: Model, of: Of, hint: &str) -> String {
    let planned = model.plan.with_value(|plan| of(&mut plan.clone()).clone());
    if planned.is_empty() { hint.to_owned() } else { planned }
}

#[component]
fn Line(model: Model, of: Of, label: &'static str, hint: &'static str) -> impl IntoView {
    let typed = move |event| model.options.update(|options| *of(options) = event_target_value(&event));
    let value = model.options.with_untracked(|options| of(&mut options.clone()).clone());
    view! { <label class="option"><span>{label}</span><input type="text" autocomplete="off" spellcheck="false" placeholder=planned(model, of, hint) value=value on:input=typed /></label> }
}

#[component]
fn Lines(model: Model, of: Of, label: &'static str, hint: &'static str) -> impl IntoView {
    let typed = move |event| model.options.update(|options| *of(options) = event_target_value(&event));
    let value = model.options.with_untracked(|options| of(&mut options.clone()).clone());
    view! { <label class="option"><span>{label}</span><textarea rows="2" spellcheck="false" placeholder=planned(model, of, hint) on:input=typed prop:value=value></textarea></label> }
}

#[component]
fn Choice(
    model: Model,
    of: Of,
    label: &'static str,
    choices: &'static [(&'static str, &'static str)],
) -> impl IntoView {
    let chosen = model.options.with_untracked(|options| of(&mut options.clone()).clone());
    let choose = move |event| model.options.update(|options| *of(options) = event_target_value(&event));
    let option = move |(key, label): &(&'static str, &'static str)| view! { <option value=*key selected=*key == chosen>{*label}</option> };
    view! { <label class="option"><span>{label}</span><select on:change=choose>{choices.iter().map(option).collect_view()}</select></label> }
}
