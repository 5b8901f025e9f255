//! A workflow with every reference resolved: what the checks and the closure are made from.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use aileron_idl::core::{
    Alias, ArrayNode, IfElseBlock, LiteralOffloadedMetadata, Node as Template, PromiseAttribute, Scalar,
    TypedInterface, Variable,
};

/// Index of a node in [`Workflow::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeIx(pub(crate) u32);

impl NodeIx {
    pub(crate) const START: Self = Self(0);
    pub(crate) const END: Self = Self(1);
}

/// The start node, the end node, the template's nodes in their order, the failure node, and then the
/// nodes inside other nodes.
#[derive(Debug)]
pub(crate) struct Workflow<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    /// How many nodes make up the graph: the start node, the end node and the template's own.
    pub(crate) top: usize,
    /// Every dependency once, sorted; including those on the start node and of the end node. To nodes that
    /// are not of the graph they lead only: nothing waits for those by itself.
    pub(crate) edges: Vec<Edge>,
}

/// From the node that must end first to the one that waits for it.
pub(crate) type Edge = (NodeIx, NodeIx);

impl<'a> Workflow<'a> {
    pub(crate) fn node(&self, index: NodeIx) -> &Node<'a> {
        &self.nodes[index.0 as usize]
    }

    pub(crate) fn id(&self, index: NodeIx) -> &str {
        &self.node(index).id
    }

    pub(crate) fn is_top(&self, index: NodeIx) -> bool {
        (index.0 as usize) < self.top
    }
}

#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// Of a node inside a branch, with the branch's id in front.
    pub(crate) id: Cow<'a, str>,
    /// What it was made from; the start and end nodes are made of the workflow itself.
    pub(crate) template: Option<&'a Template>,
    pub(crate) place: Place,
    pub(crate) kind: Kind<'a>,
    /// Absent until it is known. When it cannot be, that has been diagnosed, and its variables are not
    /// checked.
    pub(crate) signature: Option<Signature<'a>>,
    pub(crate) renames: Renames<'a>,
    pub(crate) inputs: Vec<Bound<'a>>,
    /// The nodes it waits for by explicit order, besides those whose outputs it takes.
    pub(crate) after: Vec<NodeIx>,
}

impl Node<'_> {
    pub(crate) fn interface(&self) -> Option<Interface<'_>> {
        self.signature.as_ref().map(Signature::interface)
    }

    /// An output as other nodes name it.
    pub(crate) fn output(&self, name: &str) -> Option<&Variable> {
        let outputs = self.interface()?.outputs;
        // An alias of an output that the node does not have has been diagnosed.
        let aliased = self.renames.variable_of.get(name).and_then(|variable| outputs.get(*variable));
        aliased.or_else(|| outputs.get(name).filter(|_| !self.renames.hidden.contains(name)))
    }

    /// The names that [`Self::output`] knows.
    pub(crate) fn output_names(&self) -> impl Iterator<Item = &str> {
        let outputs = self.interface().unwrap_or(Interface::EMPTY).outputs.keys();
        let plain = outputs.map(String::as_str).filter(|name| !self.renames.hidden.contains(name));
        plain.chain(self.renames.variable_of.keys().copied())
    }
}

/// A node's aliases. They hide the names of the outputs that they are of.
#[derive(Debug, Default)]
pub(crate) struct Renames<'a> {
    variable_of: BTreeMap<&'a str, &'a str>,
    hidden: HashSet<&'a str>,
}

impl<'a> Renames<'a> {
    pub(crate) fn of(aliases: &'a [Alias]) -> Self {
        Self {
            variable_of: aliases.iter().map(|it| (it.alias.as_str(), it.var.as_str())).collect(),
            hidden: aliases.iter().map(|it| it.var.as_str()).collect(),
        }
    }
}

/// Where in a workflow a node stands, which decides what waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the graph.
    Top,
    /// In the arm of a branch, which starts it. With it waits the node of the graph that it lies in, of
    /// which there is none inside the failure node.
    Arm { of: Option<NodeIx> },
    /// In an array, which gives it the items to run with: its bindings are not of this workflow.
    Item,
    /// Started when the workflow fails.
    Failure,
}

/// What a node does, as far as its variables follow from it.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// Its variables are declared.
    Declared,
    /// A gate that passes on what it is given.
    Approve,
    Branch(Branch<'a>),
    Array(Array<'a>),
}

#[derive(Debug)]
pub(crate) struct Branch<'a> {
    pub(crate) block: &'a IfElseBlock,
    /// The nodes to choose from: those of the cases, in their order, then of `else`.
    pub(crate) arms: Vec<NodeIx>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Array<'a> {
    /// The node that each item runs.
    pub(crate) inner: NodeIx,
    pub(crate) template: &'a ArrayNode,
}

pub(crate) type Variables = BTreeMap<String, Variable>;

static NO_VARIABLES: Variables = Variables::new();

/// The variables of a node: declared somewhere, or made up from other nodes.
#[derive(Clone, Debug)]
pub(crate) struct Signature<'a> {
    /// It has no inputs of its own, and takes whatever it is given.
    pub(crate) takes_anything: bool,
    pub(crate) inputs: Cow<'a, Variables>,
    pub(crate) outputs: Cow<'a, Variables>,
}

impl<'a> Signature<'a> {
    pub(crate) fn new(inputs: Cow<'a, Variables>, outputs: Cow<'a, Variables>) -> Self {
        Self { takes_anything: false, inputs, outputs }
    }

    /// Of a node that takes whatever it is given.
    pub(crate) fn taking_anything(outputs: Cow<'a, Variables>) -> Self {
        Self { takes_anything: true, inputs: Cow::Borrowed(&NO_VARIABLES), outputs }
    }

    pub(crate) fn interface(&self) -> Interface<'_> {
        Interface { inputs: &self.inputs, outputs: &self.outputs }
    }
}

impl<'a> From<Interface<'a>> for Signature<'a> {
    fn from(Interface { inputs, outputs }: Interface<'a>) -> Self {
        Self::new(Cow::Borrowed(inputs), Cow::Borrowed(outputs))
    }
}

/// The variables of a task, workflow or node, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interface<'a> {
    pub(crate) inputs: &'a Variables,
    pub(crate) outputs: &'a Variables,
}

impl<'a> Interface<'a> {
    pub(crate) const EMPTY: Interface<'static> = Interface { inputs: &NO_VARIABLES, outputs: &NO_VARIABLES };

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
