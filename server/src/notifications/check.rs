//! Notifications: who is told of the end of an execution, and of which ends.

use aileron_idl::admin::{Notification, notification};
use aileron_idl::core::workflow_execution::Phase;

use crate::error::ServiceError;
use crate::events::Phase as _;

/// Refuses a notification that nobody would get, or of a phase that is no end.
pub(crate) fn check(field: &str, notifications: &[Notification]) -> Result<(), ServiceError> {
    notifications.iter().enumerate().try_for_each(|(index, one)| check_one(&format!("{field}[{index}]"), one))
}

fn check_one(field: &str, notification: &Notification) -> Result<(), ServiceError> {
    let recipients = match &notification.r#type {
        Some(notification::Type::Email(email)) => &email.recipients_email,
        Some(notification::Type::PagerDuty(pager)) => &pager.recipients_email,
        Some(notification::Type::Slack(slack)) => &slack.recipients_email,
        None => return Err(ServiceError::Missing(format!("{field}.type"))),
    };
    if recipients.is_empty() || recipients.iter().any(String::is_empty) {
        return Err(ServiceError::Missing(format!("{field}.recipients_email")));
    }
    if notification.phases.is_empty() {
        return Err(ServiceError::Missing(format!("{field}.phases")));
    }
    for phase in &notification.phases {
        let known = Phase::try_from(*phase);
        if !known.is_ok_and(|phase| phase.is_terminal()) {
            let text = known.map_or_else(|_| phase.to_string(), |phase| phase.as_str_name().to_owned());
            let problem = "use SUCCEEDED, FAILED, ABORTED or TIMED_OUT: only an end is told";
            return Err(ServiceError::invalid(format!("{field}.phases"), &text, problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::{EmailNotification, SlackNotification};

    #[test]
    fn a_notification_has_somebody_and_an_end() {
        let email = |recipients: &[&str]| {
            let recipients_email = recipients.iter().map(|recipient| (*recipient).to_owned()).collect();
            Some(notification::Type::Email(EmailNotification { recipients_email, ..Default::default() }))
        };
        let nobody = Some(notification::Type::Slack(SlackNotification::default()));
        for (phases, kind, expected) in [
            (vec![4, 6, 7, 8], email(&["a@b.c"]), ""),
            (vec![], email(&["a@b.c"]), "missing n[0].phases"),
            (vec![2], email(&["a@b.c"]), "value:[RUNNING]"),
            (vec![99], email(&["a@b.c"]), "value:[99]"),
            (vec![4], email(&["a@b.c", ""]), "missing n[0].recipients_email"),
            (vec![4], nobody, "missing n[0].recipients_email"),
            (vec![4], None, "missing n[0].type"),
        ] {
            let checked = check("n", &[Notification { phases, r#type: kind }]);
            let text = checked.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(text.contains(expected) && text.is_empty() == expected.is_empty(), "{expected}: {text}");
        }
    }
}
