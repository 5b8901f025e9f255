//! Browsers: cookies that others' pages cannot use, headers that keep pages in, and nothing of it for who has a token.

use super::{add_person, bearer, bind, built_in, get, header, logged_in, post, program};
use crate::harness::TestServer;

/// Ways to change something, over all protocols that a browser speaks.
const CHANGES: [(&str, &str, &str); 5] = [
    ("POST", "/api/v1/projects", "application/json"),
    ("PUT", "/api/v1/projects/flytesnacks", "application/json"),
    ("DELETE", "/api/v1/project_attributes/flytesnacks", "application/json"),
    ("POST", "/flyteidl.service.AdminService/RegisterProject", "application/grpc-web+proto"),
    ("POST", "/api/v1/executions", "application/octet-stream"),
];

async fn change(server: &TestServer, way: (&str, &str, &str), headers: &str, body_type: &str) -> String {
    let (method, path, _) = way;
    let head = format!("{method} {path} HTTP/1.1\r\nContent-Type: {body_type}\r\nContent-Length: 2{headers}");
    let answer = server.http(&head, b"{}").await;
    let grpc = header(&answer, "grpc-status").unwrap_or("-").to_owned();
    format!("{} {grpc}", answer.status)
}

/// Whether an answer is the refusal of a page of another site.
fn is_refused(answer: &str) -> bool {
    answer == "403 -" || answer == "200 7"
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_by_a_cookie() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    bind(&server, "user:ann", "admin", "*").await;
    let cookie = logged_in(&server, "ann").await;
    let own = format!("http://{}", server.address);
    for way in CHANGES {
        let ours = change(&server, way, &format!("{cookie}\r\nOrigin: {own}"), way.2).await;
        assert!(!is_refused(&ours), "{way:?} {ours}");
        let ours = change(&server, way, &format!("{cookie}\r\nSec-Fetch-Site: same-origin"), way.2).await;
        assert!(!is_refused(&ours), "{way:?} {ours}");
        for headers in [
            "\r\nOrigin: https://evil.test".to_owned(),
            "\r\nOrigin: null".to_owned(),
            format!("\r\nOrigin: {own}0"),
            format!("\r\nOrigin: {own}\r\nSec-Fetch-Site: cross-site"),
            format!("\r\nOrigin: {own}\r\nSec-Fetch-Site: same-site"),
            String::new(),
        ] {
            let theirs = change(&server, way, &format!("{cookie}{headers}"), way.2).await;
            assert!(is_refused(&theirs), "{way:?} {headers:?}: {theirs}");
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            let theirs = change(&server, way, &format!("{cookie}\r\nOrigin: {own}"), kind).await;
            assert!(is_refused(&theirs), "{way:?} {kind}: {theirs}");
        }
    }
    // Reading is what the browser keeps from other pages.
    assert_eq!(get(&server, "/api/v1/projects", &cookie).await.status, 200);
}

#[tokio::test]
async fn who_sends_a_token_is_not_asked_for_a_page() {
    let server = built_in().await;
    let token = program(&server, "ci").await;
    bind(&server, "client:ci", "admin", "*").await;
    for way in CHANGES {
        let answer =
            change(&server, way, &format!("{}\r\nOrigin: https://evil.test", bearer(&token)), way.2).await;
        assert!(!is_refused(&answer), "{way:?} {answer}");
    }
}

#[tokio::test]
async fn logging_in_and_out_is_for_our_own_pages() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let form = [("user", "ann"), ("password", super::PASSWORD)];
    for headers in ["", "\r\nOrigin: https://evil.test", "\r\nSec-Fetch-Site: cross-site"] {
        assert_eq!(post(&server, "/login", headers, &form).await.status, 403, "{headers}");
    }
    let cookie = logged_in(&server, "ann").await;
    get(&server, "/logout", &format!("{cookie}\r\nSec-Fetch-Site: cross-site")).await;
    assert_eq!(get(&server, "/me", &cookie).await.status, 200);
    let answer = get(&server, "/logout?redirect_url=/console/x", &cookie).await;
    assert_eq!((answer.status, header(&answer, "location")), (303, Some("/console/x")));
    assert_eq!(get(&server, "/me", &cookie).await.status, 401);
}

#[tokio::test]
async fn a_page_of_the_console_leads_to_the_login_and_back() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let page = async |headers: &str| {
        let head = format!("GET /console/projects/p?x=1 HTTP/1.1\r\nAccept: text/html,*/*{headers}");
        server.http(&head, b"").await
    };
    let answer = page("").await;
    let login = "/login?redirect_url=%2Fconsole%2Fprojects%2Fp%3Fx%3D1";
    assert_eq!((answer.status, header(&answer, "location")), (303, Some(login)));
    let cookie = logged_in(&server, "ann").await;
    // This server has no pages; it is asked for one.
    assert_eq!(page(&cookie).await.status, 404);
    let head = "GET /console/workbench HTTP/1.1\r\nAccept: text/html";
    assert_eq!(server.http(head, b"").await.status, 404);
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    let targets = include_str!("../../../src/oauth/redirect_targets.txt");
    for target in targets.lines().filter(|line| !line.starts_with("# ")) {
        for path in ["/login", "/logout"] {
            let query = super::encoded(&[("redirect_url", target)]);
            let answer =
                get(&server, &format!("{path}?{query}"), if path == "/login" { cookie.as_str() } else { "" })
                    .await;
            assert_eq!(header(&answer, "location"), Some("/console/"), "{path} {target}");
        }
    }
}

#[tokio::test]
async fn pages_of_ours_keep_others_out() {
    let server = built_in().await;
    let answer = get(&server, "/login?redirect_url=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "").await;
    assert!(!answer.text().contains("<script"), "{}", answer.text());
    let policy = header(&answer, "content-security-policy").unwrap();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(&answer, "cache-control"), Some("no-store"));
}

#[tokio::test]
async fn other_origins_call_when_they_are_listed() {
    let ask = async |server: &TestServer, origin: &str| {
        let head = format!(
            "OPTIONS /api/v1/projects HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST"
        );
        let answer = server.http(&head, b"").await;
        header(&answer, "access-control-allow-origin").map(str::to_owned)
    };
    let server = built_in().await;
    assert_eq!(ask(&server, "https://page.test").await, None);
    let listed = TestServer::start_with(
        |settings| {
            super::keeps_passwords(settings);
            settings.cors_origins = vec!["https://page.test".to_owned()];
        },
        false,
    )
    .await;
    assert_eq!(ask(&listed, "https://page.test").await.as_deref(), Some("https://page.test"));
    for origin in ["https://evil.test", "null", "https://page.test.evil.test", "http://page.test"] {
        assert_eq!(ask(&listed, origin).await, None, "{origin}");
    }
}
