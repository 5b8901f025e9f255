//! The name of the data plane that a server hands executions to.
//!
//! An execution belongs to the data plane that it was first handed to: another server on the same
//! database leaves it alone, so it is started once, and its end is asked of whoever runs it.

use std::io;
use std::path::Path;

use tokio::fs;

use crate::names;

/// The name that is kept in a file, or a new one: a data plane that keeps its state in a folder has one
/// name as long as the folder.
pub(crate) async fn own(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path).await {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = names::generate_uuid();
    // A crash in between leaves the old file or the new one.
    let fresh = path.with_extension("new");
    fs::write(&fresh, &name).await?;
    fs::rename(&fresh, path).await?;
    Ok(name)
}
