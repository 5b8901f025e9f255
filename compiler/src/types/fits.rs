//! Whether a literal may be given where a type is declared.

use std::cell::Cell;

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{Literal, LiteralType};

use super::castable::{Budget, STEPS, castable, fits as type_fits, variants};
use super::infer::{literal_type, scalar_type};

/// Whether the literal is a value of type `to`: its type as a whole is castable, or each of its parts fits.
///
/// The type of a whole literal can say too little: that of `[[1], ["a"]]` is a list of either lists of
/// integers or lists of strings, of which neither is a list of integers or strings. Flyte stops there and
/// refuses such a literal for `list[list[int | str]]`; its parts show that it fits.
///
/// What is without a value, of an unknown kind, or nested deeper than [`super::DEPTH_LIMIT`] fits nothing,
/// nor do parts that take more than a million steps to compare.
#[must_use]
pub fn fits(literal: &Literal, to: &LiteralType) -> bool {
    literal_type(literal).is_some_and(|from| castable(&from, to) || parts_fit(literal, to))
}

fn parts_fit(literal: &Literal, to: &LiteralType) -> bool {
    let steps = Cell::new(STEPS);
    part_fits(literal, to, Budget::new(&steps)) && steps.get() > 0
}

fn part_fits(literal: &Literal, to: &LiteralType, budget: Budget<'_>) -> bool {
    let Some(budget) = budget.spent() else { return false };
    let Some(value) = &literal.value else { return false };
    match (value, &to.r#type) {
        (LiteralValue::Scalar(scalar), _) => {
            scalar_type(scalar).is_some_and(|from| type_fits(&from, to, budget))
        }
        (LiteralValue::OffloadedMetadata(offloaded), _) => {
            offloaded.inferred_type.as_ref().is_some_and(|from| type_fits(from, to, budget))
        }
        (_, Some(Type::UnionType(_))) => {
            let takes = |variant: &&LiteralType| part_fits(literal, variant, budget);
            variants(to).into_iter().flatten().filter(takes).count() == 1
        }
        (LiteralValue::Collection(from), Some(Type::CollectionType(to))) => {
            from.literals.iter().all(|element| part_fits(element, to, budget))
        }
        (LiteralValue::Map(from), Some(Type::MapValueType(to))) => {
            from.literals.values().all(|value| part_fits(value, to, budget))
        }
        (LiteralValue::Collection(_) | LiteralValue::Map(_), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::describe;
    use super::super::samples::*;
    use super::*;
    use crate::inputs::samples::{collection, number, words};

    /// Each row: the literal, the declared type, whether it fits.
    fn check(rows: impl IntoIterator<Item = (Literal, LiteralType, bool)>) {
        for (literal, to, expected) in rows {
            assert_eq!(fits(&literal, &to), expected, "{literal:?} -> {}", describe(&to));
        }
    }

    fn mixed() -> Literal {
        collection([collection([number(1)]), collection([words("a")])])
    }

    #[test]
    fn parts_are_judged_where_the_type_of_the_whole_says_too_little() {
        let either = || union([int(), text()]);
        check([
            (mixed(), list(list(either())), true),
            (mixed(), list(list(union([int(), none()]))), false),
            (mixed(), list(union([list(either()), none()])), true),
            (mixed(), union([list(list(either())), list(list(text()))]), true),
            (mixed(), list(list(int())), false),
            (mixed(), map(list(either())), false),
            (collection([collection([]), mixed()]), list(list(list(either()))), true),
        ]);
    }

    #[test]
    fn parts_fit_exactly_one_variant_of_a_union() {
        let lists = |variants: [LiteralType; 2]| list(list(union(variants)));
        let twice = union([lists([int(), text()]), lists([text(), int()])]);
        let once = union([lists([int(), text()]), lists([int(), none()])]);
        check([(collection([mixed()]), list(twice), false), (collection([mixed()]), list(once), true)]);
    }

    #[test]
    fn a_literal_fits_as_its_type_does() {
        check([
            (number(1), int(), true),
            (number(1), text(), false),
            (words("a"), choice(&["b"]), true),
            (collection([]), list(int()), true),
            (collection([number(1), words("a")]), list(union([int(), text(), choice(&["a"])])), true),
            (collection([words("a")]), list(union([int(), text(), choice(&["a"])])), false),
            (Literal::default(), int(), false),
            (collection([Literal::default()]), list(int()), false),
        ]);
    }

    #[test]
    fn many_parts_and_variants_cost_little() {
        let wide = union((0..3_000).map(|_| list(list(union([int(), text()])))));
        let long = collection((0..1_000).map(|_| mixed()));
        check([(long, list(wide), false)]);
    }
}
