//! What goes into a node and what comes out of it: variables by name, with their types.
//!
//! Nothing of a template is copied here. A task's type may have megabytes, and thousands of nodes may run
//! that task, pass its outputs on, or put lists around them.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::ptr;
use std::rc::Rc;

use aileron_idl::core::{LiteralType, PromiseAttribute, TypedInterface, Variable, VariableMap};
use foldhash::HashMap;

use crate::types;

/// The variables of a node: declared somewhere, or following from other nodes.
#[derive(Clone, Debug)]
pub(crate) struct Signature<'a> {
    /// It has no inputs of its own, and takes whatever it is given.
    pub(crate) takes_anything: bool,
    pub(crate) inputs: Variables<'a>,
    pub(crate) outputs: Variables<'a>,
}

impl<'a> Signature<'a> {
    pub(crate) const EMPTY: Signature<'static> = Signature::new(Variables::NONE, Variables::NONE);

    pub(crate) const fn new(inputs: Variables<'a>, outputs: Variables<'a>) -> Self {
        Self { takes_anything: false, inputs, outputs }
    }

    /// Of a task or a workflow; what is absent is empty.
    pub(crate) fn of(declared: Option<&'a TypedInterface>) -> Self {
        let side = |map: Option<&'a VariableMap>| map.map_or(Variables::NONE, |map| (&map.variables).into());
        let inputs = side(declared.and_then(|interface| interface.inputs.as_ref()));
        Self::new(inputs, side(declared.and_then(|interface| interface.outputs.as_ref())))
    }

    /// Of a node that takes whatever it is given.
    pub(crate) fn taking_anything(outputs: Variables<'a>) -> Self {
        Self { takes_anything: true, inputs: Variables::NONE, outputs }
    }
}

/// The variables on one side of a node, by name. One without a type has been diagnosed where it is declared.
#[derive(Clone, Debug)]
pub(crate) enum Variables<'a> {
    /// As they stand in a template.
    Declared(&'a BTreeMap<String, Variable>),
    /// Put together from several places.
    Made(Rc<BTreeMap<&'a str, Option<TypeRef<'a>>>>),
}

static NO_VARIABLES: BTreeMap<String, Variable> = BTreeMap::new();

impl<'a> Variables<'a> {
    pub(crate) const NONE: Variables<'static> = Variables::Declared(&NO_VARIABLES);

    /// The variable of that name, and its type.
    pub(crate) fn get(&self, name: &str) -> Option<Option<TypeRef<'a>>> {
        match self {
            Self::Declared(variables) => variables.get(name).map(declared),
            Self::Made(variables) => variables.get(name).cloned(),
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self {
            Self::Declared(variables) => variables.contains_key(name),
            Self::Made(variables) => variables.contains_key(name),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.iter().map(|(name, _)| name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, Option<TypeRef<'a>>)> {
        let (as_declared, made) = match self {
            Self::Declared(variables) => (Some(*variables), None),
            Self::Made(variables) => (None, Some(variables)),
        };
        let as_declared = as_declared.into_iter().flatten();
        let as_declared = as_declared.map(|(name, variable)| (name.as_str(), declared(variable)));
        as_declared.chain(made.into_iter().flat_map(|made| made.iter().map(|(name, of)| (*name, of.clone()))))
    }

    /// Forgets the others.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&str) -> bool) {
        if !self.names().all(&keeps) {
            *self = self.iter().filter(|(name, _)| keeps(name)).collect();
        }
    }
}

fn declared(variable: &Variable) -> Option<TypeRef<'_>> {
    variable.r#type.as_ref().map(TypeRef::Declared)
}

impl<'a> From<&'a BTreeMap<String, Variable>> for Variables<'a> {
    fn from(variables: &'a BTreeMap<String, Variable>) -> Self {
        Self::Declared(variables)
    }
}

impl<'a> FromIterator<(&'a str, Option<TypeRef<'a>>)> for Variables<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, Option<TypeRef<'a>>)>>(variables: I) -> Self {
        Self::Made(Rc::new(variables.into_iter().collect()))
    }
}

/// A type that several nodes may share.
#[derive(Clone, Debug)]
pub(crate) enum TypeRef<'a> {
    /// As it stands in a template.
    Declared(&'a LiteralType),
    /// Told by a scalar, and so without parts.
    Told(Rc<LiteralType>),
    /// What an array puts around a type.
    List(Rc<List<'a>>),
}

#[derive(Debug)]
pub(crate) struct List<'a> {
    element: TypeRef<'a>,
    whole: LiteralType,
}

impl Deref for TypeRef<'_> {
    type Target = LiteralType;

    fn deref(&self) -> &LiteralType {
        match self {
            Self::Declared(of) => of,
            Self::Told(of) => of,
            Self::List(list) => &list.whole,
        }
    }
}

impl TypeRef<'_> {
    /// The type of a collection's elements.
    pub(crate) fn element(&self) -> Option<Self> {
        match self {
            Self::Declared(whole) => types::element(whole).map(Self::Declared),
            Self::Told(_) => None,
            Self::List(list) => Some(list.element.clone()),
        }
    }

    /// The type at the end of `path`, or the index of the step that leads nowhere.
    pub(crate) fn follow(&self, path: &[PromiseAttribute]) -> Result<Self, usize> {
        match (self, path) {
            (Self::Declared(whole), _) => types::follow(whole, path).map(Self::Declared),
            (Self::List(list), [_, rest @ ..]) => list.element.follow(rest).map_err(|step| step + 1),
            (Self::Told(_), _) | (_, []) => Ok(self.clone()),
        }
    }

    /// Whether it is the same type. Many nodes have their types from one place, which is seen at once.
    pub(crate) fn is(&self, other: &Self) -> bool {
        ptr::eq(&**self, &**other) || **self == **other
    }
}

/// Lists that arrays put around types: around each one, however many arrays do.
#[derive(Default)]
pub(crate) struct Lists<'a>(HashMap<*const LiteralType, TypeRef<'a>>);

impl<'a> Lists<'a> {
    /// The list keeps its element, so that no other type comes to lie at its address.
    pub(crate) fn of(&mut self, element: &TypeRef<'a>) -> TypeRef<'a> {
        let made = || List { element: element.clone(), whole: types::collection((**element).clone()) };
        self.0.entry(ptr::from_ref(&**element)).or_insert_with(|| TypeRef::List(Rc::new(made()))).clone()
    }
}
