//! Any message as a tree of named values, and what differs between two of them.

use foldhash::HashMap;
use std::collections::BTreeMap;

use prost_types::{Duration, Struct, Timestamp, Value, value};

use super::Field;
use crate::diagnostic::PathStep;
use crate::types::DEPTH_LIMIT;

/// A value, a message, a list or a map. Messages have been decoded, so they are at most about
/// [`DEPTH_LIMIT`] levels deep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tree {
    /// A number, or what else is shown as it is.
    Number(String),
    /// A text.
    Text(String),
    /// Parts by name or place; fields of a message that have their default value are left out.
    Parts(Vec<(PathStep, Tree)>),
}

/// How many levels of a value are written before the rest becomes `…`.
const SHOWN_LEVELS: usize = 16;

/// What can be seen as a [`Tree`].
pub(super) trait Shape {
    fn tree(&self) -> Tree;

    /// What names this value among others of a list, instead of its place.
    fn key(&self) -> Option<String> {
        None
    }
}

impl Tree {
    /// Changes each scalar, given the name of the field that it, or the list it is in, belongs to. Texts
    /// are given without quotes. Names of variables are changed where they are keys, too.
    pub(super) fn rewrite(&mut self, rule: &impl Fn(&str, &mut String)) {
        self.rewrite_in("", rule);
    }

    fn rewrite_in(&mut self, field: &str, rule: &impl Fn(&str, &mut String)) {
        match self {
            Self::Number(_) => {}
            Self::Text(text) => rule(field, text),
            Self::Parts(parts) => {
                for (step, value) in parts {
                    let inner = if let PathStep::Key(key) = &*step { key } else { field };
                    value.rewrite_in(inner, rule);
                    if let PathStep::Key(key) = step {
                        rule("var", key);
                    }
                }
            }
        }
    }

    /// Leaves out a field of this message.
    pub(super) fn without(mut self, field: &str) -> Self {
        if let Self::Parts(parts) = &mut self {
            parts.retain(|(step, _)| !matches!(step, PathStep::Key(key) if key == field));
        }
        self
    }

    /// The whole value on one line: `{image: "a", args: ["x", "y"]}`.
    fn show(&self, levels: usize) -> String {
        let Some(levels) = levels.checked_sub(1) else { return "…".to_owned() };
        let part = |(step, value): &(PathStep, Self)| match step {
            PathStep::Index(_) => value.show(levels),
            PathStep::Key(key) => format!("{key}: {}", value.show(levels)),
        };
        match self {
            Self::Number(text) => text.clone(),
            Self::Text(text) => format!("{text:?}"),
            Self::Parts(parts) => {
                let list = matches!(parts.first(), Some((PathStep::Index(_), _)));
                let inner = parts.iter().map(part).collect::<Vec<_>>().join(", ");
                if list { format!("[{inner}]") } else { format!("{{{inner}}}") }
            }
        }
    }
}

/// Every place where two trees differ, as deep as both have it, in the order of `before`.
pub(super) fn differences(before: &Tree, after: &Tree) -> Vec<Field> {
    let mut found = Vec::new();
    walk(before, after, &mut Vec::new(), &mut found);
    found
}

fn walk(before: &Tree, after: &Tree, path: &mut Vec<PathStep>, found: &mut Vec<Field>) {
    if before == after {
        return;
    }
    let (Tree::Parts(old), Tree::Parts(new)) = (before, after) else {
        return found.push(field(path, Some(before), Some(after)));
    };
    if path.len() >= DEPTH_LIMIT {
        return found.push(field(path, Some(before), Some(after)));
    }
    let index = |parts: &'_ [(PathStep, Tree)]| -> HashMap<PathStep, usize> {
        parts.iter().enumerate().map(|(place, (step, _))| (step.clone(), place)).collect()
    };
    let (in_old, in_new) = (index(old), index(new));
    for (step, value) in old {
        path.push(step.clone());
        match in_new.get(step) {
            Some(&place) => walk(value, &new[place].1, path, found),
            None => found.push(field(path, Some(value), None)),
        }
        path.pop();
    }
    for (step, value) in new.iter().filter(|(step, _)| !in_old.contains_key(step)) {
        path.push(step.clone());
        found.push(field(path, None, Some(value)));
        path.pop();
    }
}

fn field(path: &[PathStep], before: Option<&Tree>, after: Option<&Tree>) -> Field {
    let shown = |tree: Option<&Tree>| tree.map(|tree| tree.show(SHOWN_LEVELS));
    let path = path.iter().fold(String::new(), |whole, step| format!("{whole}{step}"));
    Field { path: path.trim_start_matches('.').to_owned(), before: shown(before), after: shown(after) }
}

impl<T: Shape> Shape for Option<T> {
    /// An absent message is never asked: it is the default.
    fn tree(&self) -> Tree {
        self.as_ref().map_or_else(|| Tree::Number("unset".to_owned()), T::tree)
    }
}

impl<T: Shape> Shape for Box<T> {
    fn tree(&self) -> Tree {
        T::tree(self)
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn tree(&self) -> Tree {
        let step = |(index, item): (usize, &T)| {
            let step = item.key().map_or(PathStep::Index(index), PathStep::Key);
            (step, item.tree())
        };
        Tree::Parts(self.iter().enumerate().map(step).collect())
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    fn tree(&self) -> Tree {
        Tree::Parts(self.iter().map(|(key, value)| (PathStep::Key(key.clone()), value.tree())).collect())
    }
}

impl Shape for String {
    fn tree(&self) -> Tree {
        Tree::Text(self.clone())
    }
}

impl Shape for Vec<u8> {
    fn tree(&self) -> Tree {
        let hex: String = self.iter().map(|byte| format!("{byte:02x}")).collect();
        Tree::Number(format!("0x{hex}"))
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Shape for $number {
            fn tree(&self) -> Tree {
                Tree::Number(self.to_string())
            }
        }
    )*};
}

number!(bool, i32, i64, u32, u64, f32, f64);

impl Shape for Duration {
    fn tree(&self) -> Tree {
        Tree::Number(self.to_string())
    }
}

impl Shape for Timestamp {
    fn tree(&self) -> Tree {
        Tree::Number(format!("{}.{:09}s", self.seconds, self.nanos))
    }
}

impl Shape for Struct {
    fn tree(&self) -> Tree {
        self.fields.tree()
    }
}

impl Shape for Value {
    fn tree(&self) -> Tree {
        let text = |text: String| Tree::Number(text);
        match &self.kind {
            None | Some(value::Kind::NullValue(_)) => text("null".to_owned()),
            Some(value::Kind::BoolValue(value)) => text(value.to_string()),
            Some(value::Kind::NumberValue(value)) => text(value.to_string()),
            Some(value::Kind::StringValue(value)) => value.tree(),
            Some(value::Kind::StructValue(fields)) => fields.tree(),
            Some(value::Kind::ListValue(list)) => list.values.tree(),
        }
    }
}
