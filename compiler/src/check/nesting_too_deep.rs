//! Types, bindings, conditions and nodes are nested at most [`DEPTH_LIMIT`] deep.

use aileron_idl::core::LiteralType;

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::types::{DEPTH_LIMIT, too_deep};

pub(crate) fn binding(mut place: Location) -> Diagnostic {
    // The path is as deep as the value: its beginning is enough to find it.
    place.path.truncate(3);
    found(place, "the bound value")
}

/// Trying the variants of the workflow's unions takes too long.
pub(crate) fn unions(place: Location) -> Diagnostic {
    let message = "the workflow's unions have too many variants to try each with what is bound to them";
    Diagnostic::error(Code::NestingTooDeep, place, message).hint("declare fewer variants")
}

pub(crate) fn variable(name: &str, declared: Option<&LiteralType>) -> Option<Diagnostic> {
    let deep = declared.is_some_and(too_deep);
    deep.then(|| found(Location::variable(name), &format!("the type of '{name}'")))
}

/// The condition of a branch.
pub(crate) fn condition(node: &str) -> Diagnostic {
    found(Location::node(node), "a condition")
}

/// A node inside of nodes.
pub(crate) fn node(id: &str) -> Diagnostic {
    // The id is as long as the nesting is deep.
    let id: String = id.chars().take(60).collect();
    found(Location::node(&id), "the node")
}

fn found(place: Location, what: &str) -> Diagnostic {
    let message = format!("{what} is nested more than {DEPTH_LIMIT} levels deep");
    Diagnostic::error(Code::NestingTooDeep, place, message).hint("use a flatter structure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Program, collection};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn what_is_too_deep_is_refused() {
        let deep_type = (0..DEPTH_LIMIT).fold(int(), |inner, _| list(inner));
        let deep_value = (0..DEPTH_LIMIT).fold(collection([]), |inner, _| collection([inner]));
        Program::new()
            .input("deep", deep_type)
            .task("t", &[("a", list(none()))], &[])
            .node("n0", "t", &[("a", deep_value)])
            .check(expect![[r#"
                NestingTooDeep at deep: the type of 'deep' is nested more than 100 levels deep (use a flatter structure)
                NestingTooDeep at n0.a[0][0][0]: the bound value is nested more than 100 levels deep (use a flatter structure)
                MismatchingBindings at n0.a[0]: a collection is bound where simple:NONE is declared (bind one value of the declared type)"#]]);
    }
}
