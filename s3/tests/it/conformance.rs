//! What every store does, whatever it is: a folder, memory, a bucket.

use std::time::Duration;

use aileron_storage::{Part, Storage, StorageError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;
use md5::{Digest, Md5};

use crate::harness::{BUCKET, Open};

/// Bytes of one part of an upload.
const PART: usize = 8 << 20;

#[tokio::test]
async fn a_folder_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conforms(&Storage::folder(folder.path()).unwrap()).await;
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&Storage::memory()).await;
}

#[tokio::test]
async fn a_bucket_conforms() {
    let door = Open::new().await;
    conforms(&door.client(&format!("s3://{BUCKET}"))).await;
    let prefixed = door.client(&format!("s3://{BUCKET}/some/prefix"));
    conforms(&prefixed).await;
    urls_are_signed(&prefixed).await;
}

async fn conforms(storage: &Storage) {
    storage.probe().await.unwrap();
    objects_come_back(storage).await;
    parts_are_read(storage).await;
    lists_are_whole(storage).await;
    uploads_appear_whole(storage).await;
    foreign_names_are_refused(storage).await;
}

async fn objects_come_back(storage: &Storage) {
    for name in ["plain", "a name/with slash", "per%cent", "ünï", "-v_1=+~", "q?x&y", "ha#sh"] {
        let uri = storage.uri(&["metadata", name]);
        assert!(storage.find(&uri).await.unwrap().is_none(), "{name}");
        assert!(matches!(storage.get(&uri).await, Err(StorageError::NotFound(_))), "{name}");
        for content in ["text", "", "other"] {
            storage.put(&uri, content).await.unwrap();
            assert_eq!(storage.get(&uri).await.unwrap(), content, "{name}");
        }
        let entry = storage.entry(&uri).await.unwrap();
        assert_eq!((entry.uri.as_str(), entry.size), (uri.as_str(), 5));
        assert!(entry.tag.is_some());
        storage.remove(&uri).await.unwrap();
        storage.remove(&uri).await.unwrap();
        assert!(!storage.exists(&uri).await.unwrap(), "{name}");
    }
}

async fn parts_are_read(storage: &Storage) {
    let uri = storage.uri(&["parts"]);
    storage.put(&uri, "0123456789").await.unwrap();
    for (part, expected) in [
        (Part::Whole, "0123456789"),
        (Part::Between(0, 1), "0"),
        (Part::Between(8, 100), "89"),
        (Part::From(7), "789"),
        (Part::Last(3), "789"),
        (Part::Last(30), "0123456789"),
    ] {
        let object = storage.read(&uri, part).await.unwrap();
        assert_eq!(object.entry.size, 10, "{part:?}");
        assert_eq!(object.range.end - object.range.start, expected.len() as u64, "{part:?}");
        let chunks: Vec<_> = object.bytes.try_collect().await.unwrap();
        assert_eq!(chunks.concat(), expected.as_bytes(), "{part:?}");
    }
    for part in [Part::Between(10, 11), Part::Between(5, 5), Part::From(10), Part::Last(0)] {
        let refused = storage.read(&uri, part).await;
        assert!(matches!(refused, Err(StorageError::Range { size: 10, .. })), "{part:?}");
    }
    storage.remove(&uri).await.unwrap();
}

async fn lists_are_whole(storage: &Storage) {
    let uris: Vec<String> = (0..30)
        .map(|number| storage.uri(&["list", &format!("{}", number % 3), &number.to_string()]))
        .collect();
    for uri in &uris {
        storage.put(uri, "x").await.unwrap();
    }
    storage.put(&storage.uri(&["list", "direct"]), "x").await.unwrap();
    let mut found: Vec<_> = storage.list(&storage.uri(&["list", "1"])).await.unwrap();
    found.sort_by(|one, other| one.uri.cmp(&other.uri));
    assert_eq!(found.len(), 10);
    assert_eq!(found[0].uri, storage.uri(&["list", "1", "1"]));
    assert!(storage.list(&storage.uri(&["lis"])).await.unwrap().is_empty());
    let (objects, mut folders) = storage.list_folder(&storage.uri(&["list"])).await.unwrap();
    folders.sort();
    assert_eq!(objects.len(), 1);
    assert_eq!(folders, ["0", "1", "2"].map(|name| storage.uri(&["list", name])));
    for entry in storage.list(storage.root()).await.unwrap() {
        storage.remove(&entry.uri).await.unwrap();
    }
    assert!(storage.list(storage.root()).await.unwrap().is_empty());
}

async fn uploads_appear_whole(storage: &Storage) {
    for size in [0, 10, PART + 1, 2 * PART] {
        let uri = storage.uri(&["uploads", &size.to_string()]);
        let content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let mut upload = storage.upload(&uri).unwrap();
        for chunk in content.chunks(3 << 20) {
            upload.write(chunk).await.unwrap();
        }
        assert!(!storage.exists(&uri).await.unwrap(), "{size}");
        upload.finish().await.unwrap();
        assert_eq!(storage.get(&uri).await.unwrap(), content, "{size}");
        storage.remove(&uri).await.unwrap();

        let mut upload = storage.upload(&uri).unwrap();
        upload.write(&content).await.unwrap();
        upload.abort().await.unwrap();
        assert!(!storage.exists(&uri).await.unwrap(), "{size}");
    }
}

async fn foreign_names_are_refused(storage: &Storage) {
    let root = storage.root();
    for uri in [
        format!("{root}/../x"),
        format!("{root}/a/./b"),
        format!("{root}//a"),
        format!("{root}/"),
        root.to_owned(),
        format!("{root}x/a"),
        "s3://other/a".to_owned(),
        String::new(),
    ] {
        assert!(matches!(storage.get(&uri).await, Err(StorageError::Foreign { .. })), "{uri}");
        assert!(matches!(storage.put(&uri, "x").await, Err(StorageError::Foreign { .. })), "{uri}");
    }
}

async fn urls_are_signed(storage: &Storage) {
    let uri = storage.uri(&["signed", "a name"]);
    let life = Duration::from_secs(60);
    let md5 = STANDARD.encode(Md5::digest(b"text"));
    let url = storage.upload_url(&uri, life, Some(&md5)).await.unwrap().unwrap();
    let http = reqwest::Client::new();
    let put = |url: &str, md5: &str, body: &'static str| {
        http.put(url).header("content-md5", md5).header("content-length", body.len()).body(body).send()
    };
    let other = STANDARD.encode(Md5::digest(b"other"));
    assert_eq!(put(&url, &md5, "tent").await.unwrap().status(), 400, "other content");
    assert_eq!(put(&url, &other, "other").await.unwrap().status(), 403, "another md5 than the signed one");
    assert!(!http.put(&url).body("text").send().await.unwrap().status().is_success(), "no md5");
    assert_eq!(put(&url.replace("signed/", "signed/x"), &md5, "text").await.unwrap().status(), 403);
    assert!(!storage.exists(&uri).await.unwrap());
    assert_eq!(put(&url, &md5, "text").await.unwrap().status(), 200);
    let url = storage.download_url(&uri, life).await.unwrap().unwrap();
    let answer = http.get(&url).header("range", "bytes=1-2").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (206, "ex"));
    assert_eq!(put(&url, &md5, "text").await.unwrap().status(), 403, "a download's URL takes nothing");
    let expired = storage.download_url(&uri, Duration::from_secs(1)).await.unwrap().unwrap();
    let expired = expired.replace("X-Amz-Expires=1&", "X-Amz-Expires=100000&");
    assert_eq!(http.get(&expired).send().await.unwrap().status(), 403, "a longer life than the signed one");
}
