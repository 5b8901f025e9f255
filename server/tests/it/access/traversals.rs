//! Names that lead out of a folder, in `traversals.txt`: wherever a caller names a file, nothing is written, read or signed
//! outside of the place that the name belongs to.

use std::path::{Path, PathBuf};

use aileron_idl::service::{CreateDownloadLocationRequest, CreateUploadLocationRequest};
use tonic::Code;

use super::get;
use crate::harness::TestServer;

const NAMES: &str = include_str!("traversals.txt");
const BODY: &[u8] = b"put here by a caller";

/// The names; `\n`, `\0` and the like stand for what they do in Rust.
fn names() -> Vec<String> {
    let read = |line: &str| {
        let mut text = String::new();
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            text.push(match letter {
                '\\' => match letters.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    other => other,
                },
                other => other,
            });
        }
        text
    };
    NAMES.lines().map(read).collect()
}

/// Every file below a folder, but the database's own.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn no_name_of_an_upload_leaves_its_project_and_domain() {
    let server = TestServer::start().await;
    let names = names();
    assert!(names.len() >= 500, "{}", names.len());
    let root = server.objects_folder();
    let (mut signed, mut refused) = (0, 0);
    for (at, name) in names.iter().enumerate() {
        // Each has a folder of its own, or a file of one would be in the way of another's folder.
        let root = format!("root{at}");
        for (filename, filename_root) in [(name.as_str(), root.as_str()), ("file", name.as_str())] {
            let request = CreateUploadLocationRequest {
                project: "flytesnacks".to_owned(),
                domain: "development".to_owned(),
                filename: filename.to_owned(),
                filename_root: filename_root.to_owned(),
                ..Default::default()
            };
            match server.data_proxy.clone().create_upload_location(request).await {
                Err(status) => {
                    let known = [Code::InvalidArgument, Code::AlreadyExists];
                    assert!(known.contains(&status.code()), "{name:?}: {status}");
                    refused += 1;
                }
                Ok(location) => {
                    let url = location.into_inner().signed_url;
                    let path = &url[url.find("/upload/").unwrap()..];
                    let head = format!("PUT {path} HTTP/1.1\r\nContent-Length: {}", BODY.len());
                    server.http(&head, BODY).await;
                    signed += 1;
                }
            }
        }
    }
    assert!(signed > 0 && refused > 0, "{signed} {refused}");
    let mut found = Vec::new();
    files(server.folder(), &mut found);
    let own = root.join("flytesnacks").join("development");
    for path in found {
        let is_put = std::fs::read(&path).is_ok_and(|bytes| bytes == BODY);
        let inside = path.canonicalize().unwrap().starts_with(own.canonicalize().unwrap());
        assert!(!is_put || inside, "{}", path.display());
    }
}

#[tokio::test]
async fn nothing_outside_of_the_store_is_signed_or_read() {
    let server = TestServer::start().await;
    let root = server.objects_folder().display().to_string();
    std::fs::write(server.folder().join("secret"), "not for callers").unwrap();
    for name in names().iter().filter(|name| !name.contains(['\0'])) {
        for uri in [
            name.clone(),
            format!("{root}/{name}"),
            format!("{root}/../{name}"),
            format!("file://{root}/{name}"),
        ] {
            let request = CreateDownloadLocationRequest { native_url: uri.clone(), expires_in: None };
            if let Ok(location) = server.data_proxy.clone().create_download_location(request).await {
                let url = location.into_inner().signed_url;
                let path = &url[url.find("/download/").unwrap()..];
                let answer = get(&server, path, "").await;
                assert!(answer.status != 200 || !answer.text().contains("not for callers"), "{uri}");
            }
        }
        // Nor by a path that nobody has signed.
        let plain = name.chars().all(|letter| letter.is_ascii_graphic());
        for folder in ["/download/", "/upload/", "/api/v1/logs/"].into_iter().filter(|_| plain) {
            let answer = get(&server, &format!("{folder}{name}"), "").await;
            assert!(!matches!(answer.status, 200 | 500), "{folder}{name}: {}", answer.status);
        }
    }
}
