//! For how long nothing runs between two pods, as a third party sees it by a watch of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::Numbers;
use crate::harness::Room;

/// When each pod was first seen, and first seen to have succeeded.
type Seen = BTreeMap<String, (Instant, Option<Instant>)>;

/// Somebody who only looks on.
pub(crate) struct Onlooker {
    seen: Arc<Mutex<Seen>>,
    watching: JoinHandle<()>,
}

impl Onlooker {
    pub(crate) fn of(room: &Room) -> Onlooker {
        let (api, seen) = (room.pods(), Arc::<Mutex<Seen>>::default());
        let noted = seen.clone();
        let watching = tokio::spawn(async move {
            let mut events = watcher(api, Config::default()).boxed();
            while let Some(event) = events.next().await {
                let (Event::Apply(pod) | Event::InitApply(pod)) = event.unwrap() else { continue };
                let now = Instant::now();
                let mut seen = noted.lock().unwrap();
                let (_, succeeded) = seen.entry(pod.name_any()).or_insert((now, None));
                if is_over(&pod) {
                    succeeded.get_or_insert(now);
                }
            }
        });
        Onlooker { seen, watching }
    }

    /// Milliseconds from the success of each pod of a chain to the next one's being there: the middle one, and the worst
    /// but for one in a hundred.
    pub(crate) fn tell(self, nodes: usize, numbers: &mut Numbers) {
        self.watching.abort();
        let seen = self.seen.lock().unwrap();
        let of = |node: usize| seen.get(&format!("measured-n{node}-0")).copied();
        let gap = |node: usize| {
            let (succeeded, next) = (of(node)?.1?, of(node + 1)?.0);
            Some(next.saturating_duration_since(succeeded).as_secs_f64() * 1000.0)
        };
        let mut gaps: Vec<f64> = (0..nodes.saturating_sub(1)).filter_map(gap).collect();
        gaps.sort_by(f64::total_cmp);
        for (name, of_hundred) in [("gap_p50", 50), ("gap_p99", 99)] {
            numbers.insert(name.to_owned(), json!(gaps.get(gaps.len() * of_hundred / 100)));
        }
    }
}

fn is_over(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Succeeded")
}
