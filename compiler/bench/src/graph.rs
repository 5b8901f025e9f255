//! A graph as numbers, and as the workflow that has its shape.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::{CompiledWorkflow, ConnectionSet, Node, WorkflowTemplate};
use anyhow::{Context, Error, Result, ensure};

/// Nodes from 0 up, and edges between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Tells it from the others of a corpus; without spaces.
    pub name: String,
    /// How many nodes there are.
    pub nodes: u32,
    /// Each once, in order.
    pub edges: Vec<(u32, u32)>,
}

impl Graph {
    /// A graph; edges that are given twice count once.
    #[must_use]
    pub fn new(name: impl Into<String>, nodes: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let edges: BTreeSet<_> = edges.into_iter().collect();
        Self { name: name.into(), nodes, edges: edges.into_iter().collect() }
    }

    /// The shape of a compiled workflow: its top-level nodes, in the order of its template.
    #[must_use]
    pub fn of(name: impl Into<String>, workflow: &CompiledWorkflow) -> Self {
        let mut index: BTreeMap<&str, u32> = BTreeMap::new();
        for node in workflow.template.iter().flat_map(|template| &template.nodes) {
            let next = u32::try_from(index.len()).unwrap_or(u32::MAX);
            index.entry(&node.id).or_insert(next);
        }
        let at = |id: &String| index.get(id.as_str()).copied();
        let lists = workflow.connections.iter().flat_map(|connections| &connections.downstream);
        let edges =
            lists.flat_map(|(from, list)| list.ids.iter().filter_map(move |to| Some((at(from)?, at(to)?))));
        Self::new(name, u32::try_from(index.len()).unwrap_or(u32::MAX), edges)
    }

    /// A workflow of this shape, with nodes `n0`, `n1`, ...
    #[must_use]
    pub fn workflow(&self) -> CompiledWorkflow {
        let name = |node: u32| format!("n{node}");
        let nodes = (0..self.nodes).map(|node| Node { id: name(node), ..Node::default() }).collect();
        let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
        for &(from, to) in &self.edges {
            downstream.entry(name(from)).or_default().ids.push(name(to));
        }
        CompiledWorkflow {
            template: Some(WorkflowTemplate { nodes, ..WorkflowTemplate::default() }),
            connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
        }
    }
}

/// One line: name, number of nodes, and each node that has edges as `from>to,to`.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.nodes)?;
        for list in self.edges.chunk_by(|one, next| one.0 == next.0) {
            let targets: Vec<_> = list.iter().map(|edge| edge.1.to_string()).collect();
            write!(f, " {}>{}", list[0].0, targets.join(","))?;
        }
        Ok(())
    }
}

impl FromStr for Graph {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let mut words = line.split(' ');
        let name = words.next().context("a graph has a name")?;
        let nodes = words.next().context("a graph has a number of nodes")?.parse()?;
        let mut edges = Vec::new();
        for list in words {
            let (from, targets) = list.split_once('>').with_context(|| format!("no `>` in {list}"))?;
            let from = from.parse()?;
            for to in targets.split(',') {
                edges.push((from, to.parse()?));
            }
        }
        ensure!(edges.iter().all(|edge| edge.0 < nodes && edge.1 < nodes), "{name}: an edge leads outside");
        Ok(Self::new(name, nodes, edges))
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn a_graph_is_read_as_it_was_written() {
        let graph = Graph::new("two-ways", 4, [(0, 1), (0, 2), (2, 3), (0, 2)]);
        assert_eq!(graph.to_string(), "two-ways 4 0>1,2 2>3");
        assert_eq!(graph.to_string().parse::<Graph>().unwrap(), graph);
        assert_eq!(Graph::of("two-ways", &graph.workflow()), graph);
        assert!("a 1 0>1".parse::<Graph>().is_err());
    }
}
