//! Table `grants`: secrets that were given out for a while, known by their hash alone.

use super::sql::Query;
use super::{Connection, Session, StoreError};
use crate::clock;

/// What a secret is for; one of a kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A browser that is logged in.
    Session,
    /// A login that has begun.
    Login,
    /// An authorisation code.
    Code,
    /// A refresh token.
    Refresh,
    /// A device that waits to be approved.
    Device,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Kind::Session => "session",
            Kind::Login => "login",
            Kind::Code => "code",
            Kind::Refresh => "refresh",
            Kind::Device => "device",
        }
    }
}

/// A secret as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct GrantRow {
    pub(crate) secret_hash: String,
    pub(crate) family: String,
    pub(crate) code: String,
    /// JSON.
    pub(crate) content: String,
    /// Seconds since the epoch.
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

const SELECT: &str = "SELECT secret_hash, family, code, content, expires_at, used_at FROM grants";

/// Keeps a secret, and forgets some that have expired.
pub(crate) async fn insert(
    connection: &mut Connection,
    kind: Kind,
    grant: &GrantRow,
) -> Result<(), StoreError> {
    let query = Query::new(
        "INSERT INTO grants (kind, secret_hash, family, code, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let query = query.bind(kind.name()).bind(&grant.secret_hash).bind(&grant.family).bind(&grant.code);
    query.bind(&grant.content).bind(grant.expires_at).execute(&mut *connection).await?;
    let old = "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at < $1 LIMIT 10)";
    Query::new(old).bind(clock::now_seconds()).execute(connection).await?;
    Ok(())
}

/// A secret by its hash.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    kind: Kind,
    secret_hash: &str,
) -> Result<Option<GrantRow>, StoreError> {
    let query = Query::new(format!("{SELECT} WHERE kind = $1 AND secret_hash = $2"));
    query.bind(kind.name()).bind(secret_hash).fetch_optional(executor).await
}

/// The newest of a second name that has not expired.
pub(crate) async fn find_by_code<'e>(
    executor: impl Into<Session<'e>>,
    kind: Kind,
    code: &str,
) -> Result<Option<GrantRow>, StoreError> {
    let text = format!("{SELECT} WHERE kind = $1 AND code = $2 AND expires_at > $3 ORDER BY id DESC LIMIT 1");
    let query = Query::new(text).bind(kind.name()).bind(code).bind(clock::now_seconds());
    query.fetch_optional(executor).await
}

/// Uses a secret up. Of any number who try at once, one succeeds.
pub(crate) async fn take(
    connection: &mut Connection,
    kind: Kind,
    secret_hash: &str,
) -> Result<bool, StoreError> {
    let query = Query::new(
        "UPDATE grants SET used_at = $3 WHERE kind = $1 AND secret_hash = $2 AND used_at IS NULL AND expires_at > $3",
    );
    let query = query.bind(kind.name()).bind(secret_hash).bind(clock::now_seconds());
    Ok(query.execute(connection).await? > 0)
}

/// Writes another content, and when it ends.
pub(crate) async fn update(
    connection: &mut Connection,
    kind: Kind,
    grant: &GrantRow,
) -> Result<(), StoreError> {
    let query =
        Query::new("UPDATE grants SET content = $3, expires_at = $4 WHERE kind = $1 AND secret_hash = $2");
    let query = query.bind(kind.name()).bind(&grant.secret_hash).bind(&grant.content).bind(grant.expires_at);
    query.execute(connection).await?;
    Ok(())
}

/// Ends everything of a family.
pub(crate) async fn delete_family(connection: &mut Connection, family: &str) -> Result<(), StoreError> {
    Query::new("DELETE FROM grants WHERE family = $1").bind(family).execute(connection).await?;
    Ok(())
}
