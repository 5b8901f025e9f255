//! An empty list: the next command, ready to paste.

use leptos::prelude::*;

use crate::browser;
use crate::components::copy_button::CopyButton;
use crate::model::command::Server;
use crate::model::route::{Page, Place, WORKBENCH};

/// What to paste into a terminal so that something shows up here.
#[component]
pub(crate) fn FirstRun(place: Place) -> impl IntoView {
    let command = command(&place.project, &place.domain);
    let copied = command.clone();
    let launch = Page::Launch(place).path();
    view! {
        <div class="empty">
            <h2>"Nothing has run here yet"</h2>
            <p>"Paste this into a terminal with flytekit; the run appears here by itself."</p>
            <div class="snippet">
                <CopyButton text=Signal::derive(move || copied.clone()) />
                <pre tabindex="0">{command}</pre>
            </div>
            <p>"What is registered already can be "<a href=launch>"launched from a form"</a>"; a package can be looked at in the "<a href=WORKBENCH>"workbench"</a>" without registering it."</p>
        </div>
    }
}

fn command(project: &str, domain: &str) -> String {
    let Server { host: server, is_insecure: insecure } = browser::server();
    format!(
        "cat > hello.py <<'EOF'
from flytekit import task, workflow

@task
def greet(name: str) -> str:
    return f\"Hello, {{name}}\"

@workflow
def hello(name: str = \"world\") -> str:
    return greet(name=name)
EOF
FLYTE_PLATFORM_URL={server} FLYTE_PLATFORM_INSECURE={insecure} \\
  pyflyte run --remote -p {project} -d {domain} hello.py hello"
    )
}
