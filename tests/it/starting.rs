//! Servers that cannot start, and what they say.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use aileron_tests::server::binary;
use anyhow::{Context, Result};

/// Someone who owns nothing.
const NOBODY: u32 = 65_534;

/// What a server that is to use this folder says before it ends.
fn told(server: &mut Command, folder: &Path) -> Result<String> {
    server.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
    let output = server.stdin(Stdio::null()).output()?;
    assert!(!output.status.success(), "it starts");
    String::from_utf8(output.stderr).context("what it says is text")
}

#[test]
fn a_folder_that_is_somebody_elses_is_told_with_a_hint() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (program, data) = (folder.path().join("aileron"), folder.path().join("data"));
    let built = binary()?;
    fs::create_dir(&data)?;
    // Root may do anything, so it is somebody else who tries, who may not reach the folder of the build.
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut server = if is_root {
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        fs::hard_link(&built, &program).or_else(|_| fs::copy(&built, &program).map(drop))?;
        let mut server = Command::new(program);
        server.uid(NOBODY);
        server
    } else {
        fs::set_permissions(&data, Permissions::from_mode(0o555))?;
        Command::new(built)
    };
    let told = told(&mut server, &data)?;
    assert!(told.contains("Permission denied"), "{told}");
    assert!(told.contains("hint: the user who runs this may not do that; let it own the folder"), "{told}");
    Ok(())
}
