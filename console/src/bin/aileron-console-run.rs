//! The program that Trunk builds for pages with a graph.

#[cfg(target_arch = "wasm32")]
fn main() {
    aileron_console::start_run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), &'static str> {
    Err("the console runs in a browser: build it with `trunk build`")
}
