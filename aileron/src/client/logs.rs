//! `aileron logs`: what tasks have written, read from the server while it grows.
//!
//! A server that keeps its logs elsewhere says where; then the address is printed.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::time::Duration;

use aileron_idl::admin::{
    NodeExecutionListRequest, TaskExecution, TaskExecutionListRequest, WorkflowExecutionGetRequest,
};

use super::connect::{Admin, Target};
use super::failure::Failure;
use super::output::print;
use super::phase::is_over;

/// How often growing logs are looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// Most nodes and attempts that one call asks for.
const PAGE: u32 = 100;
/// Where this server's own logs lie.
const OWN: &str = "/api/v1/logs/";

/// Prints what the tasks of an execution have written.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// Name of the execution.
    execution: String,
    /// Only this node.
    node: Option<String>,
    /// Stay and print on until the execution has ended.
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    target: Target,
}

impl Logs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let mut read: BTreeMap<String, u64> = BTreeMap::new();
        let mut last = String::new();
        loop {
            // Asked first: what is written before the end is there when the end is known.
            let ended = self.has_ended(&mut admin).await?;
            for (title, uri) in self.logs(&mut admin).await? {
                self.print_new(&title, &uri, &mut read, &mut last).await?;
            }
            if ended || !self.follow {
                return Ok(());
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    async fn has_ended(&self, admin: &mut Admin) -> Result<bool, Failure> {
        let request = WorkflowExecutionGetRequest { id: Some(self.target.execution(&self.execution)) };
        let closure = admin.get_execution(request).await?.into_inner().closure.unwrap_or_default();
        Ok(is_over(closure.phase()))
    }

    /// Title and address of every log there is, in the order of the nodes.
    async fn logs(&self, admin: &mut Admin) -> Result<Vec<(String, String)>, Failure> {
        let mut request = NodeExecutionListRequest {
            workflow_execution_id: Some(self.target.execution(&self.execution)),
            limit: PAGE,
            ..NodeExecutionListRequest::default()
        };
        let mut found = Vec::new();
        loop {
            let page = admin.list_node_executions(request.clone()).await?.into_inner();
            for id in page.node_executions.into_iter().filter_map(|node| node.id) {
                if self.node.as_ref().is_none_or(|wanted| *wanted == id.node_id) {
                    let attempts = TaskExecutionListRequest {
                        node_execution_id: Some(id),
                        limit: PAGE,
                        ..TaskExecutionListRequest::default()
                    };
                    let attempts = admin.list_task_executions(attempts).await?.into_inner();
                    found.extend(attempts.task_executions.iter().flat_map(log_addresses));
                }
            }
            if page.token.is_empty() {
                return Ok(found);
            }
            request.token = page.token;
        }
    }

    /// Prints what a log has more than before, under its title when another one came last.
    async fn print_new(
        &self,
        title: &str,
        uri: &str,
        read: &mut BTreeMap<String, u64>,
        last: &mut String,
    ) -> Result<(), Failure> {
        let offset = read.get(uri).copied().unwrap_or_default();
        let (text, next) = match uri.find(OWN) {
            Some(at) => self.fetch(&uri[at..], offset).await?,
            None if offset == 0 => (format!("{uri}\n"), 1),
            None => return Ok(()),
        };
        read.insert(uri.to_owned(), next);
        if text.is_empty() {
            return Ok(());
        }
        if *last != title {
            print(&format!("==> {title} <==\n"))?;
            title.clone_into(last);
        }
        print(&text)
    }

    /// The text from a byte on, and the byte after it.
    async fn fetch(&self, path: &str, offset: u64) -> Result<(String, u64), Failure> {
        let lost = |error: reqwest::Error| {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Failure::Unreachable { endpoint: self.target.endpoint.clone(), cause }
        };
        let url = format!("{}{path}?offset={offset}", self.target.url()?);
        let mut request = self.target.http()?.get(url);
        if let Some(token) = self.target.token().await? {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(lost)?;
        if matches!(response.status().as_u16(), 401 | 403) {
            return Err(Failure::NotLoggedIn(response.text().await.map_err(lost)?));
        }
        if response.status() == http::StatusCode::NOT_FOUND {
            return Ok((String::new(), offset));
        }
        let next = response.headers().get("x-log-next-offset").and_then(|value| value.to_str().ok());
        let next = next.and_then(|text| text.parse().ok()).unwrap_or(offset);
        let body = response.bytes().await.map_err(lost)?;
        Ok((String::from_utf8_lossy(&body).into_owned(), next))
    }
}

fn log_addresses(attempt: &TaskExecution) -> Vec<(String, String)> {
    let id = attempt.id.clone().unwrap_or_default();
    let node = id.node_execution_id.map(|node| node.node_id).unwrap_or_default();
    let title = format!("{node} attempt {}", id.retry_attempt);
    let logs = attempt.closure.as_ref().map(|closure| closure.logs.as_slice()).unwrap_or_default();
    logs.iter().map(|log| (title.clone(), log.uri.clone())).collect()
}
