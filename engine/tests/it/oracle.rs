//! An independent, naive reading of the rules: no time, no attempts in flight, just what must come out.

use crate::program::{Body, Graph, Outcome, Step};

/// How a node ends when nothing else interferes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeeds,
    Fails,
    /// Something it waits for fails.
    Blocked,
}

/// The fate of every step, in order.
pub(crate) fn fates(graph: &Graph) -> Vec<Fate> {
    let mut fates: Vec<Fate> = Vec::new();
    for step in &graph.steps {
        let free = step.upstream.iter().all(|from| fates[*from] == Fate::Succeeds);
        fates.push(match free {
            false => Fate::Blocked,
            true if succeeds(step) => Fate::Succeeds,
            true => Fate::Fails,
        });
    }
    fates
}

/// Whether the step succeeds once it may start.
pub(crate) fn succeeds(step: &Step) -> bool {
    match &step.body {
        Body::Sleep(_) => true,
        Body::Task | Body::Gate | Body::Launch => own_success(step.retries, |nth| step.outcome(nth)),
        Body::Dynamic(graph) => {
            own_success(step.retries, |nth| step.outcome(nth)) && !fates(graph).contains(&Fate::Fails)
        }
        Body::Array(array) => {
            array.items.iter().filter(|item| succeeds(item)).count() >= array.needed as usize
        }
        Body::Workflow(graph) => !fates(graph).contains(&Fate::Fails),
        Body::Branch(arms, taken) => taken.is_some_and(|arm| succeeds(&arms[arm])),
    }
}

fn own_success(retries: u32, outcome: impl Fn(usize) -> Outcome) -> bool {
    let (mut user, mut system) = (0, 0);
    for nth in 0.. {
        match outcome(nth) {
            Outcome::Success => return true,
            Outcome::Fatal => return false,
            Outcome::UserFailure | Outcome::Hang => user += 1,
            Outcome::SystemFailure => system += 1,
        }
        if user > retries || system > 3 {
            return false;
        }
    }
    false
}
