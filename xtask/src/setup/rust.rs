//! The wasm target and the tools that cargo can install.

use anyhow::Result;

use super::Need;
use crate::cache::Places;
use crate::process;

const TRUNK: &str = "0.21.14";
/// Must equal the version of the `wasm-bindgen` crate in Cargo.lock.
const WASM_BINDGEN: &str = "0.2.130";
const CARGO_DENY: &str = "0.20.2";
const TARGET: &str = "wasm32-unknown-unknown";

/// The standard library that the console and the pure crates are built against.
pub(super) fn wasm_target(places: &Places) -> Result<()> {
    let need = Need {
        name: "wasm target",
        how: "rustup target add",
        mend: "run `rustup target add wasm32-unknown-unknown`",
    };
    let folder =
        process::answer(places.command("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    let there = folder.is_ok_and(|folder| std::path::Path::new(folder.trim()).is_dir());
    need.meet(places, there, |log| {
        process::logged(places.command("rustup").args(["target", "add", TARGET]), log)
    })
}

/// Trunk bundles the console. Its lockfile must be used: newer dependencies do not build it.
pub(super) fn trunk(places: &Places) -> Result<()> {
    installed(places, "trunk", "trunk", TRUNK, &["--locked"])
}

/// Its lockfile names releases that are gone, so it is built without.
pub(super) fn wasm_bindgen(places: &Places) -> Result<()> {
    installed(places, "wasm-bindgen-cli", "wasm-bindgen", WASM_BINDGEN, &[])
}

/// Checks licences and advisories.
pub(super) fn cargo_deny(places: &Places) -> Result<()> {
    installed(places, "cargo-deny", "cargo-deny", CARGO_DENY, &["--locked"])
}

fn installed(places: &Places, package: &str, program: &str, version: &str, extra: &[&str]) -> Result<()> {
    let need = Need {
        name: &format!("{package} {version}"),
        how: "cargo install; takes minutes, once",
        mend: &format!(
            "check the network, then run `cargo install {package} --version {version} {}`",
            extra.join(" ")
        ),
    };
    need.meet(places, has_version(places, program, version), |log| {
        let mut command = places.command("cargo");
        command
            .args(["install", package, "--version", version])
            .args(extra)
            .arg("--force")
            .arg("--root")
            .arg(places.tools());
        // The tools run for seconds: what they are built with should not cost minutes.
        command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        command
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_TARGET_DIR", places.target.join("tools"));
        process::logged(&mut command, log)
    })
}

fn has_version(places: &Places, program: &str, version: &str) -> bool {
    process::answer(places.command(program).arg("--version"))
        .is_ok_and(|text| text.split_whitespace().any(|word| word == version))
}
