//! The program that Trunk builds for forms with the server's checks.

#[cfg(target_arch = "wasm32")]
fn main() {
    aileron_console::start_launch();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), &'static str> {
    Err("the console runs in a browser: build it with `trunk build`")
}
