//! Looking at jobs, up to a hundred with one call.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::call::{Operation, Service};
use super::status::Job;
use crate::web::CallError;
use crate::web::limits::Bucket;

/// Most jobs that one call is about.
const JOBS: usize = 100;
/// How long the first who asks waits for others.
const GATHERED: Duration = Duration::from_millis(10);

type Answer = Result<Option<Job>, CallError>;

/// Who waits for a look, by job.
type Asked = BTreeMap<String, Vec<oneshot::Sender<Answer>>>;

#[derive(Debug, Default)]
struct Waiting {
    asked: Asked,
    /// Whether somebody makes calls.
    calls: bool,
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    jobs: Vec<Job>,
}

/// Looks at jobs.
#[derive(Clone, Debug)]
pub(super) struct Looks {
    service: Arc<Service>,
    bucket: Bucket,
    waiting: Arc<Mutex<Waiting>>,
}

impl Looks {
    pub(super) fn new(service: Arc<Service>, bucket: Bucket) -> Looks {
        Looks { service, bucket, waiting: Arc::default() }
    }

    /// How a job stands; `None` when there is none of this id.
    pub(super) async fn look(&self, id: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut waiting = self.waiting();
            waiting.asked.entry(id.to_owned()).or_default().push(answer);
            !std::mem::replace(&mut waiting.calls, true)
        };
        if begins {
            tokio::spawn(self.clone().calls());
        }
        // It is dropped unanswered only when the runtime ends.
        answered.await.unwrap_or_else(|_| Err(CallError::Away("the propeller stops".to_owned())))
    }

    /// Makes calls as long as somebody waits.
    async fn calls(self) {
        loop {
            tokio::time::sleep(GATHERED).await;
            if !self.goes_on() {
                return;
            }
            self.bucket.take().await;
            let (looks, asked) = (self.clone(), self.take());
            // A slow answer holds up nobody else.
            tokio::spawn(async move { looks.call(asked).await });
        }
    }

    /// Whether somebody waits. If not, whoever asks next begins again.
    fn goes_on(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.calls = !waiting.asked.is_empty();
        waiting.calls
    }

    /// Those who are answered by the next call.
    fn take(&self) -> Asked {
        let mut waiting = self.waiting();
        let rest = waiting.asked.keys().nth(JOBS).cloned();
        let rest = rest.map_or_else(Asked::new, |from| waiting.asked.split_off(&from));
        std::mem::replace(&mut waiting.asked, rest)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(&self, mut asked: Asked) {
        // Who has gone meanwhile is not asked for.
        asked.retain(|_, answers| answers.iter().any(|answer| !answer.is_closed()));
        if asked.is_empty() {
            return;
        }
        let ids: Vec<&String> = asked.keys().collect();
        let answer: Result<Described, CallError> =
            self.service.call(Operation::DescribeJobs, &json!({ "jobs": ids })).await;
        let found: Result<HashMap<String, Job>, CallError> =
            answer.map(|found| found.jobs.into_iter().map(|job| (job.job_id.clone(), job)).collect());
        for (id, answers) in asked {
            let job = found.as_ref().map(|found| found.get(&id).cloned()).map_err(Clone::clone);
            for answer in answers {
                // Who asked may have gone.
                let _ = answer.send(job.clone());
            }
        }
    }
}
