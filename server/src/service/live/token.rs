//! Tokens: a place in the changes of one scope of one database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::changes::{self, Place};

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 1024;

/// What a stream is of. Its tokens mean nothing to another.
pub(super) struct Scope {
    /// Of everything that was asked for.
    digest: String,
    database: String,
    table: &'static str,
    columns: Vec<(&'static str, String)>,
}

/// Where a stream begins, and why everything is sent again, if it is.
pub(super) struct Start {
    pub(super) place: Place,
    pub(super) fresh_because: Option<String>,
}

impl Scope {
    pub(super) async fn of(
        app: &App,
        table: &'static str,
        columns: Vec<(&'static str, String)>,
        filters: &str,
    ) -> Result<Scope, ServiceError> {
        let mut hash = Sha256::new();
        for text in columns.iter().map(|(_, value)| value.as_str()).chain([table, filters]) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let digest = URL_SAFE_NO_PAD.encode(hash.finalize());
        let database = changes::database(app.store.readers()).await?;
        Ok(Scope { digest, database, table, columns })
    }

    pub(super) fn token(&self, place: Place) -> String {
        let parts = (&self.digest, &self.database, place.changed, place.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// Where a client's token leads. One that this database cannot have given leads to the beginning.
    pub(super) async fn start(&self, app: &App, token: &str) -> Result<Start, ServiceError> {
        if token.is_empty() {
            return Ok(Start::fresh("the stream begins"));
        }
        let problem = "it is no token of this stream; use one of its messages, or none";
        let wrong = || ServiceError::invalid("token", token, problem);
        if token.len() > LONGEST {
            return Err(wrong());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
        let parts: (String, String, i64, i64) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        let (digest, database, changed, id) = parts;
        if digest != self.digest {
            return Err(wrong());
        }
        if database != self.database || changed > self.end(app).await?.changed {
            return Ok(Start::fresh("the token is of another database, or of one before it was restored"));
        }
        Ok(Start { place: Place { changed, id }, fresh_because: None })
    }

    /// After everything that is there by now.
    pub(super) async fn end(&self, app: &App) -> Result<Place, ServiceError> {
        Ok(changes::end(app.store.readers(), self.table, &self.columns()).await?)
    }

    /// Whether something has changed that may not be read yet.
    pub(super) async fn is_behind(&self, app: &App) -> Result<bool, ServiceError> {
        Ok(changes::is_behind(app.store.readers(), self.table, &self.columns()).await?)
    }

    fn columns(&self) -> Vec<(&str, &str)> {
        self.columns.iter().map(|(column, value)| (*column, value.as_str())).collect()
    }
}

impl Start {
    fn fresh(because: &str) -> Start {
        Start { place: Place::START, fresh_because: Some(because.to_owned()) }
    }
}
