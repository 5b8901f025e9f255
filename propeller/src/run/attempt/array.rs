//! The attempt of an array: how many items its lists have before they go, its lists of outputs after them.
//!
//! Both cost what the lists have, once; an item's own attempt never looks at the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aileron_engine::{AttemptSeen, ErrorKind, Failure, Inside, Place};
use aileron_idl::core::promise_attribute::Value as At;
use aileron_idl::core::{Identifier, Literal, LiteralCollection, LiteralMap, Scalar, Void, literal, scalar};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use super::{Attempt, Halt, Step};
use crate::clock;
use crate::run::elements::Elements;

/// How many items' outputs are read at once.
const READS: usize = 16;

/// The inputs of an array, read once for all its items.
pub(crate) type Lists = Arc<OnceCell<Inputs>>;

/// Inputs of an array.
#[derive(Debug)]
pub(crate) struct Inputs {
    literals: LiteralMap,
    /// Of lists that lie elsewhere because of their size, where their items do.
    elsewhere: HashMap<String, Elements>,
}

/// Which item of which array an attempt is for.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its place in the lists.
    pub(crate) index: u32,
    /// Where the array's inputs lie.
    pub(crate) array_inputs: String,
    /// Inputs that it gets whole.
    pub(crate) bound: Vec<String>,
    /// Whether its task's interface is that of the array.
    pub(crate) wrapped: bool,
    /// Whether its task reads the array's inputs itself, by the index.
    pub(crate) indexed: bool,
    /// Whether its task puts the index behind the prefix of its outputs.
    pub(crate) appended: bool,
    /// The array's inputs.
    pub(crate) lists: Lists,
}

/// What an array's outputs are made of.
#[derive(Clone, Debug)]
pub(crate) struct Harvest {
    /// By item, the attempt that succeeded.
    pub(crate) attempts: Vec<Option<u32>>,
    /// What each item puts out.
    pub(crate) outputs: Outputs,
}

/// The names of each item's outputs.
#[derive(Clone, Debug)]
pub(crate) enum Outputs {
    /// These.
    Named(Vec<String>),
    /// Those of a launch plan, which the control plane knows.
    Of(Identifier),
}

impl Attempt {
    /// Makes the inputs ready and counts the items.
    pub(super) async fn spread(&self, bound: &[String]) -> Step<AttemptSeen> {
        let inputs = self.listed(self.inputs().await?, bound).await?;
        let size = size(&inputs, bound).map_err(Halt::Failed)?;
        let now = clock::now();
        Ok(AttemptSeen::Grew { since: now, at: now, inside: Inside::Items(size) })
    }

    /// The inputs of one item, out of its array's.
    pub(super) async fn item_inputs(&self, item: &Item) -> Step<LiteralMap> {
        let read = || async {
            let storage = &self.host.storage;
            let inputs = self.patiently(|| storage.get_message::<LiteralMap>(&item.array_inputs)).await?;
            self.listed(inputs, &item.bound).await
        };
        let inputs = item.lists.get_or_try_init(read).await?;
        let mut literals = BTreeMap::new();
        for (name, literal) in &inputs.literals.literals {
            if let Some(element) = self.of_item(item, inputs, name, literal).await? {
                literals.insert(name.clone(), element);
            }
        }
        Ok(LiteralMap { literals })
    }

    /// What an item gets of one input.
    async fn of_item(
        &self,
        item: &Item,
        inputs: &Inputs,
        name: &str,
        literal: &Literal,
    ) -> Step<Option<Literal>> {
        if let Some(elements) = inputs.elsewhere.get(name) {
            let position = i32::try_from(item.index).ok().map(At::IntValue);
            let Some(range) = position.and_then(|position| elements.at(&position).ok()) else {
                return Ok(None);
            };
            return self.element(elements, &range).await.map(Some);
        }
        Ok(match &literal.value {
            Some(literal::Value::Collection(list)) if !item.bound.iter().any(|bound| bound == name) => {
                list.literals.get(item.index as usize).cloned()
            }
            _ => Some(literal.clone()),
        })
    }

    /// Finds where the items of those lists are that lie elsewhere because of their size.
    async fn listed(&self, literals: LiteralMap, bound: &[String]) -> Step<Inputs> {
        let mut elsewhere = HashMap::new();
        for (name, literal) in &literals.literals {
            let Some(literal::Value::OffloadedMetadata(metadata)) = &literal.value else { continue };
            if bound.contains(name) {
                continue;
            }
            let found = self.patiently(|| Elements::find(&self.host.storage, &metadata.uri)).await?;
            elsewhere.extend(found.map(|elements| (name.clone(), elements)));
        }
        Ok(Inputs { literals, elsewhere })
    }

