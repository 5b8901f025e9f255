//! `cargo xtask audit`: cargo-deny by the rules of deny.toml.

use anyhow::{Context, Result};

use crate::cache::Places;
use crate::{process, setup};

/// Checks what needs no network first, then the advisories.
pub(crate) fn run(places: &Places) -> Result<()> {
    process::step("setup", || setup::cargo_deny(places))?;
    process::step("licences, bans, sources", || {
        process::run(places.cargo().args(["deny", "check", "licenses", "bans", "sources"]))
    })?;
    process::step("advisories", || {
        process::run(places.cargo().args(["deny", "check", "advisories"])).context(
            "the advisories were not checked, or one applies; their database is fetched from github.com",
        )
    })
}
