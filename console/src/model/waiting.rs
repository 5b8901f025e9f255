//! Why a node has not ended yet, in words: as its data plane tells it, or as far as the page itself knows.

use aileron_idl::aileron::v1::gate_reason::Kind;
use aileron_idl::aileron::v1::waiting_node::Reason;
use aileron_idl::aileron::v1::{GateReason, UpstreamReason, WaitingNode};
use prost_types::Timestamp;

use super::node::NodeRow;
use super::outline::{Gate, Named, Outline};
use super::phase::Phase;
use super::time;
use super::tree::Tree;

/// What a data plane says that a node waits for. `now` is an instant in milliseconds.
pub fn told(tree: &Tree, outline: &Outline, node: &WaitingNode, now: f64) -> String {
    let left = |until: &Option<Timestamp>| {
        let left = until.as_ref().map_or(0.0, |until| (time::millis(until) - now).max(0.0));
        time::human(left)
    };
    match &node.reason {
        Some(Reason::Upstream(upstream)) => told_upstream(tree, outline, upstream),
        Some(Reason::Parallelism(most)) => format!(
            "It waits until one of the {} task nodes that may be under way at once has ended.",
            most.limit
        ),
        Some(Reason::Items(items)) => format!(
            "{} of its {} items are still to begin; {} are under way.",
            items.waiting, items.size, items.under_way
        ),
        Some(Reason::BackOff(pause)) => {
            format!("It failed, and is tried again in {} (attempt {}).", left(&pause.until), node.attempt + 1)
        }
        Some(Reason::Sleep(sleep)) => format!("It sleeps for {} more.", left(&sleep.until)),
        Some(Reason::Gate(gate)) => told_gate(gate, &left),
        Some(Reason::Lookup(_)) => "It is being looked whether the cache has its outputs.".to_owned(),
        Some(Reason::Reservation(held)) => {
            format!("{} computes the same; it waits for those outputs.", held.owner)
        }
        Some(Reason::Slot(_)) => "It is ready, and waits for its data plane to begin the attempt.".to_owned(),
        Some(Reason::Ending(_)) => "It will not run: what it is part of is being ended.".to_owned(),
        None => "It waits for something that this page does not know.".to_owned(),
    }
}

/// Where the graph has a node that waits.
pub fn path(tree: &Tree, outline: &Outline, node: &WaitingNode) -> String {
    match tree.node(&node.node_id) {
        Some(_) => outline.path(tree, &node.node_id),
        None if node.parent_node_id.is_empty() => node.spec_node_id.clone(),
        None => outline.within(tree, &node.parent_node_id, &node.spec_node_id),
    }
}

fn told_upstream(tree: &Tree, outline: &Outline, upstream: &UpstreamReason) -> String {
    let named = |id: &String| {
        let phase = tree.node(id).map_or(Phase::Waiting, |node| node.run.phase).label().to_lowercase();
        format!("{} ({id}, {phase})", outline.named(tree, id).title)
    };
    let mut words: Vec<String> = upstream.node_ids.iter().take(NAMED).map(named).collect();
    let more = (upstream.count as usize).saturating_sub(words.len());
    if more > 0 {
        words.push(format!("{more} more"));
    }
    format!("It waits for {}.", words.join(", "))
}

fn told_gate(gate: &GateReason, left: &impl Fn(&Option<Timestamp>) -> String) -> String {
    let what = match gate.kind() {
        Kind::Signal => "a value",
        Kind::Approval => "somebody to approve it",
    };
    let until = gate.until.is_some().then(|| format!(" for {} at most", left(&gate.until)));
    format!("It waits for {what} (signal {}){}.", gate.signal_id, until.unwrap_or_default())
}

/// What a node waits for; `None` for one that has ended or whose task runs.
pub fn why(tree: &Tree, outline: &Outline, id: &str, now: f64) -> Option<String> {
    let named = outline.named(tree, id);
    let Some(node) = tree.node(id) else { return Some(for_others(tree, outline, &named)) };
    match node.run.phase {
        Phase::Waiting => Some(for_others(tree, outline, &named)),
        Phase::Queued => Some(for_turn(tree, node, now)),
        Phase::Running => named.gate.map(|gate| for_gate(&gate, node, now)),
        Phase::Failing => Some("An error happened; what is under way is being ended.".to_owned()),
        Phase::Aborting => Some("Its end was asked for; what is under way is being ended.".to_owned()),
        Phase::Succeeding => Some("Its outputs are being stored.".to_owned()),
        _ => None,
    }
}

/// Nodes named at most.
const NAMED: usize = 4;

fn for_others(tree: &Tree, outline: &Outline, named: &Named) -> String {
    let open = |id: &&String| {
        let is_done = tree.node(id).is_some_and(|node| node.run.phase.is_terminal() || node.is_boundary());
        id.as_str() != "start-node" && !is_done
    };
    let waits: Vec<&String> = named.upstream.iter().filter(open).collect();
    if waits.is_empty() {
        return "It is next in line.".to_owned();
    }
    let mut words: Vec<String> = waits
        .iter()
        .take(NAMED)
        .map(|id| {
            let phase = tree.node(id).map_or(Phase::Waiting, |node| node.run.phase);
            let title = outline.top(id).map_or(id.as_str(), |named| named.title.as_str());
            format!("{title} ({id}, {})", phase.label().to_lowercase())
        })
        .collect();
    if waits.len() > NAMED {
        words.push(format!("{} more", waits.len() - NAMED));
    }
    format!("It waits for {}.", words.join(", "))
}

