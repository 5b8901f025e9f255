//! An output may have one alias.

use aileron_idl::core::Alias;
use foldhash::{HashSet, HashSetExt};

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn check(node: &str, aliases: &[Alias]) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let again = aliases.iter().filter(|alias| !seen.insert(&alias.var));
    again.map(|alias| found(node, alias)).collect()
}

fn found(node: &str, Alias { var, alias }: &Alias) -> Diagnostic {
    let message = format!("output '{var}' has more than one alias, '{alias}' among them");
    Diagnostic::error(Code::DuplicateAlias, Location::node(node).at(var), message)
        .hint("keep one alias for each output")
}

#[cfg(test)]
mod tests {
    use crate::fixture::Program;
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn a_second_alias_is_refused() {
        let program = Program::new().task("t", &[], &[("o0", int()), ("o1", int())]).node("n0", "t", &[]);
        program.alias("n0", "o0", "x").alias("n0", "o1", "x").alias("n0", "o0", "y").check(expect![
            "DuplicateAlias at n0.o0: output 'o0' has more than one alias, 'y' among them (keep one alias for each output)"
        ]);
    }
}
