//! The ways by which people are told: a mail server, and an address that is called.

use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::message::Message;
use crate::identity::secret::Secret;

/// How long one way may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How people are told of the ends of executions.
#[derive(Clone, Debug)]
pub struct Notifications {
    /// The mail server; without one no mail is sent.
    pub smtp: Option<Smtp>,
    /// Called with each notification, as JSON by POST.
    pub webhook: Option<String>,
    /// The subject of mails, with names in double braces: `{{ project }}`, `{{ domain }}`, `{{ name }}`, `{{ phase }}`,
    /// `{{ error }}`, `{{ url }}`, and `{{ workflow.name }}`, `{{ launch_plan.version }}` and the like.
    pub subject: String,
    /// Their text, likewise.
    pub body: String,
    /// How long to wait after the first try that failed; each further one doubles it, to four hours.
    pub first_wait: Duration,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// `smtps://HOST:PORT`, or `smtp://HOST:PORT` with `?tls=required`, `?tls=opportunistic` or without TLS.
    pub url: String,
    /// From whom mails come: an address, or `Name <address>`.
    pub sender: String,
    /// Name and password, where the server asks for them.
    pub login: Option<(String, Secret)>,
}

impl Default for Notifications {
    fn default() -> Self {
        Notifications {
            smtp: None,
            webhook: None,
            subject: "{{ project }}/{{ domain }}/{{ name }}: {{ phase }}".to_owned(),
            body: "The execution {{ name }} of {{ workflow.name }} in {{ project }}/{{ domain }} is {{ phase }}.\n\n\
                   {{ error }}\n\n{{ url }}\n"
                .to_owned(),
            first_wait: Duration::from_secs(5),
        }
    }
}

/// Why settings name nobody who could tell.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The mail server's address is none.
    #[error("`{url}` is no mail server; write smtps://HOST:PORT, or smtp://HOST:PORT?tls=required")]
    Server {
        /// What was given.
        url: String,
        /// What is wrong with it.
        source: lettre::transport::smtp::Error,
    },
    /// The sender is no address.
    #[error("`{0}` is no sender; write an address, or `Name <address>`")]
    Sender(String),
    /// What is to be called is no address.
    #[error("`{0}` is no address that can be called; write https://HOST/PATH")]
    Webhook(String),
    /// No connections can be made.
    #[error("failed to set up calls of the webhook")]
    Outgoing(#[from] reqwest::Error),
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum SinkError {
    /// Trying again would change nothing.
    #[error("{0}")]
    Refused(String),
    /// It may be otherwise later.
    #[error("{0}")]
    Failed(String),
}

/// One way.
pub(super) enum Sink {
    Mail { transport: Box<AsyncSmtpTransport<Tokio1Executor>>, sender: Mailbox },
    Webhook { client: reqwest::Client, url: String },
}

impl Sink {
    /// The ways that the settings name.
    pub(super) fn all(settings: &Notifications) -> Result<Vec<Sink>, NotificationsError> {
        let mail = settings.smtp.as_ref().map(mail).transpose()?;
        let webhook = settings.webhook.as_deref().map(webhook).transpose()?;
        Ok(mail.into_iter().chain(webhook).collect())
    }

    /// By which it is known which of them have been told.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Sink::Mail { .. } => "mail",
            Sink::Webhook { .. } => "webhook",
        }
    }

    /// Tells.
    pub(super) async fn tell(&self, message: &Message) -> Result<(), SinkError> {
        match self {
            Sink::Mail { transport, sender } => {
                let mail = compose(sender, message)?;
                transport.send(mail).await.map(drop).map_err(|error| {
                    let told = with_causes(&error);
                    if error.is_permanent() { SinkError::Refused(told) } else { SinkError::Failed(told) }
                })
            }
            Sink::Webhook { client, url } => {
                let failed = |error: reqwest::Error| SinkError::Failed(with_causes(&error.without_url()));
                let request = client.post(url).header(http::header::CONTENT_TYPE, "application/json");
                let answer = request.body(message.json.to_string()).send().await.map_err(failed)?;
                let status = answer.status();
                let told = format!("the webhook answered {status}");
                match status.as_u16() {
                    200..300 => Ok(()),
                    408 | 425 | 429 | 500.. => Err(SinkError::Failed(told)),
                    _ => Err(SinkError::Refused(told)),
                }
            }
        }
    }
}

