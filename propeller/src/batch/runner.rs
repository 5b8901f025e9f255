//! Tasks that AWS Batch takes go there; all others go the driver's own way.

use std::sync::Arc;

use aileron_engine::{AttemptSeen, ErrorKind, Failure};
use aileron_idl::core::TaskTemplate;
use aileron_idl::core::task_template::Target;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Operation;
use super::status::{Job as Told, Pages};
use super::submission::{self, Submission, View};
use super::{Batch, TASK_TYPE};
use crate::container::environment::environment;
use crate::run::{Attempt, Halt, Step, TaskRunner};
use crate::web::job::Job;
use crate::web::limits::Limits;
use crate::web::pause::Pace;
use crate::web::{CallError, Resource, WebApi};

/// What Batch is called in events.
const PLUGIN: &str = "aws-batch";
/// Why a job is ended.
const REASON: &str = "its attempt was ended: the execution was aborted, or the attempt took too long";

/// A driver's way to run tasks, with AWS Batch before it.
pub(super) struct Batched {
    pub(super) batch: Option<Batch>,
    pub(super) otherwise: Arc<dyn TaskRunner>,
}

impl Batched {
    fn batch_for(&self, task: &TaskTemplate) -> Option<&Batch> {
        self.batch.as_ref().filter(|batch| batch.takes(&task.r#type))
    }
}

impl TaskRunner for Batched {
    fn run<'a>(&'a self, attempt: &'a Attempt, task: &'a TaskTemplate) -> BoxFuture<'a, Step<AttemptSeen>> {
        match self.batch_for(task) {
            Some(batch) => async move { batch.run(attempt, task).await }.boxed(),
            None if self.batch.is_none() && task.r#type == TASK_TYPE => {
                std::future::ready(Err(Halt::Failed(not_set_up()))).boxed()
            }
            None => self.otherwise.run(attempt, task),
        }
    }

    fn end<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        match attempt.task().and_then(|task| Some((self.batch_for(task)?, task))) {
            Some((batch, task)) => async move { batch.end(attempt, task).await }.boxed(),
            None => self.otherwise.end(attempt),
        }
    }

    fn tidy<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        // Of a job there is nothing here.
        self.otherwise.tidy(attempt)
    }
}

fn not_set_up() -> Failure {
    let message = format!(
        "tasks of type `{TASK_TYPE}` run on AWS Batch, which is not set up; give its settings by aws_batch"
    );
    Failure { kind: ErrorKind::User, ..Failure::permanent("BadTaskDefinition", message) }
}

impl Batch {
    async fn run(&self, attempt: &Attempt, task: &TaskTemplate) -> Step<AttemptSeen> {
        let submission = self.submission(attempt, task).await?;
        let remote = self.remote(attempt, task, Some(submission));
        self.job(&remote, attempt).run(task).await
    }

    async fn end(&self, attempt: &Attempt, task: &TaskTemplate) {
        let remote = self.remote(attempt, task, None);
        self.job(&remote, attempt).end().await;
    }

    fn job<'a>(&self, remote: &'a Remote<'a>, attempt: &'a Attempt) -> Job<'a, Remote<'a>> {
        let settings = &self.shared.settings;
        let pace = Pace { first: settings.first_look, longest: settings.longest_look };
        Job { api: remote, attempt, pace, patience: settings.patience }
    }

    fn remote<'a>(
        &'a self,
        attempt: &Attempt,
        task: &TaskTemplate,
        submission: Option<Submission>,
    ) -> Remote<'a> {
        let workflow = &attempt.run.workflow;
        let tags = &workflow.execution_config.queue_tags;
        Remote {
            batch: self,
            name: submission::job_name(&generated_name(attempt), &attempt.left_at()),
            queue: submission::queue(task, tags, &workflow.metadata.namespace, &self.shared.settings)
                .unwrap_or_default(),
            submission,
        }
    }

    async fn submission(&self, attempt: &Attempt, task: &TaskTemplate) -> Step<Submission> {
        let inputs = attempt.inputs().await?;
        let rendered = attempt.rendered(&submission::plain(task), &inputs).await?;
        let workflow = &attempt.run.workflow;
        let own = match &rendered.target {
            Some(Target::Container(container)) => container.env.as_slice(),
            _ => &[],
        };
        let execution = &workflow.execution_config;
        let overrides = attempt.overrides.as_deref();
        let role = workflow.security_context.run_as.as_ref().map(|identity| identity.iam_role.as_str());
        let view = View {
            task: &rendered,
            overrides: overrides.and_then(|overrides| overrides.resources.as_ref()),
            image: overrides.map_or("", |overrides| overrides.container_image.as_str()),
            platform: &execution.task_resources.requests,
            environment: &environment(own, attempt.identity(task), &execution.environment_variables),
            role: role.unwrap_or_default(),
            namespace: &workflow.metadata.namespace,
            queue_tags: &execution.queue_tags,
            generated_name: &generated_name(attempt),
            output_prefix: &attempt.left_at(),
            settings: &self.shared.settings,
        };
        submission::submission(&view).map_err(|error| Halt::Failed(error.into()))
    }
}

