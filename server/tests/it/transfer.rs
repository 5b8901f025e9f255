//! Uploads and downloads by signed URL: what is good arrives, what is bad leaves nothing.

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{NodeExecutionIdentifier, node_execution};
use aileron_idl::event::NodeExecutionEvent;
use aileron_idl::service::{
    ArtifactType, CreateDownloadLinkRequest, CreateDownloadLocationRequest, CreateUploadLocationRequest,
    CreateUploadLocationResponse, create_download_link_request::Source,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use tonic::Code;

use crate::fixture::{self, DOMAIN, PROJECT, execution_id, launch, number};
use crate::harness::{HttpAnswer, TestServer};

const BODY: &[u8] = b"a few bytes";

fn request(content: &[u8]) -> CreateUploadLocationRequest {
    CreateUploadLocationRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        filename: "file name.tar".into(),
        content_md5: Md5::digest(content).to_vec(),
        add_content_md5_metadata: true,
        ..Default::default()
    }
}

async fn location(
    server: &mut TestServer,
    request: CreateUploadLocationRequest,
) -> CreateUploadLocationResponse {
    server.data_proxy.create_upload_location(request).await.unwrap().into_inner()
}

/// Path and query of a URL.
fn path(url: &str) -> &str {
    &url[url.match_indices('/').nth(2).unwrap().0..]
}

async fn put(server: &TestServer, path: &str, headers: &str, body: &[u8]) -> HttpAnswer {
    let length = if headers.contains("Content-Length") {
        String::new()
    } else {
        format!("\r\nContent-Length: {}", body.len())
    };
    server.http(&format!("PUT {path} HTTP/1.1{length}{headers}"), body).await
}

#[tokio::test]
async fn an_upload_lies_at_its_native_url() {
    let mut server = TestServer::start().await;
    let found = location(&mut server, request(BODY)).await;
    // The client reached us by this name, not by the configured one.
    assert!(
        found.signed_url.starts_with(&format!("http://{}/upload/", server.address)),
        "{}",
        found.signed_url
    );
    assert!(found.native_url.contains("/flytesnacks/development/") && found.native_url.ends_with(".tar"));
    let headers: String = found.headers.iter().map(|(name, value)| format!("\r\n{name}: {value}")).collect();
    assert_eq!(headers, format!("\r\nContent-MD5: {}", STANDARD.encode(Md5::digest(BODY))));
    for headers in [headers.as_str(), ""] {
        assert_eq!(put(&server, path(&found.signed_url), headers, BODY).await.status, 200);
    }
    assert_eq!(server.storage.get(&found.native_url).await.unwrap(), BODY);
    assert_eq!(server.objects().len(), 1);
}

#[tokio::test]
async fn a_bad_upload_is_refused_and_leaves_nothing() {
    let mut server = TestServer::start_with(|settings| settings.max_upload_size = 1000, true).await;
    let url = location(&mut server, request(BODY)).await.signed_url;
    let good = path(&url).to_owned();
    let other_md5 = format!("\r\nContent-MD5: {}", STANDARD.encode(Md5::digest(b"other")));
    for (what, path, headers, body, status, text) in [
        ("wrong content", good.clone(), "", b"a few bites".as_slice(), 400, "was announced"),
        ("another md5", good.clone(), other_md5.as_str(), BODY, 400, "was signed for"),
        ("truncated", good.clone(), "\r\nContent-Length: 100", BODY, 400, "of 100 bytes"),
        ("too large", good.clone(), "\r\nContent-Length: 1001", BODY, 413, "1000 bytes"),
        ("altered key", good.replace(".tar", ".tgz"), "", BODY, 403, "does not fit"),
        ("altered expiry", good.replace("expires=1", "expires=2"), "", BODY, 403, "does not fit"),
        ("altered md5", good.replace("md5=", "md5=AAAA"), "", BODY, 403, "does not fit"),
        (
            "no signature",
            good.split("&signature").next().unwrap().to_owned(),
            "",
            BODY,
            400,
            "missing signature",
        ),
        ("climbing", good.replace("/upload/", "/upload/../../"), "", BODY, 403, "does not fit"),
        ("escaped climbing", good.replace("/upload/", "/upload/%2e%2e/"), "", BODY, 403, "does not fit"),
    ] {
        let answer = put(&server, &path, headers, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(answer.json()["message"].as_str().unwrap().contains(text), "{what}: {}", answer.text());
        assert!(server.objects().is_empty(), "{what}");
    }
    assert_eq!(put(&server, &good, "", BODY).await.status, 200);
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let mut server = TestServer::start().await;
    let mut short = request(BODY);
    short.expires_in = Some(prost_types::Duration { seconds: 0, nanos: 1 });
    let url = location(&mut server, short).await.signed_url;
    let answer = put(&server, path(&url), "", BODY).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("has expired"), "{}", answer.text());
    assert!(server.objects().is_empty());
}

