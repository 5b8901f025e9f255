//! A workflow with every reference resolved: what the checks and the closure are made from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aileron_idl::core::{
    Alias, ArrayNode, IfElseBlock, LiteralOffloadedMetadata, Node as Template, OutputReference,
    PromiseAttribute, Scalar,
};
use foldhash::HashSet;

use crate::signature::{Signature, TypeRef};

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
    /// None, if it has no aliases.
    pub(crate) renames: Option<Box<Renames<'a>>>,
    pub(crate) inputs: Vec<Bound<'a>>,
    /// The nodes it waits for by explicit order, besides those whose outputs it takes.
    pub(crate) after: Vec<NodeIx>,
}

impl<'a> Node<'a> {
    /// The type of an output, as other nodes name it.
    pub(crate) fn output(&self, name: &str) -> Option<Option<TypeRef<'a>>> {
        let outputs = &self.signature.as_ref()?.outputs;
        let Some(renames) = &self.renames else { return outputs.get(name) };
        // An alias of an output that the node does not have has been diagnosed.
        let aliased = renames.variable_of.get(name).and_then(|variable| outputs.get(variable));
        aliased.or_else(|| outputs.get(name).filter(|_| !renames.hidden.contains(name)))
    }

    /// The names that [`Self::output`] knows.
    pub(crate) fn output_names(&self) -> impl Iterator<Item = &str> {
        let renames = self.renames.as_deref();
        let is_hidden = move |name: &str| renames.is_some_and(|renames| renames.hidden.contains(name));
        let outputs = self.signature.iter().flat_map(|signature| signature.outputs.names());
        let aliases = renames.into_iter().flat_map(|renames| renames.variable_of.keys());
        outputs.filter(move |name| !is_hidden(name)).chain(aliases.copied())
    }
}

/// A node's aliases. They hide the names of the outputs that they are of.
#[derive(Debug, Default)]
pub(crate) struct Renames<'a> {
    variable_of: BTreeMap<&'a str, &'a str>,
    hidden: HashSet<&'a str>,
}

impl<'a> Renames<'a> {
    pub(crate) fn of(aliases: &'a [Alias]) -> Option<Box<Self>> {
        let renames = || Self {
            variable_of: aliases.iter().map(|it| (it.alias.as_str(), it.var.as_str())).collect(),
            hidden: aliases.iter().map(|it| it.var.as_str()).collect(),
        };
        (!aliases.is_empty()).then(|| Box::new(renames()))
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
    /// Of one element of the output, which must be a collection.
    pub(crate) element: bool,
    reference: &'a OutputReference,
}

impl<'a> Promise<'a> {
    /// To `node`, to which the reference leads. None, when what it names is no variable: a name, or `[i].name`
    /// for one element of a collection.
    pub(crate) fn new(node: NodeIx, reference: &'a OutputReference) -> Option<Self> {
        let (element, _) = parse_variable(&reference.var)?;
        Some(Self { node, element, reference })
    }

    pub(crate) fn variable(&self) -> &'a str {
        parse_variable(&self.reference.var).map_or("", |(_, name)| name)
    }

    pub(crate) fn attributes(&self) -> &'a [PromiseAttribute] {
        &self.reference.attr_path
    }
}

/// `name`, or `[index].name` for one element.
fn parse_variable(text: &str) -> Option<(bool, &str)> {
    let Some(rest) = text.strip_prefix('[') else { return Some((false, text)) };
    let (index, name) = rest.split_once("].")?;
    let is_index = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    (is_index && !name.is_empty()).then_some((true, name))
}

#[cfg(test)]
mod tests {
    use super::parse_variable;

    #[test]
    fn a_variable_may_name_an_element() {
        assert_eq!(parse_variable("o0"), Some((false, "o0")));
        assert_eq!(parse_variable("[12].o0"), Some((true, "o0")));
        for wrong in ["[].o0", "[x].o0", "[1]o0", "[1].", "["] {
            assert_eq!(parse_variable(wrong), None, "{wrong}");
        }
    }
}
