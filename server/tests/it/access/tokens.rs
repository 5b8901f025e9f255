//! Tokens that count: of the provider elsewhere, whose keys change, and of the server itself.

use serde_json::{Value, json};

use super::provider::{AUDIENCE, Provider, now, signed};
use super::{
    PASSWORD, accounts, add_person, bearer, bind, built_in, cookie, encoded, error, escaped, exchange, get,
    header, led_with, logged_in, post, program,
};
use crate::harness::{HttpAnswer, TestServer};

async fn status(server: &TestServer, token: &str) -> u16 {
    get(server, "/api/v1/version", &bearer(token)).await.status
}

async fn me(server: &TestServer, token: &str) -> Value {
    let answer = get(server, "/me", &bearer(token)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn people_and_programs_are_told_apart_by_their_claims() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    for (claims, subject) in [
        (json!({}), "user:ann"),
        (json!({ "aud": ["x", AUDIENCE] }), "user:ann"),
        (json!({ "sub": "cli" }), "client:cli"),
        (json!({ "sub": "0-1", "preferred_username": "service-account-cli" }), "client:cli"),
        (json!({ "sub": "0-1", "idtyp": "app" }), "client:cli"),
        (json!({ "sub": "cli", "client_id": null }), "user:cli"),
        (json!({ "nbf": now(), "iat": now() + 5 }), "user:ann"),
    ] {
        assert_eq!(me(&server, &provider.token(&claims)).await["subject"], subject, "{claims}");
    }
    let named = me(&server, &provider.token(&json!({ "groups": ["ml", "ops"], "name": "Ann" }))).await;
    assert_eq!(named["name"], "Ann");
    assert_eq!(named["additional_claims"]["groups"], json!(["ml", "ops"]));
}

#[tokio::test]
async fn new_keys_are_fetched_when_a_token_names_one_and_not_for_every_token() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    let old = provider.token(&json!({}));
    assert_eq!(status(&server, &old).await, 200);
    for number in 0..50 {
        let head = format!(r#"{{"alg":"ES256","kid":"unknown{number}"}}"#);
        let unknown = signed(&head, "{}", &provider.key().1);
        assert_eq!(status(&server, &unknown).await, 401);
    }
    assert!(provider.fetches() <= 3, "{}", provider.fetches());
    provider.add_key("second");
    let new = provider.token(&json!({}));
    let taken = async {
        while status(&server, &new).await != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), taken).await.unwrap();
    assert_eq!(status(&server, &old).await, 200);
}

#[tokio::test]
async fn a_provider_that_is_another_is_not_taken() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    provider.say_issuer("http://127.0.0.1:1");
    // Nothing is known of the token, so it is neither taken nor called bad.
    assert_eq!(status(&server, &provider.token(&json!({}))).await, 503);
}