fn generated_name(attempt: &Attempt) -> String {
    attempt.run.paths.generated_name(&attempt.place, attempt.number)
}

/// One attempt at Batch.
struct Remote<'a> {
    batch: &'a Batch,
    /// What its job is called.
    name: String,
    /// Where it is; empty when no queue is named, and then there is no job.
    queue: String,
    /// `None` when a job is only to be ended.
    submission: Option<Submission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    job_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    job_summary_list: Vec<Submitted>,
}

impl Remote<'_> {
    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        operation: Operation,
        request: Value,
    ) -> Result<T, CallError> {
        self.batch.shared.service.call(operation, &request).await
    }

    async fn submit(&self) -> Result<Vec<u8>, CallError> {
        let Some(Submission { definition, request }) = &self.submission else {
            return Err(super::answer::nonsense("SubmitJob", "nothing: it was not asked"));
        };
        let arn = self.batch.shared.definitions.get(definition).await?;
        let mut request = request.clone();
        request["jobDefinition"] = json!(arn);
        match self.call::<Submitted>(Operation::SubmitJob, request).await {
            // Somebody may have ended the definition: the next attempt makes another.
            Err(CallError::Refused(failure)) => {
                self.batch.shared.definitions.forget(&arn);
                Err(CallError::Refused(failure))
            }
            answer => Ok(answer?.job_id.into_bytes()),
        }
    }

    /// The first job of an array that failed, if it can be had: why the array did is nowhere else.
    async fn failed_child(&self, array: &str) -> Option<Told> {
        let asked = json!({"arrayJobId": array, "jobStatus": "FAILED", "maxResults": 1});
        let listed: Listed = self.call(Operation::ListJobs, asked).await.ok()?;
        let id = listed.job_summary_list.into_iter().next()?.job_id;
        self.batch.shared.looks.look(&id).await.ok()?
    }
}

impl WebApi for Remote<'_> {
    fn plugin(&self) -> &str {
        PLUGIN
    }

    fn service(&self) -> &str {
        "AWS Batch"
    }

    fn limits(&self) -> &Limits {
        &self.batch.shared.limits
    }

    fn create(&self) -> BoxFuture<'_, Result<Vec<u8>, CallError>> {
        self.submit().boxed()
    }

    fn finds(&self) -> bool {
        true
    }

    fn find(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, CallError>> {
        async move {
            if self.queue.is_empty() {
                return Ok(None);
            }
            let filter = json!({"name": "JOB_NAME", "values": [self.name]});
            let asked = json!({"jobQueue": self.queue, "filters": [filter]});
            let listed: Listed = self.call(Operation::ListJobs, asked).await?;
            Ok(listed.job_summary_list.into_iter().next().map(|job| job.job_id.into_bytes()))
        }
        .boxed()
    }

    fn get<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<Resource, CallError>> {
        async move {
            let id = String::from_utf8_lossy(meta);
            let shared = &self.batch.shared;
            let told = shared.looks.look(&id).await.map_err(looked)?;
            let told = told.ok_or_else(|| gone(&id))?;
            let child = if told.is_failed_array() { self.failed_child(&id).await } else { None };
            let pages = Pages { region: &shared.service.region, log_group: &shared.settings.log_group };
            told.read(pages, child.as_ref())
        }
        .boxed()
    }

    fn delete<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<(), CallError>> {
        async move {
            // It ends those that run, and takes the others out of their queue.
            let asked = json!({"jobId": String::from_utf8_lossy(meta), "reason": REASON});
            self.call::<Value>(Operation::TerminateJob, asked).await.map(drop)
        }
        .boxed()
    }
}

/// A look that is refused may not be, later: the job goes on meanwhile.
fn looked(error: CallError) -> CallError {
    match error {
        CallError::Refused(failure) => CallError::Away(failure.message),
        other => other,
    }
}

fn gone(id: &str) -> CallError {
    let message = format!("AWS Batch knows no job {id} any more; it forgets those that ended a while ago");
    CallError::Wrong(Failure::system("JobNotFound", message))
}
