//! Inputs or outputs as a table: names, types, what their author says, and what a launch does about them.

use leptos::prelude::*;

use crate::model::entity::{Behavior, Variable};

/// The table, or a word when there are none.
#[component]
pub(crate) fn Variables(
    title: &'static str,
    variables: Vec<Variable>,
    #[prop(optional)] with_behavior: bool,
) -> impl IntoView {
    if variables.is_empty() {
        return view! { <section class="data"><h3>{title}</h3><p class="faint">"None."</p></section> }
            .into_any();
    }
    let row = move |variable: Variable| {
        let behavior = match variable.behavior {
            Behavior::Required => view! { <span>"required"</span> }.into_any(),
            Behavior::Default(value) => {
                view! { <span class="faint">"default "</span><code>{value.to_string()}</code> }.into_any()
            }
            Behavior::Fixed(value) => {
                view! { <span class="faint">"fixed "</span><code>{value.to_string()}</code> }.into_any()
            }
        };
        view! {
            <tr>
                <td class="mono">{variable.name}</td>
                <td class="mono">{variable.r#type}</td>
                {with_behavior.then(|| view! { <td>{behavior}</td> })}
                <td class="faint">{variable.description}</td>
            </tr>
        }
    };
    view! {
        <section class="data">
            <h3>{title}</h3>
            <table class="list">
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Type"</th>{with_behavior.then(|| view! { <th scope="col">"At launch"</th> })}<th scope="col">"Description"</th></tr></thead>
                <tbody>{variables.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}
