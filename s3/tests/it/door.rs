//! What the door refuses, and where things lie behind it.

use aileron_storage::{Storage, Target};

use crate::harness::{BUCKET, Open};

async fn text(storage: &Storage) -> String {
    let error = storage.probe().await.unwrap_err();
    format!("{error}: {}", std::error::Error::source(&error).unwrap())
}

#[tokio::test]
async fn a_wrong_key_opens_nothing() {
    let door = Open::new().await;
    let uri = format!("s3://{BUCKET}");
    for (index, code) in [(0, "InvalidAccessKeyId"), (1, "SignatureDoesNotMatch")] {
        let mut target = door.target(&uri);
        target.environment[index].1.push('x');
        let told = text(&target.open().unwrap()).await;
        assert!(told.contains(code), "{told}");
    }
    let mut target = door.target(&uri);
    target.environment = vec![("AWS_SKIP_SIGNATURE".to_owned(), "true".to_owned())];
    let told = text(&target.open().unwrap()).await;
    assert!(told.contains("AccessDenied") || told.contains("403"), "{told}");
}

#[tokio::test]
async fn the_own_bucket_is_the_folder() {
    let door = Open::new().await;
    let storage = door.client(&format!("s3://{BUCKET}"));
    storage.put(&storage.uri(&["data", "x"]), "text").await.unwrap();
    let file = door.folder.path().join("objects/data/x");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "text");
}

#[tokio::test]
async fn other_buckets_are_made_apart_from_each_other() {
    let door = Open::new().await;
    let told = text(&door.client("s3://second")).await;
    assert!(told.contains("cannot be used"), "{told}");
    for name in ["second", "third.x"] {
        std::fs::create_dir(door.folder.path().join("buckets").join(name)).unwrap();
        let storage = door.client(&format!("s3://{name}"));
        storage.put(&storage.uri(&["x"]), name.to_owned()).await.unwrap();
    }
    assert_eq!(door.client("s3://second").get("s3://second/x").await.unwrap(), "second");
    let own = door.client(&format!("s3://{BUCKET}"));
    assert!(own.list(own.root()).await.unwrap().is_empty());
}

/// A name that is a path in disguise is no name: the file beside the buckets stays out of reach.
#[tokio::test]
async fn no_bucket_is_a_path() {
    let door = Open::new().await;
    for name in ["staging%2fx", "s3.key", "UPPER", "a"] {
        let target = Target { uri: format!("s3://{BUCKET}"), ..door.target("") };
        let endpoint = format!("{}/{name}", door.endpoint);
        let storage = Target { endpoint: Some(endpoint), ..target }.open().unwrap();
        let told = storage.get(&storage.uri(&["s3.key"])).await.unwrap_err();
        assert!(!format!("{told:?}").contains("200"), "{name}: {told:?}");
        assert!(storage.put(&storage.uri(&["x"]), "x").await.is_err(), "{name}");
    }
    let names = std::fs::read_dir(door.folder.path()).unwrap().count();
    assert_eq!(names, 4, "objects, buckets, staging and the key");
}
