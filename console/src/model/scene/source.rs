//! What a scene is made of: a closure, which of its workflows, and what nodes turned out to have inside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Node, WorkflowTemplate, if_else_block, node,
};

/// What to draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Everything that the workflow refers to.
    pub closure: Arc<CompiledWorkflowClosure>,
    /// The name of the sub-workflow to draw; the primary one, if there is none of that name.
    pub part: Option<String>,
    /// The nodes of it to draw, by id; all of them, if there are none.
    pub only: BTreeSet<String>,
    /// What a run added to it.
    pub growth: Growth,
}

/// What nodes turned out to have inside at run time, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growth {
    /// What is known.
    pub grown: BTreeMap<String, Grown>,
    /// Nodes that have something inside that has to be asked for first.
    pub parents: BTreeSet<String>,
}

/// What a node turned out to have inside at run time.
#[derive(Clone, Debug, PartialEq)]
pub enum Grown {
    /// The workflow that a dynamic task made, or that a launch plan launched.
    Workflow(Arc<CompiledWorkflowClosure>),
    /// So many items of a map.
    Items(u32),
}

/// A workflow that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The path of the node that it is inside of; empty for the outermost.
    pub path: String,
    /// Where it is from.
    pub closure: Arc<CompiledWorkflowClosure>,
    /// Its place among the sub-workflows; none for the primary one.
    pub sub: Option<usize>,
}

impl Scope {
    /// The workflow.
    pub fn workflow(&self) -> Option<&CompiledWorkflow> {
        match self.sub {
            Some(at) => self.closure.sub_workflows.get(at),
            None => self.closure.primary.as_ref(),
        }
    }

    /// The workflow's template.
    pub fn template(&self) -> Option<&WorkflowTemplate> {
        self.workflow()?.template.as_ref()
    }

    /// A node of it, those in arms of branches included.
    pub fn node(&self, id: &str) -> Option<&Node> {
        let template = self.template()?;
        let mut open: Vec<&Node> = template.nodes.iter().chain(&template.failure_node).collect();
        while let Some(node) = open.pop() {
            if node.id == id {
                return Some(node);
            }
            open.extend(arms(node).filter_map(|arm| arm.node));
        }
        None
    }

    /// The path of one of its nodes.
    pub fn join(&self, id: &str) -> String {
        if self.path.is_empty() { id.to_owned() } else { format!("{}/{id}", self.path) }
    }
}

/// One way that a branch may go.
pub(super) struct Arm<'a> {
    pub(super) condition: Option<&'a aileron_idl::core::BooleanExpression>,
    pub(super) node: Option<&'a Node>,
    /// What it says instead of running a node.
    pub(super) refusal: Option<&'a str>,
}

/// The arms of a branch node, the default last; none of any other node.
pub(super) fn arms(node: &Node) -> impl Iterator<Item = Arm<'_>> {
    let block = match &node.target {
        Some(node::Target::BranchNode(branch)) => branch.if_else.as_deref(),
        _ => None,
    };
    let cases = block.into_iter().flat_map(|block| block.case.as_deref().into_iter().chain(&block.other));
    let cases = cases.map(|case| Arm {
        condition: case.condition.as_ref(),
        node: case.then_node.as_deref(),
        refusal: None,
    });
    let otherwise = block.and_then(|block| block.default.as_ref()).map(|default| match default {
        if_else_block::Default::ElseNode(node) => Arm { condition: None, node: Some(node), refusal: None },
        if_else_block::Default::Error(error) => {
            Arm { condition: None, node: None, refusal: Some(error.message.as_str()) }
        }
    });
    cases.chain(otherwise)
}

/// The place of the sub-workflow with a name, if the closure has one.
pub fn named(closure: &CompiledWorkflowClosure, name: &str) -> Option<usize> {
    closure.sub_workflows.iter().position(|workflow| {
        let id = workflow.template.as_ref().and_then(|template| template.id.as_ref());
        id.is_some_and(|id| id.name == name)
    })
}
