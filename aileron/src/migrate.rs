//! `aileron migrate`: brings the database of the metadata up to date before a server does.

use std::io::Write;

use aileron_server::{Database, Schema};
use anyhow::{Context, Result, bail};

use crate::settings::{self, DatabaseUrl, Settings};

/// What is asked about the schema.
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    /// Only tell; ends with 1 when there is something to do.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    options: settings::Options,
}

pub(crate) async fn migrate(asked: Migrate) -> Result<()> {
    let database = database(&settings::load(asked.options)?.settings)?;
    let failed = || format!("failed to migrate {database}");
    let answer = if asked.check {
        let schema = Schema::of(&database).await.with_context(failed)?;
        if schema.found != Some(schema.known) {
            bail!("{database} {}; this program's schema is {}", has(schema.found), schema.known);
        }
        format!("{database} is up to date with schema {}\n", schema.known)
    } else {
        if let Database::Sqlite(path) = &database
            && let Some(folder) = path.parent()
        {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("failed to make {}", folder.display()))?;
        }
        let before = Schema::migrate(&database).await.with_context(failed)?;
        format!("{database} {}, and is now at {}\n", had(before.found), before.known)
    };
    std::io::stdout().write_all(answer.as_bytes()).context("failed to write to standard output")
}

fn has(found: Option<i64>) -> String {
    found.map_or("is empty".to_owned(), |version| format!("has schema {version}"))
}

fn had(found: Option<i64>) -> String {
    found.map_or("was empty".to_owned(), |version| format!("had schema {version}"))
}

/// The database that a server with these settings opens.
pub(crate) fn database(settings: &Settings) -> Result<Database> {
    match &settings.database {
        Some(DatabaseUrl(url)) => url.parse().context("the setting `database`"),
        None => Ok(Database::Sqlite(settings.data_dir.join("aileron.db"))),
    }
}
