//! A workflow with every reference resolved: what the checks and the closure are made from.

use std::collections::BTreeMap;

use aileron_idl::core::{
    LiteralOffloadedMetadata, Node as Template, PromiseAttribute, Scalar, TypedInterface, Variable,
};

/// Index of a node in [`Workflow::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeIx(pub(crate) u32);

impl NodeIx {
    pub(crate) const START: Self = Self(0);
    pub(crate) const END: Self = Self(1);
}

/// The start node, the end node, then the template's nodes in their order.
#[derive(Debug)]
pub(crate) struct Workflow<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    /// Every dependency once, sorted; including those on the start node and of the end node.
    pub(crate) edges: Vec<Edge>,
}

/// From the node that must end first to the one that waits for it.
pub(crate) type Edge = (NodeIx, NodeIx);

impl<'a> Workflow<'a> {
    pub(crate) fn node(&self, index: NodeIx) -> &Node<'a> {
        &self.nodes[index.0 as usize]
    }

    pub(crate) fn id(&self, index: NodeIx) -> &'a str {
        self.node(index).id
    }
}

#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) id: &'a str,
    /// What it was made from; the start and end nodes are made of the workflow itself.
    pub(crate) template: Option<&'a Template>,
    /// Absent when it cannot be known, which has been diagnosed: its variables are then not checked.
    pub(crate) interface: Option<Interface<'a>>,
    pub(crate) inputs: Vec<Bound<'a>>,
    /// The nodes it waits for by explicit order, besides those whose outputs it takes.
    pub(crate) after: Vec<NodeIx>,
}

pub(crate) type Variables = BTreeMap<String, Variable>;

static NO_VARIABLES: Variables = Variables::new();

/// The variables of a node, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interface<'a> {
    pub(crate) inputs: &'a Variables,
    pub(crate) outputs: &'a Variables,
}

impl<'a> Interface<'a> {
    /// Of a task or a workflow; what is absent is empty.
    pub(crate) fn of(declared: Option<&'a TypedInterface>) -> Self {
        let inputs = declared.and_then(|interface| interface.inputs.as_ref());
        let outputs = declared.and_then(|interface| interface.outputs.as_ref());
        Self {
            inputs: inputs.map_or(&NO_VARIABLES, |map| &map.variables),
            outputs: outputs.map_or(&NO_VARIABLES, |map| &map.variables),
        }
    }

    /// What the start node offers to a workflow with this interface.
    pub(crate) fn as_start(self) -> Self {
        Self { inputs: &NO_VARIABLES, outputs: self.inputs }
    }

    /// What the end node asks of a workflow with this interface.
    pub(crate) fn as_end(self) -> Self {
        Self { inputs: self.outputs, outputs: &NO_VARIABLES }
    }
}

/// An input and what it is given.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    pub(crate) variable: &'a str,
    pub(crate) source: Source<'a>,
}

/// Where a value comes from.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    Scalar(&'a Scalar),
    Offloaded(&'a LiteralOffloadedMetadata),
    Promise(Promise<'a>),
    Collection(Vec<Source<'a>>),
    Map(Vec<(&'a str, Source<'a>)>),
    /// It could not be read, which has been diagnosed.
    Unknown,
}

impl<'a> Source<'a> {
    /// Whether a part of it could not be read.
    pub(crate) fn is_partly_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Collection(elements) => elements.iter().any(Self::is_partly_unknown),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.is_partly_unknown()),
            Self::Scalar(_) | Self::Offloaded(_) | Self::Promise(_) => false,
        }
    }

    /// Calls `visit` with each promise inside. The depth was limited when the source was read.
    pub(crate) fn promises(&self, visit: &mut impl FnMut(&Promise<'a>)) {
        match self {
            Self::Promise(promise) => visit(promise),
            Self::Collection(elements) => elements.iter().for_each(|element| element.promises(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.promises(visit)),
            Self::Scalar(_) | Self::Offloaded(_) | Self::Unknown => {}
        }
    }
}

/// A reference to a node's output.
#[derive(Debug)]
pub(crate) struct Promise<'a> {
    pub(crate) node: NodeIx,
    pub(crate) variable: &'a str,
    /// Written as `[i].variable`: one element of the output, which must be a collection.
    pub(crate) element: bool,
    pub(crate) attributes: &'a [PromiseAttribute],
}
