//! Opening a server on a database that will not do: what is wrong is told, and where.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use aileron_server::{Database, Server, Settings};
use aileron_storage::Storage;
use aileron_test_postgres::Cluster;

use crate::database::{self, Tables};
use crate::harness::Nobody;

async fn open(folder: &Path, database: &Database) -> Result<Server, String> {
    let storage = Storage::folder(&folder.join("objects")).unwrap();
    let mut settings = Settings::new(folder, "http://public.test", storage);
    settings.database = database.clone();
    Server::open(settings, Arc::new(Nobody)).await.map_err(|error| chain(&error))
}

/// An error with its causes, as the program tells it.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

async fn refusal(url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), &url.parse().unwrap()).await.err().unwrap()
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told() {
    let cluster = Cluster::shared();
    let here = cluster.url("").split_once("host=").unwrap().1.split_once('&').unwrap().0.to_owned();
    for (url, expected) in [
        (
            "postgres://me:secret@127.0.0.1:1/d",
            "metadata store postgres://me@127.0.0.1:1/d: the metadata store cannot be reached",
        ),
        (
            "postgres:///d?host=/nowhere&user=me",
            "metadata store postgres://me@/nowhere:5432/d: the metadata store cannot be reached",
        ),
        (&format!("postgres:///d?host={here}&user=aileron"), "database \"d\" does not exist"),
        (
            &format!("postgres:///postgres?host={here}&user=guarded&password=wrong"),
            "password authentication failed for user \"guarded\"",
        ),
        ("sqlite:///nowhere/aileron.db", "metadata store sqlite:///nowhere/aileron.db: "),
    ] {
        let told = refusal(url).await;
        assert!(told.contains(expected) && !told.contains("secret"), "{url}: {told}");
    }
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = database::fresh(folder.path());
    drop(open(folder.path(), &database).await.unwrap());
    let later = "INSERT INTO _sqlx_migrations SELECT 9999, $1, installed_on, success, checksum, execution_time \
        FROM _sqlx_migrations WHERE version = 1";
    Tables::of(&database).update(later, "of the future").await;
    let told = open(folder.path(), &database).await.err().unwrap();
    assert!(told.contains("is newer than this program (migration 9999)"), "{told}");
}

#[tokio::test]
async fn servers_that_start_together_share_a_new_database() {
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let database = database::shared();
    let opened = futures::future::join_all(folders.iter().map(|folder| open(folder.path(), &database))).await;
    let problems: Vec<String> = opened.into_iter().filter_map(Result::err).collect();
    assert_eq!(problems, Vec::<String>::new());
}
