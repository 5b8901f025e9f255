//! Where the program's own log goes.

use anyhow::Result;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::{LogFormat, Settings};

/// Begins to write the log to standard error.
pub(crate) fn start(settings: &Settings) -> Result<()> {
    // A line that cannot be written is dropped: complaining about it on the same standard error, which
    // may be a file on a full disk, panics in whatever was going on.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let filter = EnvFilter::try_new(&settings.log.0)?;
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(())
}
