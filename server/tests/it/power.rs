//! A power cut: SQLite's files may end anywhere in what was written since the last acknowledged write, in the midst of
//! a page too, and everything that was acknowledged is there.
//!
//! What is cut is a copy of the files, taken while nothing is under way.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use aileron_idl::admin::TaskCreateRequest;
use aileron_idl::core::SimpleType;
use aileron_server::Database;
use futures::future::join_all;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::fixture::task;
use crate::harness::TestServer;

/// Registrations at once, how often, and bytes of each; enough for the log to be carried into the database.
const AT_ONCE: usize = 16;
const MOMENTS: usize = 60;
const BYTES: usize = 20_000;
/// Cuts after each moment.
const CUTS: usize = 4;
/// What a disk writes whole, at most.
const SECTOR: usize = 4096;

/// The files, while nothing is under way.
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(database: &Path) -> Files {
        let log = std::fs::read(beside(database, "-wal")).unwrap();
        Files { database: std::fs::read(database).unwrap(), log }
    }

    /// What the log's header and its frames are marked with; it changes when the log begins anew.
    fn mark(&self) -> &[u8] {
        &self.log[16..24]
    }

    /// Where the frames end that count; what follows is of before.
    fn end(&self) -> usize {
        let page = u32::from_be_bytes(self.log[8..12].try_into().unwrap()) as usize;
        let frames = self.log[32..].chunks_exact(24 + page);
        32 + frames.take_while(|frame| &frame[8..16] == self.mark()).count() * (24 + page)
    }

    /// The files as a cut leaves them that lost what came after a place of the log.
    fn cut(&self, into: &Path, at: usize, rng: &mut ChaCha8Rng) -> PathBuf {
        let database = into.join("aileron.db");
        let mut log = self.log[..at].to_vec();
        if rng.random_ratio(1, 2) {
            // A sector that was being written holds anything.
            log.extend((0..rng.random_range(0..SECTOR)).map(|_| rng.random::<u8>()));
        }
        std::fs::write(&database, &self.database).unwrap();
        std::fs::write(beside(&database, "-wal"), log).unwrap();
        let _of_the_copy_before = std::fs::remove_file(beside(&database, "-shm"));
        database
    }
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// A task that fills a few pages.
fn large(name: &str) -> TaskCreateRequest {
    let mut request = task(name, SimpleType::Integer);
    let template = request.spec.as_mut().and_then(|spec| spec.template.as_mut());
    template.unwrap().config.insert("filler".to_owned(), "x".repeat(BYTES));
    request
}

fn name(moment: usize, nth: usize) -> String {
    format!("t{moment}-{nth}")
}

/// The names of the tasks that are there.
async fn tasks(database: &Path) -> HashSet<String> {
    let options = SqliteConnectOptions::new().filename(database).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.unwrap();
    let (sound,): (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(sound, "ok");
    let found: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM tasks").fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn a_power_cut_at_any_point_loses_nothing_that_was_acknowledged() {
    let server = TestServer::start_with(|_| {}, false).await;
    let Database::Sqlite(database) = &server.database else { return };
    let (copy, mut rng) = (tempfile::tempdir().unwrap(), ChaCha8Rng::seed_from_u64(17));
    let (mut before, mut restarts, mut lost) = (Files::of(database), 0, 0);
    for moment in 0..MOMENTS {
        let create = |nth| {
            let (mut admin, request) = (server.admin.clone(), large(&name(moment, nth)));
            async move { admin.create_task(request).await }
        };
        join_all((0..AT_ONCE).map(create)).await.into_iter().for_each(|answer| drop(answer.unwrap()));
        let now = Files::of(database);
        let same_log = now.mark() == before.mark();
        restarts += usize::from(!same_log);
        // What was acknowledged before was synced before: in the log, or in the database when the log begins anew.
        let synced = if same_log { before.end() } else { 0 };
        for _ in 0..CUTS {
            let cut = now.cut(copy.path(), rng.random_range(synced..=now.end()), &mut rng);
            let found = tasks(&cut).await;
            for (moment, nth) in (0..moment).flat_map(|moment| (0..AT_ONCE).map(move |nth| (moment, nth))) {
                assert!(found.contains(&name(moment, nth)), "{} is lost", name(moment, nth));
            }
            lost += usize::from(found.len() < (moment + 1) * AT_ONCE);
        }
        before = now;
    }
    // The cuts do cut something off, and the log did begin anew.
    assert!(lost > MOMENTS && restarts > 0, "{lost} cuts, {restarts} logs");
}
