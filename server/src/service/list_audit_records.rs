//! ListAuditRecords: who did what.

use aileron_idl::aileron::v1::{AuditRecord, ListAuditRecordsRequest, ListAuditRecordsResponse};

use crate::clock;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::audit::{self, Record, Wanted};

/// Records of one answer, when a request does not say, and at most.
const PAGE: (i64, i64) = (100, 1000);

impl App {
    /// One page of the records, in the order in which they were kept.
    pub(crate) async fn list_audit_records(
        &self,
        request: ListAuditRecordsRequest,
    ) -> Result<ListAuditRecordsResponse, ServiceError> {
        let after = match request.token.as_str() {
            "" => 0,
            token => token
                .parse()
                .map_err(|_| ServiceError::invalid("token", token, "send the token of the answer before"))?,
        };
        let limit = if request.limit == 0 { PAGE.0 } else { i64::from(request.limit).min(PAGE.1) };
        let wanted = Wanted {
            project: request.project,
            domain: request.domain,
            caller: request.caller,
            since: request.since.as_ref().map(clock::text).unwrap_or_default(),
            after,
            limit,
        };
        let found = audit::list(self.store.readers(), &wanted).await?;
        let is_whole = i64::try_from(found.len()).is_ok_and(|found| found == limit);
        let last = found.last().filter(|_| is_whole).map(|last| last.id.to_string());
        Ok(ListAuditRecordsResponse {
            records: found.into_iter().map(shown).collect(),
            token: last.unwrap_or_default(),
        })
    }
}

fn shown(record: Record) -> AuditRecord {
    AuditRecord {
        id: record.id,
        at: clock::parse(&record.at),
        caller: record.caller,
        via: record.via,
        address: record.address,
        action: record.action,
        project: record.project,
        domain: record.domain,
        entity: record.entity,
        outcome: record.outcome,
        request_id: record.request_id,
    }
}
