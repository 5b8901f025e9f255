//! No text names what is outside of the store, and a run's key opens what is of its run and project alone.

use aileron_server::fuzzing;
use aileron_storage::Storage;

/// Checks a text as a key, as a URI, and as the names that a key is made of.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let storage = Storage::memory();
    if let Ok(uri) = storage.uri_of_key(text) {
        assert_eq!(storage.key(&uri).ok(), Some(text));
        no_way_out(text);
        of_its_own(text);
    }
    if let Ok(key) = storage.key(text) {
        no_way_out(key);
    }
    let names: Vec<&str> = text.split('\n').collect();
    let uri = storage.uri(&names);
    let below = uri.strip_prefix(storage.root()).expect("a URI is below the root");
    if let Some(key) = below.strip_prefix('/') {
        no_way_out(key);
        assert!(key.split('/').count() <= names.len(), "{key:?}: one name has become several");
    }
}

fn no_way_out(key: &str) {
    let stays = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    assert!(key.split('/').all(stays), "{key:?}");
}

/// What the run `p/development/x` may do.
fn of_its_own(key: &str) {
    let [reads, writes] = fuzzing::run_may(key);
    let below = |folders: &[&str]| folders.iter().any(|folder| key.starts_with(folder));
    let own = ["metadata/propeller/p-development-x/", "data/p/development/"];
    assert!(!writes || reads, "{key:?}: what is the run's own is of its project");
    assert!(!writes || below(&own) || below(&["p/development/"]), "{key:?} may be written");
    let of_project = ["metadata/p/development/", "metadata/admin/p/development/", "p/development/"];
    let is_runs = key.starts_with("metadata/propeller/p-development-");
    assert!(!reads || is_runs || below(&own) || below(&of_project), "{key:?} may be read");
}
