//! Keys of callers: each opens what the gate says, by every operation, and nothing else.

use std::sync::{Arc, Mutex};

use aileron_s3::{Gate, Wish};
use aileron_storage::{Storage, Target};
use futures::future::BoxFuture;

use crate::harness::{BUCKET, Open};

/// Lets `ann` read below `p/`, `bob` do anything there, and notes what was asked.
#[derive(Default)]
struct Folder(Mutex<Vec<String>>);

impl Gate for Folder {
    fn admit<'a>(&'a self, who: &'a str, wish: Wish, key: &'a str) -> BoxFuture<'a, Result<(), String>> {
        self.0.lock().unwrap().push(format!("{who} {wish:?} {key}"));
        let may = key.starts_with("p/") && (who == "user:bob" || who == "user:ann" && wish == Wish::Read);
        Box::pin(std::future::ready(if may { Ok(()) } else { Err(format!("{who} may not")) }))
    }
}

fn client(door: &Open, who: &str) -> Storage {
    let key = door.credentials.of(who);
    let mut target = door.target(&format!("s3://{BUCKET}"));
    target.environment = vec![
        ("AWS_ACCESS_KEY_ID".to_owned(), key.access_key),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), key.secret),
    ];
    target.open().unwrap()
}

fn is_denied<T: std::fmt::Debug>(done: &Result<T, aileron_storage::StorageError>) -> bool {
    format!("{done:?}").contains("AccessDenied") || format!("{done:?}").contains("PermissionDenied")
}

#[tokio::test]
async fn a_callers_key_opens_what_the_gate_says() {
    let gate = Arc::new(Folder::default());
    let door = Open::with(Some(gate.clone())).await;
    let own = door.client(&format!("s3://{BUCKET}"));
    for name in ["p/x", "q/x"] {
        own.put(&own.uri_of_key(name).unwrap(), name.to_owned()).await.unwrap();
    }
    assert!(gate.0.lock().unwrap().is_empty(), "the platform's key is not asked about");
    let uri = |name: &str| format!("s3://{BUCKET}/{name}");

    let ann = client(&door, "user:ann");
    assert_eq!(ann.get(&uri("p/x")).await.unwrap(), "p/x");
    assert_eq!(ann.list(&uri("p")).await.unwrap().len(), 1);
    for denied in [
        is_denied(&ann.get(&uri("q/x")).await),
        is_denied(&ann.list(&uri("q")).await),
        is_denied(&ann.list(ann.root()).await),
        is_denied(&ann.put(&uri("p/y"), "y").await),
        is_denied(&ann.remove(&uri("p/x")).await),
    ] {
        assert!(denied, "{:?}", gate.0.lock().unwrap());
    }

    let bob = client(&door, "user:bob");
    bob.put(&uri("p/y"), "y").await.unwrap();
    let mut upload = bob.upload(&uri("p/large")).unwrap();
    for _ in 0..3 {
        upload.write(&vec![7; 6 << 20]).await.unwrap();
    }
    upload.finish().await.unwrap();
    bob.remove(&uri("p/y")).await.unwrap();
    assert!(is_denied(&bob.put(&uri("q/y"), "y").await));
    assert_eq!(own.list(own.root()).await.unwrap().len(), 3);
    let asked = gate.0.lock().unwrap().join("\n");
    for expected in ["user:ann Read p/x", "user:ann Write p/y", "user:bob Remove p/y", "user:ann Read q/"] {
        assert!(asked.contains(expected), "{expected}: {asked}");
    }
}

#[tokio::test]
async fn without_a_gate_the_platforms_key_is_the_only_one() {
    let door = Open::new().await;
    let told = format!("{:?}", client(&door, "user:ann").get(&format!("s3://{BUCKET}/p/x")).await);
    assert!(told.contains("InvalidAccessKeyId"), "{told}");
}

#[tokio::test]
async fn a_key_is_its_owners_alone() {
    let door = Open::with(Some(Arc::new(Folder::default()))).await;
    let (ann, bob) = (door.credentials.of("user:ann"), door.credentials.of("user:bob"));
    let mut target: Target = door.target(&format!("s3://{BUCKET}"));
    target.environment = vec![
        ("AWS_ACCESS_KEY_ID".to_owned(), bob.access_key),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), ann.secret),
    ];
    let told = format!("{:?}", target.open().unwrap().get(&format!("s3://{BUCKET}/p/x")).await);
    assert!(told.contains("SignatureDoesNotMatch"), "{told}");
}
