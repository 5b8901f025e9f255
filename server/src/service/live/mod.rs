//! Streams of changes: each reads rows in the order in which they changed, from a place on.
//!
//! A stream holds one page and no history. Who reads slowly is sent the last state of what changed
//! meanwhile; who comes back with a token goes on where the token is, however long ago that was.

mod token;
mod watch_execution;
mod watch_executions;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aileron_idl::aileron::v1::Progress;
use aileron_idl::core::WorkflowExecutionIdentifier;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::Instant;
use tonic::Status;

use crate::bell::Listener;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::changes::Place;
use token::Scope;

/// What an RPC answers.
pub(crate) type Changes<M> = BoxStream<'static, Result<M, Status>>;

/// Most rows of one message.
const PAGE: i64 = 500;
/// A stream says at least this often that it is alive, and where it is.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Changes that other servers make are seen this late at most.
const RECHECK: Duration = Duration::from_secs(1);
/// What changes within it comes in one message.
const GATHER: Duration = Duration::from_millis(30);

/// What a stream reads.
trait Source: Send + Sync + 'static {
    type Message: Send + 'static;

    /// What has changed after a place, a page of it at most.
    fn read(
        &mut self,
        app: &App,
        after: Place,
    ) -> impl Future<Output = Result<Read<Self::Message>, ServiceError>> + Send;

    /// A message without rows.
    fn nothing() -> Self::Message;

    /// Says in a message where the stream is after it.
    fn set_progress(message: &mut Self::Message, progress: Progress);

    /// The execution whose changes matter, if it is one alone.
    fn of(&self) -> Option<&WorkflowExecutionIdentifier>;
}

/// One page.
struct Read<M> {
    /// None when there is nothing to tell.
    message: Option<M>,
    /// Where the page ends.
    place: Place,
    /// Whether nothing is left.
    caught_up: bool,
}

/// A stream as it goes on.
struct Watch<S> {
    app: Arc<App>,
    source: S,
    scope: Scope,
    place: Place,
    /// Hears from before the first page is read.
    listener: Listener<WorkflowExecutionIdentifier>,
    /// Until it is told.
    fresh_because: Option<String>,
    /// Whether the last message said so.
    caught_up: bool,
}

/// Streams what a source has from a place on, until the server stops.
fn watch<S: Source>(app: Arc<App>, source: S, scope: Scope, start: token::Start) -> Changes<S::Message> {
    let listener = app.rows_changed.listen();
    let token::Start { place, fresh_because } = start;
    let watch = Watch { app, source, scope, place, listener, fresh_because, caught_up: false };
    stream::unfold(Some(watch), |watch| async move {
        let mut watch = watch?;
        match watch.next().await {
            Ok(Some(message)) => Some((Ok(message), Some(watch))),
            Ok(None) => {
                let stopping = "the server is stopping; go on with the token of the last message";
                Some((Err(Status::unavailable(stopping)), None))
            }
            Err(error) => Some((Err(error.into()), None)),
        }
    })
    .boxed()
}

impl<S: Source> Watch<S> {
    /// The next message; none when the server stops.
    async fn next(&mut self) -> Result<Option<S::Message>, ServiceError> {
        let silent_until = Instant::now() + HEARTBEAT;
        loop {
            let Read { message, place, caught_up } = self.source.read(&self.app, self.place).await?;
            self.place = place;
            let is_news = message.is_some() || self.fresh_because.is_some() || caught_up != self.caught_up;
            if is_news || Instant::now() >= silent_until {
                self.caught_up = caught_up;
                let mut message = message.unwrap_or_else(S::nothing);
                S::set_progress(&mut message, self.progress());
                return Ok(Some(message));
            }
            if self.app.stopping.is_cancelled() {
                return Ok(None);
            }
            if caught_up {
                self.rest().await;
            }
        }
    }

    fn progress(&mut self) -> Progress {
        Progress {
            token: self.scope.token(self.place),
            caught_up: self.caught_up,
            fresh_because: self.fresh_because.take().unwrap_or_default(),
        }
    }

    /// Until something may have changed.
    async fn rest(&mut self) {
        let heard = async {
            match self.source.of() {
                Some(id) => self.listener.heard(id).await,
                None => self.listener.heard_any().await,
            }
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            () = heard => {}
            () = tokio::time::sleep(RECHECK) => {}
            () = self.app.stopping.cancelled() => {}
        }
    }
}
