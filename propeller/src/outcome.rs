//! What an attempt that ended left behind, read as the engine's observation.
//!
//! The order of the checks is part of the contract with tasks: an error, then a workflow that it made,
//! then outputs.

use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::core::container_error::Kind;
use aileron_idl::core::execution_error;
use aileron_idl::core::{ContainerError, DynamicJobSpec, ErrorDocument, LiteralMap};
use aileron_storage::{Storage, StorageError};

use prost::Message;
use prost::bytes::Bytes;

/// What an attempt left.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its outputs.
    Outputs {
        /// The outputs; none for a task that declares none.
        outputs: LiteralMap,
        /// Whether there is a deck.
        deck: bool,
    },
    /// A workflow that gives the outputs.
    Workflow(Box<DynamicJobSpec>),
    /// A failure.
    Failure(Failure),
}

/// What is asked of the attempt.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Whether the task declares outputs.
    pub outputs: bool,
    /// Whether it may leave a deck.
    pub deck: bool,
}

/// Reads what an attempt whose process ended well left below `prefix`.
///
/// An error is the store's and passing; whatever the task may be blamed for is a [`Failure`].
pub async fn read(storage: &Storage, prefix: &str, expected: Expected) -> Result<Outcome, StorageError> {
    let uri = |name: &str| format!("{prefix}/{name}");
    let (futures, error, outputs) = (uri("futures.pb"), uri("error.pb"), uri("outputs.pb"));
    let (futures, error, outputs) =
        tokio::join!(storage.find(&futures), storage.find(&error), storage.find(&outputs));
    if let Some(bytes) = error? {
        return Ok(Outcome::Failure(failure(ErrorDocument::decode(bytes).ok())));
    }
    if let Some(made) = workflow(prefix, futures)? {
        return Ok(made);
    }
    let outputs = match outputs {
        Ok(found) => found.map(LiteralMap::decode),
        Err(StorageError::TooLarge { uri, size }) => return Ok(Outcome::Failure(too_large(&uri, size))),
        Err(error) => return Err(error),
    };
    match outputs {
        Some(Ok(outputs)) => {
            let deck = expected.deck && storage.exists(&uri("deck.html")).await?;
            Ok(Outcome::Outputs { outputs, deck })
        }
        Some(Err(error)) => Ok(Outcome::Failure(undecodable(prefix, &error))),
        None if expected.outputs => Ok(Outcome::Failure(no_outputs(prefix))),
        None => Ok(Outcome::Outputs { outputs: LiteralMap::default(), deck: false }),
    }
}

/// What a task left as a workflow, if it left something there.
fn workflow(
    prefix: &str,
    found: Result<Option<Bytes>, StorageError>,
) -> Result<Option<Outcome>, StorageError> {
    let bytes = match found {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(StorageError::TooLarge { uri, size }) => {
            return Ok(Some(Outcome::Failure(too_large(&uri, size))));
        }
        Err(error) => return Err(error),
    };
    Ok(Some(match DynamicJobSpec::decode(bytes) {
        Ok(spec) => Outcome::Workflow(Box::new(spec)),
        Err(error) => Outcome::Failure(malformed(prefix, &error)),
    }))
}

/// Reads the error that an attempt wrote below `prefix`, if it got to that.
pub async fn read_error(storage: &Storage, prefix: &str) -> Result<Option<Failure>, StorageError> {
    let found = storage.find(&format!("{prefix}/error.pb")).await?;
    Ok(found.map(|bytes| failure(ErrorDocument::decode(bytes).ok())))
}

fn failure(document: Option<ErrorDocument>) -> Failure {
    let unknown = || ContainerError {
        code: "Unknown".to_owned(),
        message: "the task left an error without a text".to_owned(),
        ..Default::default()
    };
    let error = document.and_then(|document| document.error).unwrap_or_else(unknown);
    Failure {
        kind: match error.origin() {
            execution_error::ErrorKind::User => ErrorKind::User,
            execution_error::ErrorKind::System => ErrorKind::System,
            execution_error::ErrorKind::Unknown => ErrorKind::Unknown,
        },
        recoverable: error.kind() == Kind::Recoverable,
        raised_at: error.timestamp.as_ref().map(Timestamp::from),
        code: error.code,
        message: error.message,
        deck: false,
    }
}

fn malformed(prefix: &str, error: &prost::DecodeError) -> Failure {
    let message = format!(
        "what the task left at `{prefix}/futures.pb` is no workflow ({error}); it may be cut short or come \
         from another program"
    );
    Failure { kind: ErrorKind::Unknown, ..Failure::system("MalformedDynamicWorkflow", message) }
}

fn no_outputs(prefix: &str) -> Failure {
    let message = format!("the task ended well but left no outputs at `{prefix}/outputs.pb`");
    Failure { kind: ErrorKind::Unknown, ..Failure::system("OutputsNotFound", message) }
}

fn undecodable(prefix: &str, error: &prost::DecodeError) -> Failure {
    let message = format!("what the task left at `{prefix}/outputs.pb` is not a map of literals: {error}");
    Failure { kind: ErrorKind::Unknown, ..Failure::system("OutputsNotFound", message) }
}

