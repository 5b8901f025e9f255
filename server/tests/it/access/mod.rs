//! Who may do what: a server that tells callers apart, and those who call it.

mod advisories;
mod audit;
mod bad_tokens;
mod browser;
mod matrix;
mod provider;
mod runs;
mod tokens;
mod traversals;

use std::time::Duration;

use aileron_server::accounts::{Accounts, NewUser};
use aileron_server::{Authentication, Binding, BuiltIn, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::harness::{HttpAnswer, TestServer};

/// Of the person that tests log in as.
const PASSWORD: &str = "correct horse battery";

/// A server that keeps people's passwords, known by an address that is not its own.
async fn built_in() -> TestServer {
    TestServer::start_with(keeps_passwords, false).await
}

fn keeps_passwords(settings: &mut Settings) {
    settings.authentication = Authentication::BuiltIn(BuiltIn {
        key_file: settings.data_dir.join("token.key"),
        access_life: Duration::from_secs(900),
        refresh_life: Duration::from_secs(3600),
    });
    settings.max_caller_rate = 0;
}

async fn accounts(server: &TestServer) -> Accounts {
    Accounts::open(&server.database).await.unwrap()
}

async fn add_person(server: &TestServer, name: &str) {
    let new = NewUser { name: name.to_owned(), groups: vec!["ml".to_owned()], ..NewUser::default() };
    accounts(server).await.add_user(new, PASSWORD).await.unwrap();
}

async fn bind(server: &TestServer, who: &str, role: &str, scope: &str) {
    let binding =
        Binding { subject: who.parse().unwrap(), role: role.parse().unwrap(), scope: scope.parse().unwrap() };
    assert!(accounts(server).await.bind(binding).await.unwrap());
}

/// The token of a new program.
async fn program(server: &TestServer, name: &str) -> String {
    let secret = accounts(server).await.add_client(name, "").await.unwrap();
    let answer = exchange(server, Some((name, &secret)), &[("grant_type", "client_credentials")]).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Asks the token endpoint.
async fn exchange(server: &TestServer, basic: Option<(&str, &str)>, form: &[(&str, &str)]) -> HttpAnswer {
    let headers = basic.map(|(id, secret)| {
        format!("\r\nAuthorization: Basic {}", STANDARD.encode(format!("{id}:{secret}")))
    });
    post(server, "/oauth2/token", &headers.unwrap_or_default(), form).await
}

async fn post(server: &TestServer, path: &str, headers: &str, form: &[(&str, &str)]) -> HttpAnswer {
    let body = encoded(form);
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}{headers}",
        body.len()
    );
    server.http(&head, body.as_bytes()).await
}

fn encoded(form: &[(&str, &str)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// Asks with headers of the caller's.
async fn get(server: &TestServer, path: &str, headers: &str) -> HttpAnswer {
    server.http(&format!("GET {path} HTTP/1.1\r\nAccept: application/json{headers}"), b"").await
}

fn bearer(token: &str) -> String {
    format!("\r\nAuthorization: Bearer {token}")
}

/// The value of a header of an answer.
fn header<'a>(answer: &'a HttpAnswer, name: &str) -> Option<&'a str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim())
}

/// What the cookie of an answer is to be sent as.
fn cookie(answer: &HttpAnswer) -> String {
    let set = header(answer, "set-cookie").unwrap_or_else(|| panic!("{}", answer.head));
    format!("\r\nCookie: {}", set.split(';').next().unwrap())
}

/// A browser that is logged in: its cookie.
async fn logged_in(server: &TestServer, name: &str) -> String {
    let origin = format!("\r\nOrigin: http://{}", server.address);
    let answer = post(server, "/login", &origin, &[("user", name), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    cookie(&answer)
}

/// A field of the query that an answer leads to.
fn led_with(answer: &HttpAnswer, name: &str) -> Option<String> {
    let (_, query) = header(answer, "location")?.split_once('?')?;
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    Some(pair.to_owned())
}

/// The error of a refusal of the token endpoint.
fn error(answer: &HttpAnswer) -> Value {
    answer.json()["error"].clone()
}
