//! The variables of the nodes whose variables follow from other nodes: approvals, branches and arrays.

use crate::diagnostic::Location;
use crate::findings::Findings;
use crate::ir::{Kind, Node, NodeIx};
use crate::node;
use crate::promise::source_type;
use crate::signature::{Lists, Signature};

/// Fills in the signatures that can be known. A node that follows from itself, by a circle that is
/// diagnosed as such, and what follows from a node without a signature, remain without.
pub(crate) fn signatures(nodes: &mut [Node<'_>], diagnostics: &mut Findings) {
    let mut progress = vec![Progress::Waiting; nodes.len()];
    let mut lists = Lists::default();
    // A list instead of recursion: approvals follow each other as far as their sender likes.
    let mut open = Vec::new();
    for index in 0..nodes.len() {
        open.push(index);
        while let Some(&index) = open.last() {
            match progress[index] {
                Progress::Waiting => {
                    progress[index] = Progress::Entered;
                    let sources = sources(&nodes[index]);
                    let sources = sources.into_iter().map(|source| source.0 as usize);
                    open.extend(sources.filter(|&source| progress[source] == Progress::Waiting));
                }
                Progress::Entered => {
                    progress[index] = Progress::Done;
                    if let Some(signature) = signature(nodes, index, &mut lists, diagnostics) {
                        nodes[index].signature = Some(signature);
                    }
                    open.pop();
                }
                Progress::Done => drop(open.pop()),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Entered,
    Done,
}

/// The nodes that a node's signature follows from.
fn sources(node: &Node<'_>) -> Vec<NodeIx> {
    match &node.kind {
        Kind::Declared => Vec::new(),
        Kind::Approve => {
            let mut sources = Vec::new();
            for bound in &node.inputs {
                bound.source.promises(&mut |promise| sources.push(promise.node));
            }
            sources
        }
        Kind::Branch(branch) => branch.arms.clone(),
        Kind::Array(array) => vec![array.inner],
    }
}

fn signature<'a>(
    nodes: &[Node<'a>],
    index: usize,
    lists: &mut Lists<'a>,
    diagnostics: &mut Findings,
) -> Option<Signature<'a>> {
    let node = &nodes[index];
    let at = |index: NodeIx| &nodes[index.0 as usize];
    match &node.kind {
        Kind::Declared => None,
        Kind::Approve => passed_on(nodes, node),
        Kind::Branch(branch) => {
            let arms: Vec<_> = branch.arms.iter().map(|&arm| at(arm)).collect();
            node::branch::signature(&arms, diagnostics)
        }
        Kind::Array(array) => {
            let inner = at(array.inner).signature.as_ref()?;
            Some(node::array::signature(array.template, inner, lists))
        }
    }
}

/// What an approval is given.
fn passed_on<'a>(nodes: &[Node<'a>], node: &Node<'a>) -> Option<Signature<'a>> {
    let variables = node.inputs.iter().map(|bound| {
        // What is wrong with a source is diagnosed where the bindings are judged.
        let of = source_type(nodes, &bound.source, &Location::whole()).ok()??;
        Some((bound.variable, Some(of)))
    });
    Some(Signature::taking_anything(variables.collect::<Option<_>>()?))
}
