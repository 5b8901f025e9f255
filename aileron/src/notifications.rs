//! Who tells people of the ends of executions, of the settings.

use aileron_server::{Notifications, Secret, Smtp};
use anyhow::{Result, bail};

use crate::secret_file;
use crate::settings::Settings;

/// The ways by which people are told.
pub(crate) fn notifications(settings: &Settings) -> Result<Notifications> {
    let usual = Notifications::default();
    Ok(Notifications {
        smtp: smtp(settings)?,
        webhook: settings.notification_webhook.clone(),
        subject: settings.mail_subject.clone().unwrap_or(usual.subject),
        body: settings.mail_body.clone().unwrap_or(usual.body),
        ..usual
    })
}

fn smtp(settings: &Settings) -> Result<Option<Smtp>> {
    let Some(url) = settings.smtp_url.clone() else { return Ok(None) };
    let Some(sender) = settings.mail_sender.clone() else {
        bail!("mail_sender: it is needed with smtp_url; give the address that mails come from")
    };
    let login = match (&settings.smtp_user, &settings.smtp_password_file) {
        (None, None) => None,
        (Some(user), Some(path)) => {
            Some((user.clone(), Secret::new(secret_file::read("smtp_password_file", path)?)))
        }
        _ => bail!("smtp_user and smtp_password_file: one is of no use without the other; give both"),
    };
    Ok(Some(Smtp { url, sender, login }))
}
