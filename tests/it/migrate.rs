//! The schema is brought up to date by hand.

use std::process::{Command, Output};

use aileron_tests::server::binary;
use anyhow::Result;

fn migrate(folder: &std::path::Path, more: &[&str]) -> Result<(i32, String)> {
    let mut command = Command::new(binary()?);
    command.args(["migrate", "--data-dir"]).arg(folder).args(more).env("RUST_BACKTRACE", "0");
    let Output { status, stdout, stderr } = command.output()?;
    Ok((status.code().unwrap_or(-1), String::from_utf8([stdout, stderr].concat())?))
}

#[test]
fn a_schema_is_told_made_and_told_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (code, told) = migrate(&data, &["--check"])?;
    assert!(code == 1 && told.contains("aileron.db is empty"), "{told}");
    assert!(!data.exists(), "a check changes nothing");
    let (code, told) = migrate(&data, &[])?;
    assert!(code == 0 && told.contains("aileron.db was empty, and is now at "), "{told}");
    let (code, told) = migrate(&data, &["--check"])?;
    assert!(code == 0 && told.contains("is up to date with schema "), "{told}");
    Ok(())
}