#[tokio::test]
async fn a_large_upload_goes_through_in_parts() {
    let mut server = TestServer::start().await;
    let body = vec![7; (8 << 20) + 1];
    let found = location(&mut server, request(&body)).await;
    assert_eq!(put(&server, path(&found.signed_url), "", &body).await.status, 200);
    assert_eq!(server.storage.get(&found.native_url).await.unwrap().len(), body.len());
    let other =
        location(&mut server, CreateUploadLocationRequest { filename: "b".into(), ..request(&body) }).await;
    let mut wrong = body.clone();
    wrong[5] = 8;
    assert_eq!(put(&server, path(&other.signed_url), "", &wrong).await.status, 400);
    // Dropped uploads remove their part in the background.
    while server.objects().len() > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn bad_locations_are_refused() {
    let mut server = TestServer::start().await;
    let with = |adjust: fn(&mut CreateUploadLocationRequest)| {
        let mut request = request(BODY);
        adjust(&mut request);
        request
    };
    for (request, expected) in [
        (with(|request| request.project = "nowhere".into()), "project [nowhere]"),
        (with(|request| request.content_md5.clear()), "missing content_md5 or filename_root"),
        (with(|request| request.content_md5.truncate(3)), "16 bytes"),
        (with(|request| request.filename = "../x".into()), "no part of it may be . or .."),
        (with(|request| request.filename_root = "a/../../x".into()), "no part of it may be . or .."),
        (
            with(|request| request.expires_in = Some(prost_types::Duration { seconds: 7200, nanos: 0 })),
            "3600 seconds",
        ),
        (
            with(|request| request.expires_in = Some(prost_types::Duration { seconds: -1, nanos: 0 })),
            "positive",
        ),
    ] {
        let refused = server.data_proxy.create_upload_location(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(expected), "{expected}: {refused}");
    }
}

#[tokio::test]
async fn a_named_place_is_taken_by_other_content_only() {
    let mut server = TestServer::start().await;
    let named =
        |content: &[u8]| CreateUploadLocationRequest { filename_root: "root".into(), ..request(content) };
    let found = location(&mut server, named(BODY)).await;
    assert_eq!(put(&server, path(&found.signed_url), "", BODY).await.status, 200);
    location(&mut server, named(BODY)).await;
    let taken = server.data_proxy.create_upload_location(named(b"other")).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_the_callers_fault() {
    let mut server = TestServer::start().await;
    let named = |root: &str, file: &str| CreateUploadLocationRequest {
        filename_root: root.into(),
        filename: file.into(),
        ..request(BODY)
    };
    // Two URLs are given before either file is there; the second upload finds the first in its way.
    let below = location(&mut server, named("root/x", "file")).await;
    let found = location(&mut server, named("root", "x")).await;
    assert_eq!(put(&server, path(&found.signed_url), "", BODY).await.status, 200);
    let answer = put(&server, path(&below.signed_url), "", BODY).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.text().contains("use another name"), "{}", answer.text());
    // Files below where a file should be are no better.
    let deep = location(&mut server, named("deep/er", "file")).await;
    assert_eq!(put(&server, path(&deep.signed_url), "", BODY).await.status, 200);
    for (root, file) in [("root/x", "file"), ("root/x/y/z", "file"), ("root", "x/y"), ("deep", "er")] {
        let refused = server.data_proxy.create_upload_location(named(root, file)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{root}/{file}: {refused}");
        let text = refused.message();
        assert!(text.contains("filename_root") && text.contains("use another name"), "{text}");
        assert!(text.contains(&format!("{root}/{file}")), "{text}");
    }
}

#[tokio::test]
async fn a_deck_has_a_link() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("decked", number(1))).await.unwrap();
    let id = NodeExecutionIdentifier { node_id: "n0".into(), execution_id: Some(execution_id("decked")) };
    let deck = server.storage.uri(&["deck.html"]);
    let mut event = NodeExecutionEvent { id: Some(id.clone()), deck_uri: deck.clone(), ..Default::default() };
    event.set_phase(node_execution::Phase::Running);
    assert!(server.server.record_events(vec![ExecutionEvent::Node(Box::new(event))]).await[0].is_ok());
    let mut request =
        CreateDownloadLinkRequest { source: Some(Source::NodeExecutionId(id)), ..Default::default() };
    request.set_artifact_type(ArtifactType::Deck);
    let missing = server.data_proxy.create_download_link(request.clone()).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    server.storage.put(&deck, "<p>deck</p>").await.unwrap();
    let urls =
        server.data_proxy.create_download_link(request).await.unwrap().into_inner().pre_signed_urls.unwrap();
    let answer = server.get(path(&urls.signed_url[0]), "*/*").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "<p>deck</p>"));
    assert!(answer.head.contains("content-type: text/html"), "{}", answer.head);
    assert_eq!(server.get(&path(&urls.signed_url[0]).replace("deck", "dock"), "*/*").await.status, 403);
}

#[tokio::test]
async fn an_object_of_the_store_has_a_download_url() {
    let mut server = TestServer::start().await;
    let found = location(&mut server, request(BODY)).await;
    let ask = |native_url: &str| CreateDownloadLocationRequest {
        native_url: native_url.into(),
        ..Default::default()
    };
    let early = server.data_proxy.create_download_location(ask(&found.native_url)).await.unwrap_err();
    assert_eq!(early.code(), Code::NotFound);
    assert_eq!(put(&server, path(&found.signed_url), "", BODY).await.status, 200);
    let signed =
        server.data_proxy.create_download_location(ask(&found.native_url)).await.unwrap().into_inner();
    let answer = server.get(path(&signed.signed_url), "*/*").await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, BODY));
    assert!(signed.expires_at.is_some());
    for elsewhere in ["", "s3://other/key", "/etc/passwd"] {
        let refused = server.data_proxy.create_download_location(ask(elsewhere)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{elsewhere}: {refused}");
    }
}
