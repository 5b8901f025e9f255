//! What it takes to decide by 10,000 role bindings whether a caller may: one JSON object of microseconds, the mean of each
//! kind of caller. `cargo xtask bench access` makes rows of a report of them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on has failed")]

use std::hint::black_box;
use std::time::Instant;

use aileron_server::measuring::Decision;
use aileron_server::{Binding, Role};
use serde_json::json;

const BINDINGS: usize = 10_000;
const DECISIONS: usize = 200_000;

fn binding(who: &str, scope: &str) -> Binding {
    Binding { subject: who.parse().unwrap(), role: Role::Viewer, scope: scope.parse().unwrap() }
}

/// Each of the projects in turn, of which some are not the caller's; in microseconds.
fn mean(decision: &Decision) -> f64 {
    let projects: Vec<String> = (0..2 * BINDINGS).map(|at| format!("p{at}")).collect();
    let begun = Instant::now();
    for at in 0..DECISIONS {
        let project = &projects[at * 7919 % projects.len()];
        black_box(decision.may_view(black_box(project), "development"));
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(DECISIONS).unwrap())
}

fn main() {
    let caller = || "user:ann".parse().unwrap();
    let groups = |count: usize| (0..count).map(|at| format!("g{at}")).collect::<Vec<_>>();
    let of_many = (0..BINDINGS).map(|at| {
        let kind = ["user", "group", "client"][at % 3];
        binding(&format!("{kind}:n{at}"), &format!("p{at}"))
    });
    let of_many = of_many.chain([binding("user:ann", "p1")]);
    let of_one = (0..BINDINGS).map(|at| binding("user:ann", &format!("p{at}/development")));
    let of_groups = (0..BINDINGS).map(|at| binding(&format!("group:g{}", at % 100), &format!("p{at}")));
    let numbers = json!({
        "decide_many": mean(&Decision::new(of_many, caller(), Vec::new())),
        "decide_one": mean(&Decision::new(of_one, caller(), Vec::new())),
        "decide_groups": mean(&Decision::new(of_groups, caller(), groups(100))),
    });
    println!("{numbers}");
}
