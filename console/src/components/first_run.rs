//! An empty list: the next command, ready to paste.

use leptos::prelude::*;

use crate::browser;
use crate::components::copy_button::CopyButton;

/// What to paste into a terminal so that something shows up here.
#[component]
pub(crate) fn FirstRun(project: String, domain: String) -> impl IntoView {
    let command = command(&project, &domain);
    let copied = command.clone();
    view! {
        <div class="empty">
            <h2>"Nothing has run here yet"</h2>
            <p>"Paste this into a terminal with flytekit; the run appears here by itself."</p>
            <div class="snippet">
                <CopyButton text=Signal::derive(move || copied.clone()) />
                <pre tabindex="0">{command}</pre>
            </div>
        </div>
    }
}

fn command(project: &str, domain: &str) -> String {
    let (server, insecure) = browser::server();
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