/// What both real clients ask before they log in.
#[tokio::test]
async fn the_metadata_are_there_for_who_is_to_log_in() {
    let server = built_in().await;
    let client = get(&server, "/config/v1/flyte_client", "").await.json();
    assert_eq!(client["client_id"], "flytectl");
    assert_eq!(client["redirect_uri"], "http://localhost:53593/callback");
    assert_eq!(client["authorization_metadata_key"], "flyte-authorization");
    // The document of the standard has its names in its own form, whatever is accepted.
    let document = server
        .http("GET /.well-known/oauth-authorization-server HTTP/1.1\r\nX-Forwarded-Host: evil.test", b"")
        .await;
    let document = document.json();
    assert_eq!(document["issuer"], "http://public.test");
    assert_eq!(document["token_endpoint"], "http://public.test/oauth2/token");
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    let open = TestServer::start().await;
    for path in ["/config/v1/flyte_client", "/.well-known/oauth-authorization-server", "/me"] {
        assert_eq!(get(&open, path, "").await.status, 501, "{path}");
    }
    for path in ["/login", "/oauth2/token", "/oauth2/authorize"] {
        assert_eq!(get(&open, path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_program_gets_a_token_by_its_secret_however_it_is_encoded() {
    let server = built_in().await;
    let secret = accounts(&server).await.add_client("a+b%41 c", "odd").await.err();
    assert!(secret.is_some(), "a name with a blank");
    let secret = accounts(&server).await.add_client("a+b%41", "odd").await.unwrap();
    let form = [("grant_type", "client_credentials"), ("scope", "all"), ("audience", ""), ("unknown", "x")];
    let answers = [
        exchange(&server, Some((&escaped("a+b%41"), &escaped(&secret))), &form).await,
        exchange(
            &server,
            None,
            &[&form[..], &[("client_id", "a+b%41"), ("client_secret", &secret)]].concat(),
        )
        .await,
    ];
    for answer in answers {
        let told = answer.json();
        assert_eq!(
            (answer.status, &told["expires_in"], &told["token_type"]),
            (200, &json!(3600), &json!("Bearer"))
        );
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        let token = told["access_token"].as_str().unwrap();
        assert_eq!(me(&server, token).await["subject"], "client:a+b%41");
    }
    for (id, given) in [("a+b%41", "x"), ("nobody", secret.as_str()), ("flytectl", secret.as_str()), ("", "")]
    {
        let answer = exchange(&server, Some((id, given)), &form).await;
        assert_eq!((answer.status, error(&answer)), (401, json!("invalid_client")), "{id}");
    }
}

#[tokio::test]
async fn who_is_disabled_is_out_within_a_second() {
    let server = built_in().await;
    let token = program(&server, "ci").await;
    assert_eq!(status(&server, &token).await, 200);
    accounts(&server).await.change_client("ci", false, Some(true)).await.unwrap();
    let out = async {
        while status(&server, &token).await != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(3), out).await.unwrap();
}

#[tokio::test]
async fn a_token_that_was_taken_a_moment_ago_expires_all_the_same() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    // It counts for as long as clocks may be apart, which is 30 s.
    let token = provider.token(&json!({ "exp": now() - 27 }));
    assert_eq!(status(&server, &token).await, 200);
    let out = async {
        while status(&server, &token).await != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), out).await.unwrap();
}

/// A verifier and its challenge (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://localhost:53593/callback";

fn authorize_path(changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("client_id", "flytectl"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "all offline"),
        ("nonce", "n"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((*name, *value));
    }
    format!("/oauth2/authorize?{}", encoded(&fields))
}

async fn code(server: &TestServer, cookie: &str) -> String {
    let answer = get(server, &authorize_path(&[]), cookie).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(header(&answer, "location").unwrap().starts_with(CALLBACK), "{}", answer.head);
    assert_eq!(led_with(&answer, "state").as_deref(), Some("s1"));
    led_with(&answer, "code").unwrap()
}

async fn by_code(server: &TestServer, code: &str, changes: &[(&str, &str)]) -> HttpAnswer {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "flytectl"),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((*name, *value));
    }
    exchange(server, None, &form).await
}

async fn refreshed(server: &TestServer, token: &str) -> HttpAnswer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "flytectl")];
    exchange(server, None, &form).await
}

fn field(answer: &HttpAnswer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

#[tokio::test]
async fn a_code_is_exchanged_once_by_who_has_asked_for_it() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    let invalid = json!("invalid_grant");

    // What does not fit uses nothing up: flytectl tries in two ways.
    let first = code(&server, &cookie).await;
    for changes in
        [("code_verifier", "x"), ("code_verifier", ""), ("redirect_uri", "http://localhost:1/callback")]
    {
        assert_eq!(error(&by_code(&server, &first, &[changes]).await), invalid, "{changes:?}");
    }
    let by_basic = [("grant_type", "authorization_code"), ("code", &first), ("redirect_uri", CALLBACK)];
    let by_basic = [&by_basic[..], &[("code_verifier", VERIFIER)]].concat();
    let answer = exchange(&server, Some(("flytectl", "")), &by_basic).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(me(&server, &field(&answer, "access_token")).await["subject"], "user:ann");

    // A second use is refused, and ends what the first has got.
    let refresh = field(&answer, "refresh_token");
    assert_eq!(error(&by_code(&server, &first, &[]).await), invalid);
    assert_eq!(error(&refreshed(&server, &refresh).await), invalid);
    assert_eq!(error(&by_code(&server, "unknown", &[]).await), invalid);
    assert_eq!(error(&by_code(&server, "", &[]).await), invalid);
}

