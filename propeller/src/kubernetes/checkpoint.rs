//! A run's state as its object carries it: compact, bounded, and enough to go on from.
//!
//! Nodes in the same state are told together, as ranges of their places in the plan: a workflow of which nearly
//! everything has succeeded takes some hundred bytes, however large it is. What is larger than the settings allow lies
//! in the object store, and the object names it.

use std::collections::BTreeMap;

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_engine::{Block, BlockIx, NodeIx, NodeState, RunPhase};
use serde::{Deserialize, Serialize};

use crate::run::{Grown, LiveRun, Round, RunId};

/// The form of what is written here. A form that is not known is not touched.
pub(super) const VERSION: u32 = 1;

/// What an object carries of its run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    /// See [`VERSION`].
    pub(super) version: u32,
    /// Which propeller wrote it.
    #[serde(default)]
    pub(super) writer: String,
    /// The state, if it is small. What is absent is written as null: a merge would keep what was there.
    #[serde(default)]
    pub(super) state: Option<String>,
    /// Where it lies, if it is not.
    #[serde(default)]
    pub(super) state_uri: Option<String>,
}

/// A run's state as it is known now.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    phase: RunPhase,
    grown: Vec<Grown>,
    nodes: BTreeMap<NodeIx, NodeState>,
    blocks: BTreeMap<BlockIx, Block>,
}

/// So many nodes from a place on.
type Range = (u32, u32);

#[derive(Serialize, Deserialize)]
struct Packed {
    phase: RunPhase,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grown: Vec<Grown>,
    /// Each state that some nodes are in, with these nodes.
    nodes: Vec<(NodeState, Vec<Range>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<(NodeIx, u32, Block)>,
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger { phase: RunPhase::Ready, grown: Vec::new(), nodes: BTreeMap::new(), blocks: BTreeMap::new() }
    }
}

impl Ledger {
    /// Takes a round in.
    pub(super) fn take(&mut self, round: Round) {
        if let Some(phase) = round.phase {
            self.phase = phase;
        }
        self.grown.extend(round.grown);
        self.nodes.extend(round.nodes);
        self.blocks.extend(round.blocks);
    }

    pub(super) fn phase(&self) -> &RunPhase {
        &self.phase
    }

    /// How many nodes have succeeded, and how many are under way; items of arrays are not counted.
    pub(super) fn progress(&self) -> Progress {
        let count = |is: fn(&NodeState) -> bool| self.nodes.values().filter(|node| is(node)).count();
        Progress { done: count(NodeState::is_terminal), live: count(NodeState::is_live) }
    }

    /// The state as text.
    pub(super) fn packed(&self) -> Result<String, serde_json::Error> {
        let mut nodes: Vec<(NodeState, Vec<Range>)> = Vec::new();
        for (NodeIx(ix), state) in &self.nodes {
            let known = nodes.iter_mut().rev().take(16).find(|(known, _)| known == state);
            match known {
                Some((_, ranges)) => extend(ranges, *ix),
                None => nodes.push((state.clone(), vec![(*ix, 1)])),
            }
        }
        let blocks = self.blocks.iter().map(|(ix, block)| (ix.array, ix.number, block.clone())).collect();
        let packed = Packed { phase: self.phase.clone(), grown: self.grown.clone(), nodes, blocks };
        serde_json::to_string(&packed)
    }

    /// The state that was packed.
    pub(super) fn unpacked(text: &str) -> Result<Ledger, serde_json::Error> {
        let Packed { phase, grown, nodes, blocks } = serde_json::from_str(text)?;
        let each = nodes.into_iter().flat_map(|(state, ranges)| {
            let all = ranges.into_iter().flat_map(|(first, count)| (first..).take(count as usize));
            all.map(move |ix| (NodeIx(ix), state.clone()))
        });
        let block = |(array, number, block)| (BlockIx { array, number }, block);
        Ok(Ledger { phase, grown, nodes: each.collect(), blocks: blocks.into_iter().map(block).collect() })
    }

    /// The run that goes on from here.
    pub(super) fn run(&self, id: RunId, workflow: FlyteWorkflow) -> LiveRun {
        LiveRun {
            id,
            workflow,
            phase: self.phase.clone(),
            grown: self.grown.clone(),
            nodes: self.nodes.iter().map(|(ix, state)| (*ix, state.clone())).collect(),
            blocks: self.blocks.iter().map(|(ix, block)| (*ix, block.clone())).collect(),
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) done: usize,
    pub(super) live: usize,
}

fn extend(ranges: &mut Vec<Range>, ix: u32) {
    match ranges.last_mut() {
        Some((first, count)) if *first + *count == ix => *count += 1,
        _ => ranges.push((ix, 1)),
    }
}

/// Where a propeller's state of a run lies that is too large for its object: two places in turn, so that the one that the
/// object names is not the one that is written. One that others have taken over from writes none of theirs.
pub(super) fn place(
    storage: &aileron_storage::Storage,
    execution: &ExecutionId,
    (writer, turn): (&str, u64),
) -> String {
    let ExecutionId { project, domain, name } = execution;
    let folder = format!("{project}-{domain}-{name}");
    storage.uri(&["metadata", "propeller", &folder, writer, &format!("state-{}.json", turn % 2)])
}

#[cfg(test)]
mod tests {
    use aileron_engine::Failure;

    use super::*;
    use crate::run::KeptInside;

    fn round(nodes: Vec<(u32, NodeState)>) -> Round {
        let nodes = nodes.into_iter().map(|(ix, state)| (NodeIx(ix), state)).collect();
        Round { nodes, phase: Some(RunPhase::Running), ..Round::of(1) }
    }

    #[test]
    fn a_state_is_what_was_packed() {
        let mut ledger = Ledger::default();
        let failing = RunPhase::Failing(Failure::system("C", "m"));
        let grown = Grown { node: NodeIx(3), attempt: 1, inside: KeptInside::Items(70) };
        let block: Block = serde_json::from_str("[[[1,64]],[]]").unwrap();
        ledger.take(round(vec![(0, NodeState::Succeeded { attempt: 0 }), (7, NodeState::Skipped)]));
        ledger.take(Round {
            phase: Some(failing.clone()),
            grown: vec![grown.clone()],
            blocks: vec![(BlockIx { array: NodeIx(3), number: 1 }, block)],
            ..round(vec![(7, NodeState::Failed { attempt: 2 })])
        });
        let again = Ledger::unpacked(&ledger.packed().unwrap()).unwrap();
        assert_eq!((again.phase(), &again.grown), (&failing, &vec![grown]));
        assert_eq!((&again.nodes, &again.blocks), (&ledger.nodes, &ledger.blocks));
        assert_eq!(again.nodes[&NodeIx(7)], NodeState::Failed { attempt: 2 });
    }

    #[test]
    fn fifty_thousand_ended_nodes_take_little() {
        let mut ledger = Ledger::default();
        let state = |ix: u32| match ix % 1_000 {
            0 => NodeState::Skipped,
            1 => NodeState::Succeeded { attempt: 1 },
            _ => NodeState::Succeeded { attempt: 0 },
        };
        ledger.take(round((0..50_000).map(|ix| (ix, state(ix))).collect()));
        let text = ledger.packed().unwrap();
        assert!(text.len() < 3_000, "{}", text.len());
        assert_eq!(Ledger::unpacked(&text).unwrap().nodes.len(), 50_000);
    }
}
