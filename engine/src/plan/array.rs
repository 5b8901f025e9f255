//! What an array runs for each item, and how many of them must succeed.

use aileron_idl::core::ArrayNode;
use aileron_idl::core::array_node::{DataMode, ParallelismOption, SuccessCriteria};

use super::PlanNode;

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
            run_all: array.run_all_sub_nodes,
            needed: match array.success_criteria {
                Some(SuccessCriteria::MinSuccesses(count)) if count > 0 => Needed::Count(count),
                Some(SuccessCriteria::MinSuccessRatio(share)) => Needed::Share(share),
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

#[cfg(test)]
mod tests {
    use super::super::NodeKind;
    use super::*;

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