#[tokio::test]
async fn of_many_who_use_a_code_at_once_one_succeeds() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    for _ in 0..5 {
        let code = code(&server, &cookie).await;
        let tries = futures::future::join_all((0..20).map(|_| by_code(&server, &code, &[]))).await;
        assert_eq!(tries.iter().filter(|answer| answer.status == 200).count(), 1);
    }
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_ends_with_its_family() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    let first = field(&by_code(&server, &code(&server, &cookie).await, &[]).await, "refresh_token");
    let second = field(&refreshed(&server, &first).await, "refresh_token");
    // Two processes share one for a moment.
    assert_eq!(refreshed(&server, &first).await.status, 200);
    assert_eq!(refreshed(&server, &second).await.status, 200);
    // An access token is none, nor is a refresh token an access token.
    let access = field(&by_code(&server, &code(&server, &cookie).await, &[]).await, "access_token");
    assert_eq!(error(&refreshed(&server, &access).await), json!("invalid_grant"));
    assert_eq!(status(&server, &second).await, 401);
    // Revoking ends the family.
    let third = field(&by_code(&server, &code(&server, &cookie).await, &[]).await, "refresh_token");
    let form = [("token", third.as_str()), ("client_id", "flytectl")];
    assert_eq!(post(&server, "/oauth2/revoke", "", &form).await.status, 200);
    assert_eq!(error(&refreshed(&server, &third).await), json!("invalid_grant"));
    // Who is disabled refreshes nothing.
    let fourth = field(&by_code(&server, &code(&server, &cookie).await, &[]).await, "refresh_token");
    accounts(&server).await.change_user("ann", None, Some(true)).await.unwrap();
    assert_eq!(error(&refreshed(&server, &fourth).await), json!("invalid_grant"));
}

#[tokio::test]
async fn codes_are_given_to_command_lines_by_pkce_alone() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    // Nothing is sent to an address that is not agreed.
    for changes in [
        [("redirect_uri", "https://evil.test/callback")],
        [("redirect_uri", "http://localhost.evil.test:53593/callback")],
        [("redirect_uri", "")],
        [("client_id", "other")],
        [("client_id", "")],
    ] {
        let answer = get(&server, &authorize_path(&changes), &cookie).await;
        assert_eq!((answer.status, header(&answer, "location")), (400, None), "{changes:?}");
    }
    for (changes, told) in [
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("response_type", "token")], "unsupported_response_type"),
    ] {
        let answer = get(&server, &authorize_path(&changes), &cookie).await;
        assert_eq!(led_with(&answer, "error").as_deref(), Some(told), "{changes:?}");
        assert_eq!(led_with(&answer, "code"), None);
    }
    // Who is not logged in does that first, and comes back.
    let answer = get(&server, &authorize_path(&[]), "").await;
    assert!(header(&answer, "location").unwrap().starts_with("/login?redirect_url=%2Foauth2%2Fauthorize%3F"));
}

#[tokio::test]
async fn a_device_waits_until_a_person_decides() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let cookie = logged_in(&server, "ann").await;
    let begin = async || {
        let form = [("client_id", "flytectl"), ("scope", "all"), ("audience", "")];
        post(&server, "/oauth2/device_authorization", "", &form).await.json()
    };
    let ask = async |begun: &Value| {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", begun["device_code"].as_str().unwrap()),
            ("client_id", "flytectl"),
        ];
        exchange(&server, None, &form).await
    };
    let decide = async |begun: &Value, decision: &str| {
        let origin = format!("{cookie}\r\nOrigin: http://{}", server.address);
        let form = [("user_code", begun["user_code"].as_str().unwrap()), ("decision", decision)];
        post(&server, "/device", &origin, &form).await.status
    };
    let begun = begin().await;
    assert_eq!((&begun["interval"], &begun["expires_in"]), (&json!(5), &json!(600)));
    for _ in 0..3 {
        assert_eq!(error(&ask(&begun).await), json!("authorization_pending"));
    }
    assert_eq!(decide(&begun, "approve").await, 200);
    let answer = ask(&begun).await;
    assert_eq!(me(&server, &field(&answer, "access_token")).await["subject"], "user:ann");
    assert_eq!(error(&ask(&begun).await), json!("expired_token"));
    let refused = begin().await;
    assert_eq!(decide(&refused, "deny").await, 200);
    assert_eq!(decide(&refused, "approve").await, 404);
    assert_eq!(error(&ask(&refused).await), json!("access_denied"));
    assert_eq!(error(&ask(&json!({ "device_code": "guessed" })).await), json!("expired_token"));
    // Another site's page approves nothing.
    let third = begin().await;
    let form = [("user_code", third["user_code"].as_str().unwrap()), ("decision", "approve")];
    let evil = format!("{cookie}\r\nOrigin: https://evil.test");
    assert_eq!(post(&server, "/device", &evil, &form).await.status, 403);
    assert_eq!(error(&ask(&third).await), json!("authorization_pending"));
}

