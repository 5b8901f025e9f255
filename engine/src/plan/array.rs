//! What an array runs for each item, and how many of them must succeed.

use aileron_idl::core::array_node::{DataMode, ParallelismOption, SuccessCriteria};
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{ArrayNode, TaskTemplate, Variable};
use prost_types::{Struct, value::Kind};

use super::PlanNode;

/// The type of tasks that are maps by themselves, as clients made them before there were array nodes.
pub(super) const MAP_TASK: &str = "container_array";

/// An array node's rules.
#[derive(Clone, Debug)]
pub struct Array {
    /// What is run for each item: a task or a launch plan.
    pub item: PlanNode,
    /// Most items under way at once, 0 for no limit of the array's own. `None`: items take the slots of the
    /// run's max parallelism, as other tasks do.
    pub parallelism: Option<u32>,
    /// Inputs that every item gets whole. All others are lists, of which each item gets its element.
    pub bound: Vec<String>,
    /// Whether a task reads its item out of the array's inputs by its index, as flytekit's map tasks do.
    /// Otherwise it is given inputs of its own.
    pub indexed: bool,
    /// Whether the task's interface is that of the array, of lists, though it is run for one item.
    pub wrapped: bool,
    /// Whether it is a task that is a map by itself. Such a task puts the number of its item behind the prefix of
    /// its outputs: given `PREFIX` it leaves `PREFIX/ITEM/outputs.pb`.
    pub is_task: bool,
    /// Whether the items go on when too many of them have failed.
    pub run_all: bool,
    needed: Needed,
}

#[derive(Clone, Copy, Debug)]
enum Needed {
    Count(u32),
    Share(f32),
}

impl Array {
    pub(super) fn new(array: &ArrayNode, item: PlanNode) -> Array {
        let parallelism = array.parallelism_option.map(|ParallelismOption::Parallelism(limit)| limit);
        Array {
            item,
            parallelism,
            bound: array.bound_inputs.clone(),
            indexed: array.data_mode() == DataMode::SingleInputFile,
            wrapped: array.is_original_sub_node_interface != Some(true),
            is_task: false,
            run_all: array.run_all_sub_nodes,
            needed: match array.success_criteria {
                Some(SuccessCriteria::MinSuccesses(count)) if count > 0 => Needed::Count(count),
                Some(SuccessCriteria::MinSuccessRatio(share)) => Needed::Share(share),
                _ => Needed::Share(1.0),
            },
        }
    }

    /// A task that is a map by itself: its rules lie in its custom part, and what is no list is bound.
    pub(super) fn of_task(task: &TaskTemplate, item: PlanNode) -> Array {
        let number = |name| task.custom.as_ref().and_then(|custom| number(custom, name));
        let inputs = task.interface.as_ref().and_then(|interface| interface.inputs.as_ref());
        let inputs = inputs.into_iter().flat_map(|inputs| &inputs.variables);
        Array {
            item,
            parallelism: Some(whole(number("parallelism").unwrap_or(0.0))),
            bound: inputs.filter(|(_, input)| !is_list(input)).map(|(name, _)| name.clone()).collect(),
            indexed: true,
            wrapped: true,
            is_task: true,
            run_all: false,
            needed: match (number("minSuccesses"), number("minSuccessRatio")) {
                (Some(count), _) if count >= 1.0 => Needed::Count(whole(count)),
                #[expect(clippy::cast_possible_truncation, reason = "the field is that precise")]
                (_, Some(share)) => Needed::Share(share as f32),
                _ => Needed::Share(1.0),
            },
        }
    }

    /// How many of so many items must succeed.
    pub fn needed(&self, size: u32) -> u32 {
        match self.needed {
            Needed::Count(count) => count.min(size),
            // In the precision that the ratio has: a tenth of ten is one.
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a plan has fewer nodes than such a number counts, and the cast stops at its bounds"
            )]
            Needed::Share(share) => ((share * size as f32).ceil() as u32).min(size),
        }
    }
}

fn is_list(input: &Variable) -> bool {
    matches!(input.r#type.as_ref().and_then(|known| known.r#type.as_ref()), Some(Type::CollectionType(_)))
}

/// A number of a custom part, where whole ones of 64 bits are written as text.
fn number(custom: &Struct, name: &str) -> Option<f64> {
    match custom.fields.get(name)?.kind.as_ref()? {
        Kind::NumberValue(number) => Some(*number),
        Kind::StringValue(text) => text.parse().ok(),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at the bounds, and what is no number counts as nothing"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{LiteralType, TypedInterface, VariableMap};

    use super::super::NodeKind;
    use super::*;

    #[test]
    fn the_rules_of_a_map_task_lie_in_its_custom_part() {
        let read = |fields: &[(&str, Kind)]| {
            let value = |kind: &Kind| prost_types::Value { kind: Some(kind.clone()) };
            let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), value(kind))).collect();
            let list = Type::CollectionType(Box::default());
            let variable = |r#type| Variable {
                r#type: Some(LiteralType { r#type, ..Default::default() }),
                ..Default::default()
            };
            let variables = [("a".to_owned(), variable(Some(list))), ("b".to_owned(), variable(None))];
            let inputs = Some(VariableMap { variables: variables.into() });
            let task = TaskTemplate {
                custom: Some(Struct { fields }),
                interface: Some(TypedInterface { inputs, outputs: None }),
                ..Default::default()
            };
            let array = Array::of_task(&task, PlanNode::bare("item", NodeKind::Start));
            assert_eq!(array.bound, ["b"]);
            (array.parallelism, array.needed(10))
        };
        let text = |text: &str| Kind::StringValue(text.into());
        assert_eq!(read(&[]), (Some(0), 10));
        assert_eq!(read(&[("parallelism", text("4")), ("minSuccesses", text("3"))]), (Some(4), 3));
        assert_eq!(read(&[("parallelism", Kind::NumberValue(2.0))]), (Some(2), 10));
        assert_eq!(read(&[("minSuccessRatio", Kind::NumberValue(0.75))]), (Some(0), 8));
        assert_eq!(read(&[("minSuccesses", text("0")), ("parallelism", text("-1"))]), (Some(0), 10));
    }

    #[test]
    fn a_share_of_the_items_is_rounded_up() {
        let needed = |criteria, size| {
            let array = ArrayNode { success_criteria: criteria, ..Default::default() };
            Array::new(&array, PlanNode::bare("item", NodeKind::Start)).needed(size)
        };
        let (count, share) = (SuccessCriteria::MinSuccesses, SuccessCriteria::MinSuccessRatio);
        for (criteria, size, expected) in [
            (None, 7, 7),
            (Some(count(0)), 7, 7),
            (Some(count(3)), 7, 3),
            (Some(count(9)), 7, 7),
            (Some(share(0.1)), 10, 1),
            (Some(share(0.7)), 10, 7),
            (Some(share(0.5)), 3, 2),
            (Some(share(0.0)), 3, 0),
            (Some(share(1.0)), 100_000, 100_000),
            (Some(share(0.5)), 0, 0),
        ] {
            assert_eq!(needed(criteria, size), expected, "{criteria:?} of {size}");
        }
    }
}
