//! The plans of runs that somebody asked about, kept for the next time: making one costs what the workflow's graph does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aileron_engine::Plan;

/// How many plans are kept.
const KEPT: usize = 8;

/// Whose plan it is: the object's, and how often it has grown, which tells its versions apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) uid: String,
    pub(super) growths: usize,
}

/// The plans that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// The latest comes first.
    kept: Mutex<VecDeque<(Whose, Arc<Plan>)>>,
}

impl Plans {
    /// The plan, which is made if it is not there. Two who ask at the same time may both make it.
    pub(super) async fn get<E>(
        &self,
        whose: Whose,
        make: impl Future<Output = Result<Plan, E>>,
    ) -> Result<Arc<Plan>, E> {
        if let Some(plan) = self.find(&whose) {
            return Ok(plan);
        }
        let plan = Arc::new(make.await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Of one object the latest version is enough.
        kept.retain(|(known, _)| known.uid != whose.uid);
        kept.push_front((whose, plan.clone()));
        kept.truncate(KEPT);
        Ok(plan)
    }

    fn find(&self, whose: &Whose) -> Option<Arc<Plan>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == whose)?;
        let found = kept.remove(at)?;
        let plan = found.1.clone();
        kept.push_front(found);
        Some(plan)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aileron_engine::PlanSettings;
    use aileron_idl::core::{
        CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Node, WorkflowTemplate,
    };

    use super::*;

    fn plan() -> Plan {
        let bare = |id: &str| Node { id: id.into(), ..Node::default() };
        let nodes = vec![bare("start-node"), bare("end-node")];
        let template = WorkflowTemplate { nodes, ..WorkflowTemplate::default() };
        let connections = Some(ConnectionSet::default());
        let primary = Some(CompiledWorkflow { template: Some(template), connections });
        let closure = CompiledWorkflowClosure { primary, ..CompiledWorkflowClosure::default() };
        Plan::from_closure(&closure, PlanSettings::default()).unwrap()
    }

    #[tokio::test]
    async fn a_plan_is_made_once_for_each_version_and_the_oldest_go() {
        let (plans, made) = (Plans::default(), AtomicUsize::new(0));
        let ask = async |uid: usize, growths| {
            let make = async {
                made.fetch_add(1, Ordering::SeqCst);
                Ok::<_, ()>(plan())
            };
            plans.get(Whose { uid: uid.to_string(), growths }, make).await.unwrap();
            made.load(Ordering::SeqCst)
        };
        assert_eq!((ask(0, 0).await, ask(0, 0).await), (1, 1));
        assert_eq!((ask(0, 1).await, ask(0, 1).await), (2, 2));
        for other in 1..=KEPT {
            ask(other, 0).await;
        }
        assert_eq!(ask(KEPT, 0).await, 2 + KEPT, "the last one is there");
        assert_eq!(ask(0, 1).await, 3 + KEPT, "the first one went");
        let failed = plans.get(Whose { uid: "f".into(), growths: 0 }, async { Err::<Plan, _>("no") }).await;
        assert_eq!(failed.err(), Some("no"));
    }
}
