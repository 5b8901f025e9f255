//! An independent, naive reading of the rules: no time, no attempts in flight, just what must come out.

use crate::program::{Outcome, Program};

/// How a node ends when nothing else interferes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeeds,
    Fails,
    /// Something it waits for fails.
    Blocked,
}

/// The fate of every step, in order.
pub(crate) fn fates(program: &Program) -> Vec<Fate> {
    let mut fates: Vec<Fate> = Vec::new();
    for step in &program.steps {
        let free = step.upstream.iter().all(|from| fates[*from] == Fate::Succeeds);
        fates.push(match free {
            false => Fate::Blocked,
            true if own_success(step.retries, |nth| step.outcome(nth)) => Fate::Succeeds,
            true => Fate::Fails,
        });
    }
    fates
}

fn own_success(retries: u32, outcome: impl Fn(usize) -> Outcome) -> bool {
    let (mut user, mut system) = (0, 0);
    for nth in 0.. {
        match outcome(nth) {
            Outcome::Success => return true,
            Outcome::Fatal => return false,
            Outcome::UserFailure => user += 1,
            Outcome::SystemFailure => system += 1,
        }
        if user > retries || system > 3 {
            return false;
        }
    }
    false
}