fn mail(smtp: &Smtp) -> Result<Sink, NotificationsError> {
    let sender: Mailbox = smtp.sender.parse().map_err(|_| NotificationsError::Sender(smtp.sender.clone()))?;
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&smtp.url);
    let mut builder = builder
        .map_err(|source| NotificationsError::Server { url: smtp.url.clone(), source })?
        .timeout(Some(PATIENCE));
    if let Some((name, password)) = &smtp.login {
        builder = builder.credentials(Credentials::new(name.clone(), password.reveal().to_owned()));
    }
    Ok(Sink::Mail { transport: Box::new(builder.build()), sender })
}

fn webhook(url: &str) -> Result<Sink, NotificationsError> {
    let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if parsed.is_none() {
        return Err(NotificationsError::Webhook(url.to_owned()));
    }
    // The binary has said so before; who uses this crate otherwise need not know.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    Ok(Sink::Webhook { client: builder.user_agent("aileron").build()?, url: url.to_owned() })
}

/// A mail to all recipients that are addresses.
fn compose(sender: &Mailbox, message: &Message) -> Result<lettre::Message, SinkError> {
    let (good, bad): (Vec<_>, Vec<_>) = message
        .recipients
        .iter()
        .map(|text| text.parse::<Address>().map_err(|_| text))
        .partition(Result::is_ok);
    for recipient in bad.into_iter().filter_map(Result::err) {
        tracing::warn!(recipient, "a notification has a recipient that is no address");
    }
    let mut mail = lettre::Message::builder().from(sender.clone()).subject(message.subject.clone());
    for address in good.into_iter().filter_map(Result::ok) {
        mail = mail.to(Mailbox::new(None, address));
    }
    mail.header(ContentType::TEXT_PLAIN)
        .body(message.body.clone())
        .map_err(|error| SinkError::Refused(format!("there is no mail to send: {error}")))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str, sender: &str) -> Notifications {
        let smtp = Smtp { url: url.to_owned(), sender: sender.to_owned(), login: None };
        Notifications { smtp: Some(smtp), ..Notifications::default() }
    }

    #[tokio::test]
    async fn wrong_settings_are_told() {
        for (url, sender, expected) in [
            ("smtps://mail.test:465", "aileron@mail.test", ""),
            ("smtp://mail.test:587?tls=required", "Aileron <aileron@mail.test>", ""),
            ("http://mail.test", "aileron@mail.test", "`http://mail.test` is no mail server"),
            ("mail.test:25", "aileron@mail.test", "is no mail server"),
            ("smtp://mail.test", "aileron", "`aileron` is no sender"),
        ] {
            let told = Sink::all(&smtp(url, sender)).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{url}: {told}");
        }
        assert!(Sink::all(&Notifications::default()).unwrap().is_empty());
    }

    #[test]
    fn a_mail_goes_to_those_who_have_an_address() {
        let sender: Mailbox = "aileron@mail.test".parse().unwrap();
        let message = |recipients: &[&str]| Message {
            recipients: recipients.iter().map(|text| (*text).to_owned()).collect(),
            subject: "s".to_owned(),
            body: "b".to_owned(),
            json: serde_json::Value::Null,
        };
        let mail = compose(&sender, &message(&["a@b.test", "nobody", "c@d.test\r\nBcc: e@f.test"])).unwrap();
        let to: Vec<String> = mail.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(to, ["a@b.test"]);
        assert!(matches!(compose(&sender, &message(&["nobody"])), Err(SinkError::Refused(_))));
    }
}
