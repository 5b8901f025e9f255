//! What is told: the operator's texts, with what is known of the execution in them.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{Execution, Notification, notification};
use aileron_idl::core::{Identifier, WorkflowExecutionIdentifier};
use serde_json::{Value, json};

/// One notification, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) recipients: Vec<String>,
    pub(super) subject: String,
    pub(super) body: String,
    /// The same as an object, for programs.
    pub(super) json: Value,
}

/// Texts with names in double braces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts<'t> {
    pub(super) subject: &'t str,
    pub(super) body: &'t str,
}

/// Makes the message of a notification; `console` is where the pages of executions are.
pub(super) fn message(
    texts: Texts<'_>,
    execution: Execution,
    notification: &Notification,
    console: &str,
) -> Message {
    let (kind, recipients) = addressed(notification);
    let known = Known::of(execution, console);
    let subject = filled(texts.subject, &known).replace(char::is_control, " ");
    let body = filled(texts.body, &known);
    let json = json!({
        "kind": kind,
        "recipients": recipients,
        "execution": { "project": known.id.project, "domain": known.id.domain, "name": known.id.name },
        "phase": known.phase,
        "error": known.error,
        "workflow": named(&known.workflow),
        "launch_plan": named(&known.launch_plan),
        "url": known.url,
        // What Slack's own webhooks show.
        "text": format!("{subject}\n{body}"),
    });
    Message { recipients: recipients.to_vec(), subject, body, json }
}

fn addressed(notification: &Notification) -> (&'static str, &[String]) {
    match &notification.r#type {
        Some(notification::Type::Email(email)) => ("email", &email.recipients_email),
        Some(notification::Type::PagerDuty(pager)) => ("pager_duty", &pager.recipients_email),
        Some(notification::Type::Slack(slack)) => ("slack", &slack.recipients_email),
        None => ("email", &[]),
    }
}

fn named(id: &Identifier) -> Value {
    json!({ "project": id.project, "domain": id.domain, "name": id.name, "version": id.version })
}

/// What texts can name.
struct Known {
    id: WorkflowExecutionIdentifier,
    phase: &'static str,
    error: String,
    workflow: Identifier,
    launch_plan: Identifier,
    url: String,
}

impl Known {
    fn of(execution: Execution, console: &str) -> Known {
        let id = execution.id.unwrap_or_default();
        let closure = execution.closure.unwrap_or_default();
        let phase = closure.phase().as_str_name();
        let error = match closure.output_result {
            Some(OutputResult::Error(error)) => error.message,
            Some(OutputResult::AbortMetadata(abort)) => abort.cause,
            _ => String::new(),
        };
        let url = format!("{console}/projects/{}/domains/{}/executions/{}", id.project, id.domain, id.name);
        Known {
            id,
            phase,
            error,
            workflow: closure.workflow_id.unwrap_or_default(),
            launch_plan: execution.spec.and_then(|spec| spec.launch_plan).unwrap_or_default(),
            url,
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        Some(match name {
            "project" => &self.id.project,
            "domain" => &self.id.domain,
            "name" => &self.id.name,
            "phase" => self.phase,
            "error" => &self.error,
            "url" => &self.url,
            _ => match name.split_once('.')? {
                ("workflow", field) => part(&self.workflow, field)?,
                ("launch_plan", field) => part(&self.launch_plan, field)?,
                _ => return None,
            },
        })
    }
}

fn part<'i>(id: &'i Identifier, field: &str) -> Option<&'i str> {
    Some(match field {
        "project" => &id.project,
        "domain" => &id.domain,
        "name" => &id.name,
        "version" => &id.version,
        _ => return None,
    })
}

/// A text with each `{{ name }}` replaced; a name that is not known stays as it is.
fn filled(text: &str, known: &Known) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let named = after.split_once("}}").and_then(|(name, rest)| Some((known.value(name.trim())?, rest)));
        let (value, after) = named.unwrap_or(("{{", after));
        filled.push_str(value);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::{ExecutionClosure, ExecutionSpec, PagerDutyNotification, SlackNotification};
    use aileron_idl::core::{ExecutionError, workflow_execution::Phase};

    fn id(name: &str, version: &str) -> Identifier {
        Identifier {
            project: "p".into(),
            domain: "d".into(),
            name: name.into(),
            version: version.into(),
            ..Identifier::default()
        }
    }

    fn failed() -> Execution {
        let error = ExecutionError { message: "it\nbroke {{ name }}".into(), ..ExecutionError::default() };
        let mut closure = ExecutionClosure {
            workflow_id: Some(id("wf", "v1")),
            output_result: Some(OutputResult::Error(error)),
            ..ExecutionClosure::default()
        };
        closure.set_phase(Phase::Failed);
        Execution {
            id: Some(WorkflowExecutionIdentifier {
                project: "p".into(),
                domain: "d".into(),
                name: "e".into(),
                ..WorkflowExecutionIdentifier::default()
            }),
            spec: Some(ExecutionSpec { launch_plan: Some(id("lp", "v2")), ..ExecutionSpec::default() }),
            closure: Some(closure),
        }
    }

    /// What comes in by a name is no text of the operator's: its braces stay.
    #[test]
    fn texts_are_filled_with_what_is_known() {
        let recipients_email = vec!["a@b.c".to_owned(), "d@e.f".to_owned()];
        let slack = SlackNotification { recipients_email: recipients_email.clone(), ..Default::default() };
        let slack = Notification { phases: vec![5], r#type: Some(notification::Type::Slack(slack)) };
        let texts = Texts {
            subject: "{{project}}/{{ domain }}/{{  name }} {{ phase }}: {{ error }}",
            body: "{{ workflow.name }}:{{ workflow.version }} {{ launch_plan.name }} {{ nothing }} {{ {{ url }} {{",
        };
        let told = message(texts, failed(), &slack, "http://h/console");
        assert_eq!(told.recipients, recipients_email);
        assert_eq!(told.subject, "p/d/e FAILED: it broke {{ name }}");
        let url = "http://h/console/projects/p/domains/d/executions/e";
        assert_eq!(told.body, format!("wf:v1 lp {{{{ nothing }}}} {{{{ {url} {{{{"));
        assert_eq!(told.json["kind"], "slack");
        assert_eq!(told.json["phase"], "FAILED");
        assert_eq!(told.json["error"], "it\nbroke {{ name }}");
        assert_eq!(told.json["workflow"]["version"], "v1");
        let pager =
            notification::Type::PagerDuty(PagerDutyNotification { recipients_email, ..Default::default() });
        let pager = Notification { phases: vec![5], r#type: Some(pager) };
        assert_eq!(message(texts, failed(), &pager, "").json["kind"], "pager_duty");
    }
}