    /// Makes lists of the items' outputs and writes them as the array's.
    pub(crate) async fn harvest(self: Arc<Self>, harvest: Harvest) {
        let seen = match self.gathered(harvest).await {
            Ok(outputs) => self.put_outputs(outputs).await,
            Err(halt) => Err(halt),
        };
        self.tell_of(seen);
    }

    async fn gathered(&self, harvest: Harvest) -> Step<LiteralMap> {
        let names = match harvest.outputs {
            Outputs::Named(names) => names,
            Outputs::Of(launch_plan) => self.outputs_of_launch_plan(&launch_plan).await?,
        };
        let mut lists: Vec<(String, Vec<Literal>)> =
            names.into_iter().map(|name| (name, Vec::new())).collect();
        let items = (0..).zip(harvest.attempts);
        let mut outputs = futures::stream::iter(items)
            .map(|(item, attempt)| self.outputs_of_item(item, attempt))
            .buffered(READS);
        while let Some(outputs) = outputs.try_next().await? {
            for (name, list) in &mut lists {
                let found = outputs.as_ref().and_then(|outputs| outputs.literals.get(name));
                list.push(found.cloned().unwrap_or_else(nothing));
            }
        }
        let list = |literals| literal(literal::Value::Collection(LiteralCollection { literals }));
        Ok(LiteralMap { literals: lists.into_iter().map(|(name, items)| (name, list(items))).collect() })
    }

    /// Those of one item, unless it has failed.
    async fn outputs_of_item(&self, item: u32, attempt: Option<u32>) -> Step<Option<Arc<LiteralMap>>> {
        let Some(attempt) = attempt else { return Ok(None) };
        let place: Place = self.place.clone().item(self.number, item);
        let uri = self.run.paths.outputs(&place, attempt);
        let read = || self.host.literals.get(&self.host.storage, &uri);
        self.patiently(read).await.map(Some)
    }
}

/// How many items there are: all lists have as many; with no list at all there is one.
fn size(inputs: &Inputs, bound: &[String]) -> Result<u32, Failure> {
    let mut known: Option<(&String, usize)> = None;
    for (name, literal) in inputs.literals.literals.iter().filter(|(name, _)| !bound.contains(name)) {
        let length = match &literal.value {
            Some(literal::Value::Collection(list)) => Some(list.literals.len()),
            _ => inputs.elsewhere.get(name).and_then(Elements::length),
        };
        let Some(length) = length else {
            return Err(invalid(format!("input `{name}` of the array is no list; bind it, or give a list")));
        };
        match known {
            Some((other, before)) if before != length => {
                let text = format!(
                    "input `{name}` of the array has {length} items and input `{other}` has {before}; give \
                     lists of one length"
                );
                return Err(invalid(text));
            }
            _ => known = Some((name, length)),
        }
    }
    // A plan that has no room for so many refuses them.
    Ok(known.map_or(1, |(_, length)| u32::try_from(length).unwrap_or(u32::MAX)))
}

fn invalid(message: String) -> Failure {
    Failure { kind: ErrorKind::User, ..Failure::permanent("InvalidArrayLength", message) }
}

/// What stands for the output of an item that has none.
fn nothing() -> Literal {
    let value = Some(scalar::Value::NoneType(Void::default()));
    literal(literal::Value::Scalar(Box::new(Scalar { value })))
}

fn literal(value: literal::Value) -> Literal {
    Literal { value: Some(value), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(length: usize) -> Literal {
        literal(literal::Value::Collection(LiteralCollection { literals: vec![nothing(); length] }))
    }

    #[test]
    fn lists_say_how_many_items_there_are() {
        let size = |inputs: &[(&str, Literal)]| {
            let literals = inputs.iter().map(|(name, literal)| ((*name).to_owned(), literal.clone()));
            let literals = LiteralMap { literals: literals.collect() };
            let inputs = Inputs { literals, elsewhere: HashMap::new() };
            let found = size(&inputs, &["bound".to_owned()]);
            found.map_err(|failure| failure.message)
        };
        assert_eq!(size(&[("a", list(3)), ("b", list(3)), ("bound", list(9))]), Ok(3));
        assert_eq!(size(&[("a", list(0))]), Ok(0));
        assert_eq!(size(&[("bound", nothing())]), Ok(1));
        let differing = size(&[("a", list(3)), ("b", list(2))]).unwrap_err();
        assert!(differing.contains("`b` of the array has 2 items and input `a` has 3"), "{differing}");
        assert!(size(&[("a", nothing())]).unwrap_err().contains("input `a` of the array is no list"));
    }
}
