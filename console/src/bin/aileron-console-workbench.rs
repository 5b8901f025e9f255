//! The program that Trunk builds for the workbench's page.

#[cfg(target_arch = "wasm32")]
fn main() {
    aileron_console::start_workbench();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), &'static str> {
    Err("the workbench runs in a browser: build it with `trunk build console/workbench.html`")
}
