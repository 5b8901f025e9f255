//! Forms and who sends them: fields that come once, and the client that a request is of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use super::PUBLIC_CLIENT;
use super::refusal::Refusal;
use crate::identity::secret;
use crate::server::App;
use crate::store::clients;

/// The fields of a form. Fields that nobody knows are passed over, as the standard asks.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn new(fields: Vec<(String, String)>) -> Fields {
        Fields(fields)
    }

    /// A field; empty when it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a field comes more often than once.
    pub(super) fn repeats(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.iter().filter(|(key, _)| key == name).count() > 1)
    }
}

/// A client that has shown to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// The one of command lines, which has no secret.
    Public,
    /// A program with a secret of its own.
    Program(String),
}

impl Client {
    pub(super) fn name(&self) -> &str {
        match self {
            Client::Public => PUBLIC_CLIENT,
            Client::Program(name) => name,
        }
    }
}

/// The client of a request: by Basic, or by fields of the form. Who has no secret may send an empty one.
pub(super) async fn client(app: &App, headers: &HeaderMap, fields: &Fields) -> Result<Client, Refusal> {
    let given = match basic(headers) {
        Some(Some(sent)) => {
            let read = (decoded(&sent.0), decoded(&sent.1));
            if read == sent { vec![sent] } else { vec![read, sent] }
        }
        Some(None) => return Err(Refusal::client()),
        None => vec![(fields.get("client_id").to_owned(), fields.get("client_secret").to_owned())],
    };
    if given.iter().any(|(id, secret)| id == PUBLIC_CLIENT && secret.is_empty()) {
        return Ok(Client::Public);
    }
    // Form-decoded as the standard has it, then as it was sent: clients differ.
    for (id, secret) in given {
        app.access.limits.check_tries(&format!("client:{id}")).map_err(|_| Refusal::busy())?;
        let known = clients::find(app.store.readers(), &id).await.map_err(|error| Refusal::fault(&error))?;
        let kept = known.filter(|client| client.disabled == 0).map(|client| client.secret_hash);
        if is(secret, kept).await {
            return Ok(Client::Program(id));
        }
    }
    Err(Refusal::client())
}

/// Whether a password is the one of a hash; a few at a time, as each takes memory and a while.
pub(super) async fn is(password: String, kept: Option<String>) -> bool {
    static FEW: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
    let Ok(_turn) = FEW.acquire().await else { return false };
    let checked = tokio::task::spawn_blocking(move || secret::is(&password, kept.as_deref())).await;
    checked.unwrap_or_default()
}

/// Name and secret of `Authorization: Basic`, as they were sent; an inner `None` for a header that is none.
fn basic(headers: &HeaderMap) -> Option<Option<(String, String)>> {
    let header = headers.get(header::AUTHORIZATION)?;
    let read = || {
        let (scheme, text) = header.to_str().ok()?.split_once(' ')?;
        let bytes = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(text.trim()).ok())??;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    };
    Some(read())
}

/// A text as a form encodes it, undone.
fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_read_as_it_was_sent() {
        let read =
            |text: &str| basic(&HeaderMap::from_iter([(header::AUTHORIZATION, text.parse().unwrap())]));
        let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(read(&encoded("a:b:c")), Some(Some(("a".into(), "b:c".into()))));
        assert_eq!(read(&encoded("flytectl:")), Some(Some(("flytectl".into(), String::new()))));
        for odd in ["Basic", "Basic !", "Bearer x", "Basic YQ=="] {
            assert_eq!(read(odd), Some(None), "{odd}");
        }
        assert_eq!(basic(&HeaderMap::new()), None);
        assert_eq!(decoded("a+b%2Bc%25"), "a b+c%");
    }
}