fn too_large(uri: &str, size: u64) -> Failure {
    let limit = aileron_storage::READ_LIMIT;
    let message = format!(
        "the outputs at `{uri}` have {size} bytes; {limit} are the most. Return large data as a file"
    );
    Failure { kind: ErrorKind::User, ..Failure::permanent("OutputSizeExceeded", message) }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::Node;
    use expect_test::{Expect, expect};

    use super::*;

    async fn check(files: &[(&str, Vec<u8>)], expected: Expected, outcome: Expect) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(folder.path()).unwrap();
        let prefix = storage.uri(&["n0", "data", "0"]);
        for (name, bytes) in files {
            storage.put(&format!("{prefix}/{name}"), bytes.clone()).await.unwrap();
        }
        let shown = match read(&storage, &prefix, expected).await.unwrap() {
            Outcome::Outputs { outputs, deck } => format!("{} outputs, deck: {deck}", outputs.literals.len()),
            Outcome::Workflow(spec) => format!("a workflow of {} nodes", spec.nodes.len()),
            Outcome::Failure(Failure { kind, code, message, recoverable, .. }) => {
                let message = message.replace(&prefix, "PREFIX");
                format!("{} {code} recoverable: {recoverable}\n{message}", kind.text())
            }
        };
        outcome.assert_eq(&shown);
    }

    fn error(kind: Kind, origin: execution_error::ErrorKind) -> Vec<u8> {
        let mut error = ContainerError { code: "C".into(), message: "trace".into(), ..Default::default() };
        error.set_kind(kind);
        error.set_origin(origin);
        ErrorDocument { error: Some(error) }.encode_to_vec()
    }

    fn outputs() -> Vec<u8> {
        LiteralMap { literals: [("o0".to_owned(), Default::default())].into() }.encode_to_vec()
    }

    const ALL: Expected = Expected { outputs: true, deck: true };

    #[tokio::test]
    async fn outputs_are_a_success() {
        check(&[("outputs.pb", outputs())], ALL, expect!["1 outputs, deck: false"]).await;
        let files = [("outputs.pb", outputs()), ("deck.html", vec![b'x'])];
        check(&files, ALL, expect!["1 outputs, deck: true"]).await;
        check(&files, Expected { deck: false, ..ALL }, expect!["1 outputs, deck: false"]).await;
        check(&[], Expected { outputs: false, deck: true }, expect!["0 outputs, deck: false"]).await;
    }

    #[tokio::test]
    async fn an_error_wins_over_outputs() {
        use execution_error::ErrorKind::{System, User};
        check(
            &[("outputs.pb", outputs()), ("error.pb", error(Kind::NonRecoverable, User))],
            ALL,
            expect![[r#"
                USER C recoverable: false
                trace"#]],
        )
        .await;
        check(
            &[("error.pb", error(Kind::Recoverable, System))],
            ALL,
            expect![[r#"
                SYSTEM C recoverable: true
                trace"#]],
        )
        .await;
        check(
            &[("error.pb", Vec::new())],
            ALL,
            expect![[r#"
                UNKNOWN Unknown recoverable: false
                the task left an error without a text"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn missing_or_broken_outputs_are_tried_again() {
        check(
            &[],
            ALL,
            expect![[r#"
                UNKNOWN OutputsNotFound recoverable: true
                the task ended well but left no outputs at `PREFIX/outputs.pb`"#]],
        )
        .await;
        check(
            &[("outputs.pb", b"\xff".to_vec())],
            ALL,
            expect![[r#"
                UNKNOWN OutputsNotFound recoverable: true
                what the task left at `PREFIX/outputs.pb` is not a map of literals: failed to decode Protobuf message: invalid varint"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_workflow_goes_before_outputs_and_after_an_error() {
        let spec =
            || DynamicJobSpec { nodes: vec![Default::default()], ..Default::default() }.encode_to_vec();
        let files = [("futures.pb", spec()), ("outputs.pb", outputs())];
        check(&files, ALL, expect!["a workflow of 1 nodes"]).await;
        let user = execution_error::ErrorKind::User;
        check(
            &[("futures.pb", spec()), ("error.pb", error(Kind::NonRecoverable, user))],
            ALL,
            expect![[r#"
                USER C recoverable: false
                trace"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_workflow_that_is_cut_in_half_is_told() {
        let node = Node { id: "a node whose name is long".into(), ..Default::default() };
        let whole = DynamicJobSpec { nodes: vec![node], ..Default::default() }.encode_to_vec();
        check(
            &[("futures.pb", whole[..whole.len() / 2].to_vec())],
            ALL,
            expect![[r#"
                UNKNOWN MalformedDynamicWorkflow recoverable: true
                what the task left at `PREFIX/futures.pb` is no workflow (failed to decode Protobuf message: DynamicJobSpec.nodes: buffer underflow); it may be cut short or come from another program"#]],
        )
        .await;
    }
}