fn for_turn(tree: &Tree, node: &NodeRow, now: f64) -> String {
    let running =
        tree.nodes().values().filter(|other| other.run.phase == Phase::Running && !other.is_parent).count();
    let since = node.waited(now).map(|waited| format!(" for {}", time::human(waited))).unwrap_or_default();
    match running {
        0 => format!(
            "It has been ready{since}, and waits for a free slot: other executions have them all, or it starts now."
        ),
        count => format!(
            "It has been ready{since}, and waits for a free slot; {count} of this execution's nodes run."
        ),
    }
}

fn for_gate(gate: &Gate, node: &NodeRow, now: f64) -> String {
    match gate {
        Gate::Approve(signal) => format!("It waits for somebody to approve it (signal {signal})."),
        Gate::Signal(signal, _) => format!("It waits for a value (signal {signal})."),
        Gate::Sleep(length) => {
            let left = node.run.started.map_or(*length, |started| started + length - now).max(0.0);
            format!("It sleeps for {}; {} are left.", time::human(*length), time::human(left))
        }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure, Node, WorkflowTemplate};

    use super::*;
    use crate::model::run::Run;

    fn outline() -> Outline {
        let node = |id: &str, upstream: &[&str]| Node {
            id: id.into(),
            upstream_node_ids: upstream.iter().map(|id| (*id).to_owned()).collect(),
            ..Default::default()
        };
        let nodes = vec![node("n0", &["start-node"]), node("n1", &["n0", "start-node"])];
        let template = WorkflowTemplate { nodes, ..Default::default() };
        let primary = CompiledWorkflow { template: Some(template), ..Default::default() };
        Outline::of(&CompiledWorkflowClosure { primary: Some(primary), ..Default::default() })
    }

    fn tree(nodes: &[(&str, Phase)]) -> Tree {
        let mut tree = Tree::default();
        let row = |(id, phase): &(&str, Phase)| NodeRow {
            id: (*id).into(),
            spec_id: (*id).into(),
            created: Some(1_000.0),
            run: Run { phase: *phase, ..Run::default() },
            ..NodeRow::default()
        };
        tree.change(nodes.iter().map(row).collect());
        tree
    }

    #[test]
    fn a_node_says_whom_it_waits_for() {
        let said = why(&tree(&[("n0", Phase::Running)]), &outline(), "n1", 0.0);
        assert_eq!(said.as_deref(), Some("It waits for n0 (n0, running)."));
        let next = why(&tree(&[("n0", Phase::Succeeded)]), &outline(), "n1", 0.0);
        assert_eq!(next.as_deref(), Some("It is next in line."));
    }

    #[test]
    fn a_queued_node_says_for_how_long() {
        let said = why(&tree(&[("n0", Phase::Running), ("n1", Phase::Queued)]), &outline(), "n1", 3_000.0);
        let expect =
            "It has been ready for 2.000 s, and waits for a free slot; 1 of this execution's nodes run.";
        assert_eq!(said.as_deref(), Some(expect));
    }

    #[test]
    fn what_the_data_plane_says_is_told_with_the_names_of_nodes() {
        use aileron_idl::aileron::v1::{BackOffReason, ItemsReason};
        let tree = tree(&[("n0", Phase::Running)]);
        let say = |reason| {
            let node =
                WaitingNode { node_id: "n1".into(), attempt: 1, reason: Some(reason), ..Default::default() };
            told(&tree, &outline(), &node, 1_000.0)
        };
        let until = Some(Timestamp { seconds: 61, nanos: 0 });
        let upstream = UpstreamReason { node_ids: vec!["n0".into()], count: 3 };
        assert_eq!(say(Reason::Upstream(upstream)), "It waits for n0 (n0, running), 2 more.");
        let items = ItemsReason { waiting: 4, under_way: 2, size: 10 };
        assert_eq!(say(Reason::Items(items)), "4 of its 10 items are still to begin; 2 are under way.");
        let pause = BackOffReason { until };
        assert_eq!(say(Reason::BackOff(pause)), "It failed, and is tried again in 1 m 00 s (attempt 2).");
        let gate = GateReason { kind: Kind::Approval.into(), signal_id: "ok".into(), until };
        let expect = "It waits for somebody to approve it (signal ok) for 1 m 00 s at most.";
        assert_eq!(say(Reason::Gate(gate)), expect);
    }

    #[test]
    fn what_runs_or_has_ended_waits_for_nothing() {
        let tree = tree(&[("n0", Phase::Running), ("n1", Phase::Succeeded)]);
        assert_eq!(why(&tree, &outline(), "n0", 0.0), None);
        assert_eq!(why(&tree, &outline(), "n1", 0.0), None);
    }
}
