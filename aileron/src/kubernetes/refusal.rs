//! What the cluster's answers mean for a hand-over.

use aileron_server::HandoverError;
use kube::Error;
use kube::core::Status;

/// Whether to try again, or to fail the execution with what the cluster said.
pub(super) fn of(error: Error) -> HandoverError {
    match error {
        Error::Api(answer) => of_answer(&answer),
        error => HandoverError::Unavailable(format!("the cluster does not answer: {error}")),
    }
}

fn of_answer(answer: &Status) -> HandoverError {
    let said = &answer.message;
    let refused = |code: &str, message: String| HandoverError::Refused { code: code.to_owned(), message };
    match answer.code {
        // A namespace that goes away comes again; a full one empties.
        403 if said.contains("is being terminated") || said.contains("exceeded quota") => {
            HandoverError::Unavailable(said.clone())
        }
        403 => refused(
            "Forbidden",
            format!(
                "the cluster does not let this server make the workflow: {said}; see the roles in the chart"
            ),
        ),
        400 | 422 => refused("BadObject", format!("the cluster does not take the workflow: {said}")),
        413 => refused("TooLarge", format!("the workflow is too large for the cluster: {said}")),
        // The namespace has gone since it was made, or the definition is not there yet.
        404 => HandoverError::Unavailable(format!(
            "{said}; is the definition of flyteworkflows applied? (`aileron crd | kubectl apply -f -`)"
        )),
        _ => HandoverError::Unavailable(format!("{} ({})", said, answer.code)),
    }
}

/// Whether an error says that the thing is not there.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Api(answer) if answer.code == 404)
}

/// Whether an error says that the thing is there already.
pub(super) fn is_there(error: &Error) -> bool {
    matches!(error, Error::Api(answer) if answer.code == 409)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: u16, message: &str) -> HandoverError {
        of(Error::Api(Box::new(Status { code, message: message.to_owned(), ..Status::default() })))
    }

    #[test]
    fn what_can_pass_is_tried_again_and_what_cannot_fails() {
        let again = [
            (429, "too many requests"),
            (500, "etcdserver: leader changed"),
            (404, "namespaces \"p-d\" not found"),
            (403, "unable to create new content in namespace p-d because it is being terminated"),
            (403, "exceeded quota: project-quota, requested: count/flyteworkflows=1"),
        ];
        for (code, message) in again {
            assert!(matches!(answered(code, message), HandoverError::Unavailable(_)), "{message}");
        }
        for (code, message, name) in [
            (403, "flyteworkflows is forbidden: User cannot create resource", "Forbidden"),
            (422, "executionId: Required value", "BadObject"),
            (413, "request entity too large", "TooLarge"),
        ] {
            let HandoverError::Refused { code, message: told } = answered(code, message) else {
                panic!("{message} is tried again");
            };
            assert!(code == name && told.contains(message), "{code}: {told}");
        }
    }
}
