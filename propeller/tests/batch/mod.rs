//! An AWS Batch whose jobs stand as the test says: the same API, by HTTP. `tests/python/test_aws_batch.py` holds the
//! client against moto's.

#![allow(dead_code, reason = "each driver's tests use a part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use aileron_propeller::batch::Batch;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How a call goes instead of well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goes {
    /// Nothing is done, and this is the answer.
    Refused(u16, &'static str),
    /// It is done, but the answer says otherwise.
    Lost,
    /// It is done, and never answered.
    Silent,
}

#[derive(Clone)]
pub(crate) struct FakeBatch {
    account: Arc<Mutex<Account>>,
    settings: Value,
}

/// What the account has, and what it was asked.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) definitions: Vec<Value>,
    /// What was submitted, by the job's id.
    pub(crate) submitted: BTreeMap<String, Value>,
    pub(crate) jobs: BTreeMap<String, Value>,
    /// Calls in their order: the operation, and what was asked.
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) script: BTreeMap<&'static str, VecDeque<Goes>>,
    /// How a job stands that was just submitted.
    pub(crate) first: Option<&'static str>,
}

impl FakeBatch {
    pub(crate) async fn serve() -> FakeBatch {
        FakeBatch::serve_with(json!({})).await
    }

    /// Serves an account; a driver is given these settings besides.
    pub(crate) async fn serve_with(more: Value) -> FakeBatch {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = json!({
            "region": "eu-west-1", "endpoint": format!("http://{}", listener.local_addr().unwrap()),
            "jobQueue": "queue", "firstLook": "10ms", "longestLook": "30ms", "looks": 0, "changes": 0, "timeout": "2s",
        });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let fake = FakeBatch { account: Arc::default(), settings };
        let router = Router::new().route("/v1/{operation}", post(answer)).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// What a driver is given, which knows nothing yet.
    pub(crate) fn batch(&self) -> Batch {
        // As `main` does; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = [("AWS_ACCESS_KEY_ID", "AK"), ("AWS_SECRET_ACCESS_KEY", "SK")];
        let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Batch::new(serde_json::from_value(self.settings.clone()).unwrap(), &keys).unwrap()
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    /// The ids of all jobs, first to last.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.account().jobs.keys().cloned().collect()
    }

    /// How many calls there were of an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.account().calls.iter().filter(|(called, _)| called == operation).count()
    }

    /// Lets the next calls of an operation go so.
    pub(crate) fn script(&self, operation: &'static str, goes: &[Goes]) {
        self.account().script.entry(operation).or_default().extend(goes);
    }

    /// Lets a job stand so.
    pub(crate) fn set(&self, id: &str, stands: Value) {
        let mut account = self.account();
        let job = account.jobs.get_mut(id).unwrap().as_object_mut().unwrap();
        let Value::Object(stands) = stands else { panic!("{stands} is no object") };
        job.extend(stands);
    }

    /// Lets all jobs stand so.
    pub(crate) fn set_all(&self, stands: &Value) {
        self.ids().iter().for_each(|id| self.set(id, stands.clone()));
    }
}

async fn answer(
    State(fake): State<FakeBatch>,
    Path(operation): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let signed = headers.get("authorization").and_then(|header| header.to_str().ok()).unwrap_or_default();
    if !signed.starts_with("AWS4-HMAC-SHA256 Credential=AK/")
        || !signed.contains("/eu-west-1/batch/aws4_request")
    {
        return refusal(403, "InvalidSignatureException");
    }
    let asked: Value = serde_json::from_str(&body).unwrap();
    let (goes, answer) = {
        let mut account = fake.account();
        account.calls.push((operation.clone(), asked.clone()));
        let goes = account.script.get_mut(operation.as_str()).and_then(VecDeque::pop_front);
        let answer = match goes {
            Some(Goes::Refused(..)) => Ok(Value::Null),
            _ => account.call(&operation, &asked),
        };
        (goes, answer)
    };
    match (goes, answer) {
        (Some(Goes::Refused(status, kind)), _) => refusal(status, kind),
        (Some(Goes::Lost), _) => refusal(500, "ServerException"),
        (Some(Goes::Silent), _) => std::future::pending().await,
        // As the real one has nothing to say there.
        (None, Ok(Value::Null)) => StatusCode::OK.into_response(),
        (None, Ok(answer)) => axum::Json(answer).into_response(),
        (None, Err(text)) => {
            (StatusCode::BAD_REQUEST, axum::Json(json!({ "message": text }))).into_response()
        }
    }
}

fn refusal(status: u16, kind: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("x-amzn-errortype", kind)], axum::Json(json!({"message": "as the test says"}))).into_response()
}

impl Account {
    fn call(&mut self, operation: &str, asked: &Value) -> Result<Value, String> {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        match operation {
            "describejobdefinitions" => {
                let name = text("jobDefinitionName");
                let found: Vec<_> =
                    self.definitions.iter().filter(|known| known["jobDefinitionName"] == name).collect();
                Ok(json!({ "jobDefinitions": found }))
            }
            "registerjobdefinition" => {
                let mut made = asked.clone();
                made["jobDefinitionArn"] = json!(format!("arn:{}:1", text("jobDefinitionName")));
                (made["revision"], made["status"]) = (json!(1), json!("ACTIVE"));
                self.definitions.push(made.clone());
                Ok(made)
            }
            "submitjob" => {
                let known = |made: &Value| made["jobDefinitionArn"] == asked["jobDefinition"];
                if !self.definitions.iter().any(known) {
                    return Err("no such job definition".to_owned());
                }
                if text("jobQueue") == "nowhere" {
                    return Err("no such job queue".to_owned());
                }
                let id = format!("job-{:04}", self.jobs.len());
                let size = asked.pointer("/arrayProperties/size");
                self.submitted.insert(id.clone(), asked.clone());
                self.jobs.insert(
                    id.clone(),
                    json!({
                        "jobId": id, "jobName": asked["jobName"], "status": self.first.unwrap_or("SUBMITTED"),
                        "arrayProperties": size.map(|size| json!({"size": size, "statusSummary": {}})),
                    }),
                );
                Ok(json!({"jobId": id, "jobName": asked["jobName"]}))
            }
            "describejobs" => {
                let ids = asked["jobs"].as_array().unwrap();
                if ids.len() > 100 {
                    return Err("too many jobs".to_owned());
                }
                let found: Vec<_> = ids.iter().filter_map(|id| self.jobs.get(id.as_str()?)).collect();
                Ok(json!({ "jobs": found }))
            }
            "listjobs" => Ok(json!({ "jobSummaryList": self.listed(asked) })),
            "terminatejob" => {
                if let Some(job) = self.jobs.get_mut(&text("jobId")) {
                    (job["status"], job["isTerminated"]) = (json!("FAILED"), json!(true));
                    job["statusReason"] = asked["reason"].clone();
                }
                Ok(Value::Null)
            }
            other => Err(format!("there is no operation {other}")),
        }
    }

    fn listed(&self, asked: &Value) -> Vec<Value> {
        let array = asked["arrayJobId"].as_str();
        let name = asked.pointer("/filters/0/values/0");
        let is_one = |id: &str, job: &Value| match array {
            Some(array) => id.starts_with(&format!("{array}:")) && job["status"] == asked["jobStatus"],
            None => Some(&job["jobName"]) == name,
        };
        let found = self.jobs.iter().filter(|(id, job)| is_one(id, job));
        found.map(|(id, job)| json!({"jobId": id, "jobName": job["jobName"]})).collect()
    }
}
