//! The same launch for a terminal.

use leptos::prelude::*;
use serde_json::{Map, Value as Json};

use super::editor::Model;
use super::verdict::request;
use crate::browser;
use crate::components::copy_button::CopyButton;
use crate::model::launch::commands::Launch;

/// A command for each client; they follow the form.
#[component]
pub(super) fn Commands(model: Model) -> impl IntoView {
    let commands = Memo::new(move |_| {
        let server = browser::server();
        let (place, target) = (model.place.get_value(), model.target.get_value());
        let inputs = match model.form.with(|form| form.json()) {
            Ok(Json::Object(inputs)) => inputs,
            _ => Map::new(),
        };
        model.options.with(|options| {
            let launch = Launch { server: &server, place: &place, target: &target, inputs: &inputs, options };
            let sent = request(model).map(|request| launch.grpcurl(&request));
            let mut commands = vec![("pyflyte", launch.pyflyte()), ("flytectl", launch.flytectl())];
            commands.extend(launch.aileron().map(|text| ("aileron", text)));
            commands.extend(sent.ok().map(|text| ("grpcurl", text)));
            commands
        })
    });
    let shown = |(name, text): (&'static str, String)| {
        let copied = text.clone();
        view! {
            <section class="command-block" data-command=name>
                <div class="line"><strong>{name}</strong><span class="end"></span><CopyButton text=Signal::derive(move || copied.clone()) /></div>
                <pre tabindex="0">{text}</pre>
            </section>
        }
    };
    view! {
        <Show when=move || !model.said.with(Vec::is_empty)>
            <p class="notice">"These inputs cannot be launched yet; see the fields."</p>
        </Show>
        {move || commands.get().into_iter().map(shown).collect_view()}
    }
}