/// The login of a browser at a provider elsewhere.
#[tokio::test]
async fn a_browser_logs_in_at_the_provider_and_comes_back() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    let begin = async || get(&server, "/login?redirect_url=/console/projects/p", "").await;
    let begun = begin().await;
    let (state, nonce) = (led_with(&begun, "state").unwrap(), led_with(&begun, "nonce").unwrap());
    assert!(header(&begun, "location").unwrap().starts_with(&format!("{}/authorize?", provider.issuer)));
    assert_eq!(led_with(&begun, "code_challenge_method").as_deref(), Some("S256"));
    let id_token =
        |nonce: &str| provider.token(&json!({ "aud": "console", "nonce": nonce, "client_id": null }));
    let finish = async |state: &str, cookie: &str, more: &str| {
        get(&server, &format!("/callback?code=c1&state={state}{more}"), cookie).await
    };
    let browser = cookie(&begun);

    // Another browser, an unknown state, another provider's answer.
    provider.answer(json!({ "id_token": id_token(&nonce) }));
    assert_eq!(finish(&state, "", "").await.status, 403);
    assert_eq!(finish(&state, &browser, "").await.status, 403, "the state was used");
    assert_eq!(finish("guessed", &browser, "").await.status, 403);
    let again = begin().await;
    let answer = finish(&led_with(&again, "state").unwrap(), &cookie(&again), "&iss=https://evil.test").await;
    assert!(answer.text().contains("another identity provider"), "{}", answer.text());
    // A token of another login.
    let again = begin().await;
    provider.answer(json!({ "id_token": id_token(&nonce) }));
    let answer = finish(&led_with(&again, "state").unwrap(), &cookie(&again), "").await;
    assert!(answer.text().contains("nonce"), "{}", answer.text());

    let again = begin().await;
    provider.answer(json!({ "id_token": id_token(&led_with(&again, "nonce").unwrap()) }));
    let more = format!("&iss={}", escaped(&provider.issuer));
    let answer = finish(&led_with(&again, "state").unwrap(), &cookie(&again), &more).await;
    assert_eq!(
        (answer.status, header(&answer, "location")),
        (303, Some("/console/projects/p")),
        "{}",
        answer.text()
    );
    assert!(provider.asked().contains("code_verifier=") && !provider.asked().contains("secret"));
    let session = cookie(&answer);
    assert_eq!(get(&server, "/me", &session).await.json()["subject"], "user:ann");
    // An ID token opens nothing by itself.
    assert_eq!(status(&server, &id_token("x")).await, 401);
}

/// A browser that has logged in at a provider: the cookie of its session, and the ID token by which it was begun.
async fn logged_in_at(provider: &Provider, server: &TestServer) -> (String, String) {
    let begun = get(server, "/login", "").await;
    let nonce = led_with(&begun, "nonce").unwrap();
    let id_token = provider.token(&json!({ "aud": "console", "nonce": nonce, "client_id": null }));
    provider.answer(json!({ "id_token": id_token }));
    let path = format!("/callback?code=c1&state={}", led_with(&begun, "state").unwrap());
    (cookie(&get(server, &path, &cookie(&begun)).await), id_token)
}

#[tokio::test]
async fn a_log_out_ends_the_providers_session_where_it_can() {
    let provider = Provider::start().await;
    provider.end_sessions_at(&format!("{}/end?x=1", provider.issuer));
    let server = TestServer::start_with(provider.settings(), false).await;
    let (session, id_token) = logged_in_at(&provider, &server).await;
    let answer = get(&server, "/logout", &session).await;
    assert_eq!(answer.status, 200);
    let led = header(&answer, "refresh").unwrap().strip_prefix("0; url=").unwrap().to_owned();
    let (page, query) = led.split_once('?').unwrap();
    assert_eq!(page, format!("{}/end", provider.issuer));
    let back = escaped("http://public.test/console/");
    let back = format!("x=1&client_id=console&post_logout_redirect_uri={back}&id_token_hint={id_token}");
    assert_eq!(query, back);
    assert!(answer.text().contains(&led.replace('&', "&amp;")), "{}", answer.text());
    assert_eq!(get(&server, "/me", &session).await.status, 401);
    // Who is logged out already is led nowhere else.
    let again = get(&server, "/logout", &session).await;
    assert_eq!((again.status, header(&again, "location")), (303, Some("/console/")));
}

