//! The published flaws of Flyte's control plane, each by its number: none of them is here.

use aileron_idl::admin::{NamedEntityIdentifier, ResourceListRequest, Sort, sort::Direction};
use serde_json::json;
use tonic::{Code, Request};

use super::provider::{Provider, now};
use super::{accounts, bearer, bind, built_in, exchange, get, program};
use crate::harness::TestServer;

/// Filters and sort keys went into SQL as they were.
#[tokio::test]
async fn cve_2023_41891_lists_take_no_sql() {
    let server = built_in().await;
    let token = program(&server, "ci").await;
    bind(&server, "client:ci", "viewer", "*").await;
    let texts = [
        "name); DROP TABLE tasks; --",
        "(SELECT password_hash FROM users)",
        "name DESC, (CASE WHEN 1=1 THEN name ELSE version END)",
        "name' OR '1'='1",
        "name\" OR \"1\"=\"1",
        "name/**/UNION/**/SELECT/**/1",
        "tasks.name; ATTACH DATABASE '/tmp/x' AS x",
        "pg_sleep(5)",
        "name\0",
    ];
    for text in texts {
        for (filters, key) in [
            (String::new(), text.to_owned()),
            (format!("eq({text},x)"), String::new()),
            (format!("eq(name,x)+{text}"), String::new()),
            (format!("{text}(name,x)"), String::new()),
        ] {
            let mut list = ResourceListRequest {
                id: Some(NamedEntityIdentifier {
                    project: "flytesnacks".to_owned(),
                    domain: "development".to_owned(),
                    ..Default::default()
                }),
                limit: 10,
                filters: filters.clone(),
                ..Default::default()
            };
            if !key.is_empty() {
                list.sort_by = Some(Sort { key: key.clone(), direction: Direction::Ascending.into() });
            }
            let mut request = Request::new(list);
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            let refused = server.admin.clone().list_tasks(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{filters} {key}: {refused}");
        }
    }
}

/// A client secret shipped with the program.
#[tokio::test]
async fn cve_2022_39273_there_is_no_secret_before_one_is_made() {
    let server = built_in().await;
    assert!(accounts(&server).await.clients().await.unwrap().is_empty());
    assert!(accounts(&server).await.users().await.unwrap().is_empty());
    for id in ["flytepropeller", "flytectl", "flyte-cli", "flytescheduler", "aileron", "admin"] {
        for secret in ["foobar", "", "secret", "admin", id] {
            let answer = exchange(&server, Some((id, secret)), &[("grant_type", "client_credentials")]).await;
            assert_ne!(answer.status, 200, "{id} {secret}");
        }
    }
}

/// Tokens of an authorisation server elsewhere counted after they had expired.
#[tokio::test]
async fn cve_2022_31145_a_token_that_has_expired_opens_nothing() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    for expired in [31, 60, 3600, 86_400] {
        let token = provider.token(&json!({ "exp": now() - expired }));
        assert_eq!(get(&server, "/api/v1/version", &bearer(&token)).await.status, 401, "{expired}");
    }
    // One that counted while it was remembered does not count after its end.
    let short = provider.token(&json!({ "exp": now() - 28 }));
    assert_eq!(get(&server, "/api/v1/version", &bearer(&short)).await.status, 200);
    let ended = async {
        while get(&server, "/api/v1/version", &bearer(&short)).await.status != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), ended).await.unwrap();
}

/// A path of the console fetched any address for whoever asked.
#[tokio::test]
async fn cve_2022_24856_nothing_is_fetched_for_a_caller() {
    let provider = Provider::start().await;
    let server = TestServer::start().await;
    for path in ["cors_proxy", "console/cors_proxy", "proxy", "api/v1/proxy"] {
        for target in
            [format!("{}/keys", provider.issuer), "http://169.254.169.254/latest/meta-data".to_owned()]
        {
            for path in [format!("/{path}/{target}"), format!("/{path}?url={target}")] {
                let answer = get(&server, &path, "").await;
                assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
            }
        }
    }
    assert_eq!(provider.fetches(), 0);
}
