//! Who did what: kept where it is done, read by who manages the place; and roles that are given by call.

use aileron_idl::aileron::v1::access_service_client::AccessServiceClient;
use aileron_idl::aileron::v1::{
    AuditRecord, GrantRoleRequest, ListAuditRecordsRequest, ListRolesRequest, RevokeRoleRequest, RoleBinding,
};
use tonic::{Code, Request};

use super::{bearer, bind, built_in, get, program};
use crate::harness::TestServer;

async fn service(server: &TestServer) -> AccessServiceClient<tonic::transport::Channel> {
    AccessServiceClient::connect(format!("http://{}", server.address)).await.unwrap()
}

fn by<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn records(server: &TestServer, token: &str, project: &str) -> Result<Vec<AuditRecord>, Code> {
    let request = ListAuditRecordsRequest { project: project.to_owned(), ..Default::default() };
    let answer = service(server).await.list_audit_records(by(token, request)).await;
    answer.map(|page| page.into_inner().records).map_err(|status| status.code())
}

fn role(subject: &str, role: &str, project: &str, domain: &str) -> Option<RoleBinding> {
    let [subject, role, project, domain] = [subject, role, project, domain].map(str::to_owned);
    Some(RoleBinding { subject, role, project, domain })
}

#[tokio::test]
async fn changes_and_refusals_are_kept_with_who_where_and_how() {
    let server = built_in().await;
    let (admin, ci) = (program(&server, "admin").await, program(&server, "ci").await);
    bind(&server, "client:admin", "admin", "flytesnacks").await;
    bind(&server, "client:ci", "viewer", "flytesnacks").await;
    let body = br#"{"id":{"resource_type":"TASK","project":"flytesnacks","domain":"development","name":"t","version":"v1"}}"#;
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\nX-Request-Id: r.1\r\nContent-Length: {}{}",
        body.len(),
        bearer(&ci)
    );
    assert_eq!(server.http(&head, body).await.status, 403);
    get(&server, "/api/v1/tasks/flytesnacks/development?limit=1", &bearer(&ci)).await;

    let kept = records(&server, &admin, "flytesnacks").await.unwrap();
    let last = kept.last().unwrap();
    assert_eq!(
        [&last.caller, &last.via, &last.address, &last.action, &last.domain, &last.entity, &last.outcome]
            .map(String::as_str),
        [
            "client:ci",
            "token",
            "127.0.0.1",
            "flyteidl.service.AdminService/create_task",
            "development",
            "t:v1",
            "PERMISSION_DENIED"
        ]
    );
    assert_eq!(last.request_id, "r.1");
    // What is only looked at is not kept.
    assert!(kept.iter().all(|record| !record.action.ends_with("list_tasks")), "{kept:?}");
    // Only who manages the place reads it.
    assert_eq!(records(&server, &ci, "flytesnacks").await, Err(Code::PermissionDenied));
    assert_eq!(records(&server, &admin, "").await, Err(Code::PermissionDenied));
}

#[tokio::test]
async fn records_come_page_by_page() {
    let server = built_in().await;
    let admin = program(&server, "admin").await;
    bind(&server, "client:admin", "admin", "*").await;
    for _ in 0..7 {
        get(&server, "/api/v1/version", &bearer("no.token.atall")).await;
    }
    let mut service = service(&server).await;
    let mut seen = Vec::new();
    let mut request = ListAuditRecordsRequest { limit: 3, ..Default::default() };
    loop {
        let page = service.list_audit_records(by(&admin, request.clone())).await.unwrap().into_inner();
        seen.extend(page.records.iter().map(|record| record.id));
        if page.token.is_empty() {
            break;
        }
        request.token = page.token;
    }
    assert!(seen.len() >= 9 && seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

#[tokio::test]
async fn roles_are_given_and_taken_by_who_manages_the_place() {
    let server = built_in().await;
    let (admin, ci) = (program(&server, "admin").await, program(&server, "ci").await);
    bind(&server, "client:admin", "admin", "flytesnacks").await;
    let mut service = service(&server).await;
    let look =
        async || get(&server, "/api/v1/tasks/flytesnacks/development?limit=1", &bearer(&ci)).await.status;
    assert_eq!(look().await, 403);
    let binding = role("client:ci", "viewer", "flytesnacks", "development");
    let grant = GrantRoleRequest { binding: binding.clone() };
    assert!(service.grant_role(by(&admin, grant.clone())).await.unwrap().into_inner().is_new);
    assert!(!service.grant_role(by(&admin, grant)).await.unwrap().into_inner().is_new);
    // It counts at once.
    assert_eq!(look().await, 200);
    let request = ListRolesRequest { project: "flytesnacks".to_owned(), domain: String::new() };
    let listed = service.list_roles(by(&admin, request)).await.unwrap().into_inner().bindings;
    assert_eq!(listed.len(), 2);
    assert!(
        service.revoke_role(by(&admin, RevokeRoleRequest { binding })).await.unwrap().into_inner().was_there
    );
    assert_eq!(look().await, 403);

    // Nobody gives more than they have.
    for (binding, code) in [
        (role("client:ci", "viewer", "*", "*"), Code::PermissionDenied),
        (role("client:ci", "viewer", "*", "development"), Code::PermissionDenied),
        (role("client:ci", "viewer", "other", "*"), Code::PermissionDenied),
        (role("client:admin", "propeller", "flytesnacks", "*"), Code::PermissionDenied),
        (role("ci", "viewer", "flytesnacks", "*"), Code::InvalidArgument),
        (role("client:ci", "owner", "flytesnacks", "*"), Code::InvalidArgument),
        (role("client:ci", "viewer", "flytesnacks", "d/e"), Code::InvalidArgument),
        (None, Code::PermissionDenied),
    ] {
        let refused = service.grant_role(by(&admin, GrantRoleRequest { binding: binding.clone() })).await;
        assert_eq!(refused.map_err(|status| status.code()).err(), Some(code), "{binding:?}");
    }
    let mine =
        service.grant_role(by(&ci, GrantRoleRequest { binding: role("client:ci", "admin", "*", "*") })).await;
    assert_eq!(mine.unwrap_err().code(), Code::PermissionDenied);
}
