//! `aileron audit`: who did what, one JSON object a line, for whoever keeps it.

use aileron_idl::aileron::v1::access_service_client::AccessServiceClient;
use aileron_idl::aileron::v1::{AuditRecord, ListAuditRecordsRequest};
use serde_json::json;

use super::connect::Target;
use super::failure::Failure;
use super::output::print;

/// Records of one call.
const PAGE: u32 = 1000;

/// Prints what was done and refused, one JSON object a line.
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    /// All projects and domains, not those of --project and --domain alone.
    #[arg(long)]
    all: bool,
    /// Only what somebody did: user:NAME, client:NAME, part:NAME, nobody.
    #[arg(long)]
    caller: Option<String>,
    /// Only since then: an instant, as 2026-01-31T08:00:00Z.
    #[arg(long)]
    since: Option<jiff::Timestamp>,
    #[command(flatten)]
    target: Target,
}

impl Audit {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let channel = self.target.channel().await?;
        let mut service = AccessServiceClient::new(channel);
        let place = |name: &str| if self.all { String::new() } else { name.to_owned() };
        let mut request = ListAuditRecordsRequest {
            project: place(&self.target.project),
            domain: place(&self.target.domain),
            caller: self.caller.clone().unwrap_or_default(),
            since: self
                .since
                .map(|at| prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }),
            limit: PAGE,
            token: String::new(),
        };
        loop {
            let page = service.list_audit_records(request.clone()).await?.into_inner();
            for record in &page.records {
                print(&format!("{}\n", line(record)))?;
            }
            if page.token.is_empty() {
                return Ok(());
            }
            request.token = page.token;
        }
    }
}

fn line(record: &AuditRecord) -> serde_json::Value {
    let at = record.at.unwrap_or_default();
    let at = jiff::Timestamp::new(at.seconds, at.nanos).map(|at| at.to_string()).unwrap_or_default();
    json!({
        "id": record.id, "at": at, "caller": record.caller, "via": record.via, "address": record.address,
        "action": record.action, "project": record.project, "domain": record.domain, "entity": record.entity,
        "outcome": record.outcome, "request_id": record.request_id,
    })
}
