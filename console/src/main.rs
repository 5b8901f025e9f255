//! The program that Trunk builds: the console, started on the page's body.

#[cfg(target_arch = "wasm32")]
fn main() {
    aileron_console::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), &'static str> {
    Err("the console runs in a browser: build it with `trunk build`")
}
