//! The console is embedded from `dist/`, which trunk fills; a new file there must reach the binary.

fn main() -> std::io::Result<()> {
    // A debug binary reads the files when they are asked for, from a folder that has to be there when it is built.
    std::fs::create_dir_all("../dist")?;
    let is_optimised = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if is_optimised { "../dist" } else { "build.rs" });
    Ok(())
}
