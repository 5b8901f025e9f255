//! Taking in events: those of a moment are one transaction, however many report them.
//!
//! While one batch commits the next one gathers. The events of one execution go through one lane, in the order
//! in which they came. A batch that the store refuses is tried again event by event, so that what is wrong with
//! one hurts no other.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use aileron_crd::ExecutionEvent;
use tokio::sync::{mpsc, oneshot};

use crate::error::ServiceError;
use crate::service::record_batch;
use crate::store::{Store, StoreError};

/// Reports in one transaction, and reports that wait.
const BATCH: usize = 128;
/// Transactions at once, where there may be several.
const LANES: usize = 3;

type Answers = Vec<Result<(), ServiceError>>;

/// Who records. Its tasks end with it.
#[derive(Debug)]
pub(crate) struct Recorder {
    lanes: Vec<mpsc::Sender<Report>>,
}

/// Events that somebody waits for.
struct Report {
    events: Vec<ExecutionEvent>,
    reply: oneshot::Sender<Answers>,
}

impl Recorder {
    /// Begins to record into a store.
    pub(crate) fn start(store: &Store) -> Recorder {
        let lanes = if store.is_shared() { LANES } else { 1 };
        let lane = |_| {
            let (reports, queue) = mpsc::channel(BATCH);
            tokio::spawn(run(store.clone(), queue));
            reports
        };
        Recorder { lanes: (0..lanes).map(lane).collect() }
    }

    /// Records events in order; one answer an event.
    pub(crate) async fn record(&self, events: Vec<ExecutionEvent>) -> Answers {
        let count = events.len();
        let (reply, answers) = oneshot::channel();
        let lane = &self.lanes[self.lane(&events)];
        let sent = lane.send(Report { events, reply }).await.is_ok();
        match answers.await {
            Ok(answers) if sent => answers,
            _ => all_failed(count, || StoreError::Closed.into()),
        }
    }

    fn lane(&self, events: &[ExecutionEvent]) -> usize {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let place = hasher.hash_one(events.iter().find_map(ExecutionEvent::execution));
        usize::try_from(place % self.lanes.len() as u64).unwrap_or_default()
    }
}

async fn run(store: Store, mut queue: mpsc::Receiver<Report>) {
    let mut reports = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut reports, BATCH).await > 0 {
        let mut events = Vec::new();
        let mut replies = Vec::with_capacity(reports.len());
        for report in reports.drain(..) {
            replies.push((report.events.len(), report.reply));
            events.extend(report.events);
        }
        let mut answers = record(&store, events).await.into_iter();
        for (count, reply) in replies {
            // A caller that went away does not want to know.
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
    }
}

async fn record(store: &Store, events: Vec<ExecutionEvent>) -> Answers {
    let events = Arc::new(events);
    match transact(store, &events, 0..events.len()).await {
        Ok(answers) => answers,
        Err(error) if events.len() > 1 && is_of_one_event(&error) => one_by_one(store, &events).await,
        Err(error) => all_failed(events.len(), || error.clone().into()),
    }
}

async fn transact(
    store: &Store,
    events: &Arc<Vec<ExecutionEvent>>,
    part: std::ops::Range<usize>,
) -> Result<Answers, StoreError> {
    let events = events.clone();
    store.write(move |db| Box::pin(async move { record_batch::record(db, &events[part]).await })).await
}

/// When the store itself fails the rest is not tried: it will be sent again, and its order must be kept.
async fn one_by_one(store: &Store, events: &Arc<Vec<ExecutionEvent>>) -> Answers {
    let mut answers = Vec::with_capacity(events.len());
    for at in 0..events.len() {
        match transact(store, events, at..at + 1).await {
            Ok(answer) => answers.extend(answer),
            Err(error) if is_of_one_event(&error) => answers.push(Err(error.into())),
            Err(error) => {
                answers.extend(all_failed(events.len() - at, || error.clone().into()));
                return answers;
            }
        }
    }
    answers
}

/// Whether an error may be about one event of many.
const fn is_of_one_event(error: &StoreError) -> bool {
    matches!(error, StoreError::TooLong(_) | StoreError::Duplicate(_) | StoreError::Sql(_))
}

pub(crate) fn all_failed(count: usize, error: impl Fn() -> ServiceError) -> Answers {
    std::iter::repeat_with(|| Err(error())).take(count).collect()
}
