//! Why the metadata store could not do what it was asked.

use std::sync::Arc;

/// Why the metadata store could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with this key is there already; the constraint says which.
    #[error("value with matching already exists ({0})")]
    Duplicate(String),
    /// The disk is full.
    #[error("no space left for the metadata store; free some and try again")]
    Full,
    /// A text that is a key is longer than the database's indexes hold.
    #[error("a name is too long for the metadata store: {0}")]
    TooLong(String),
    /// The database gave up the transaction that this write shared with others.
    #[error("the metadata store rolled the transaction back; try again")]
    Aborted,
    /// A list whose filter no index serves took longer than it may.
    #[error("the query took too long and was ended; narrow the filter, by name, phase or created_at")]
    TooSlow,
    /// The database does not answer, or takes no more connections.
    #[error("the metadata store cannot be reached; try again")]
    Unreachable(#[source] Arc<sqlx::Error>),
    /// The writer has stopped: the server is shutting down.
    #[error("the metadata store is closed")]
    Closed,
    /// The database was opened by a later version of this program.
    #[error(
        "the metadata store is newer than this program (migration {0}); run the version that made it, or a later one"
    )]
    Newer(i64),
    /// A row holds bytes that are no encoding of its message.
    #[error("failed to decode a row of `{table}`")]
    Decode {
        /// Which table.
        table: &'static str,
        /// What the decoder found.
        source: prost::DecodeError,
    },
    /// The schema could not be brought up to date.
    #[error("failed to migrate the metadata store")]
    Migrate(#[source] Arc<sqlx::migrate::MigrateError>),
    /// Anything else that the database said.
    #[error("failed to query the metadata store")]
    Sql(#[source] Arc<sqlx::Error>),
}

impl From<std::convert::Infallible> for StoreError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => StoreError::Newer(version),
            other => StoreError::Migrate(Arc::new(other)),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let unreachable = matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut);
        let Some(database) = error.as_database_error() else {
            let error = Arc::new(error);
            return if unreachable { StoreError::Unreachable(error) } else { StoreError::Sql(error) };
        };
        if database.is_unique_violation() {
            return StoreError::Duplicate(database.message().to_owned());
        }
        match database.code().as_deref() {
            // SQLITE_FULL; SQLITE_IOERR_SHMSIZE: the shared memory of the log has no room to grow; disk_full.
            Some("13" | "4874" | "53100") => StoreError::Full,
            // SQLITE_INTERRUPT; query_canceled.
            Some("9" | "57014") => StoreError::TooSlow,
            // serialization_failure, deadlock_detected.
            Some("40001" | "40P01") => StoreError::Aborted,
            // program_limit_exceeded: of ours, only keys can be too long.
            Some("54000") => StoreError::TooLong(database.message().to_owned()),
            // Connections fail or are too many, the server stops or starts, or is a standby.
            Some(code)
                if code.starts_with("08")
                    || matches!(code, "53300" | "57P01" | "57P02" | "57P03" | "25006") =>
            {
                StoreError::Unreachable(Arc::new(error))
            }
            _ => StoreError::Sql(Arc::new(error)),
        }
    }
}