#[tokio::test]
async fn who_logs_in_after_a_log_out_is_asked_who_they_are() {
    let provider = Provider::start().await;
    for end_sessions_at in ["", "http://elsewhere.test/not-in-tls"] {
        provider.end_sessions_at(end_sessions_at);
        let server = TestServer::start_with(provider.settings(), false).await;
        let (session, _) = logged_in_at(&provider, &server).await;
        let answer = get(&server, "/logout?redirect_url=/console/x", &session).await;
        assert_eq!((answer.status, header(&answer, "location")), (303, Some("/console/x")));
        assert!(answer.head.contains("aileron-left=1; Path=/; HttpOnly"), "{}", answer.head);
        let first = get(&server, "/login", "").await;
        assert_eq!(led_with(&first, "prompt"), None);
        let after = get(&server, "/login", "\r\nCookie: aileron-left=1").await;
        assert_eq!(led_with(&after, "prompt").as_deref(), Some("login"));
    }
}

#[tokio::test]
async fn a_person_without_a_full_name_is_called_by_their_name() {
    let server = built_in().await;
    add_person(&server, "vera").await;
    let cookie = logged_in(&server, "vera").await;
    let told = get(&server, "/me", &cookie).await.json();
    assert_eq!(
        (&told["subject"], &told["name"], &told["preferred_username"]),
        (&json!("user:vera"), &json!("vera"), &json!("vera"))
    );
}

#[tokio::test]
async fn passwords_are_asked_for_and_not_told() {
    let server = built_in().await;
    add_person(&server, "ann").await;
    let origin = format!("\r\nOrigin: http://{}", server.address);
    let attempt = async |user: &str, password: &str| {
        post(&server, "/login", &origin, &[("user", user), ("password", password)]).await
    };
    let wrong = attempt("ann", "wrong").await;
    let nobody = attempt("nobody", PASSWORD).await;
    assert_eq!((wrong.status, nobody.status), (401, 401));
    assert_eq!(wrong.text(), nobody.text());
    assert!(wrong.text().contains("Wrong name or password."), "{}", wrong.text());
    assert_eq!(attempt("ann", PASSWORD).await.status, 303);
    let blocked = futures::future::join_all((0..15).map(|_| attempt("ann", "wrong"))).await;
    assert!(blocked.iter().any(|answer| answer.status == 429));
}

#[tokio::test]
async fn roles_count_in_their_project() {
    let server = built_in().await;
    let token = program(&server, "ci").await;
    bind(&server, "client:ci", "viewer", "flytesnacks/development").await;
    let seen = async |path: &str| get(&server, path, &bearer(&token)).await.status;
    assert_eq!(seen("/api/v1/executions/flytesnacks/development?limit=1").await, 200);
    assert_eq!(seen("/api/v1/executions/flytesnacks/production?limit=1").await, 403);
    assert_eq!(seen("/api/v1/executions/other/development?limit=1").await, 403);
    // Objects are had by who may read where they belong to.
    let object = async |key: &str| {
        let uri = server.storage.uri(&key.split('/').collect::<Vec<_>>());
        seen(&format!("/api/v1/dataproxy/artifact_urn?native_url={}", escaped(&uri))).await
    };
    assert_eq!(object("flytesnacks/development/a/b").await, 404);
    assert_eq!(object("metadata/flytesnacks/development/x/inputs").await, 404);
    for key in
        ["flytesnacks/production/a/b", "other/development/a/b", "metadata/other/development/x/inputs", "x"]
    {
        assert_eq!(object(key).await, 403, "{key}");
    }
    let projects = get(&server, "/api/v1/projects", &bearer(&token)).await.json();
    assert_eq!(projects["projects"][0]["id"], "flytesnacks");
    let stranger = program(&server, "stranger").await;
    let projects = get(&server, "/api/v1/projects", &bearer(&stranger)).await.json();
    assert_eq!(projects["projects"], json!([]));
}
