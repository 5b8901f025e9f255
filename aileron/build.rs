//! The console is embedded from `dist/`, which trunk fills; a new file there must reach the binary.

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by their environment")]
fn main() -> std::io::Result<()> {
    let is_optimised = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if is_optimised { "../dist" } else { "build.rs" });
    // A debug binary reads the files when they are asked for, from a folder that has to be there when it is built.
    std::fs::create_dir_all("../dist")
}
