//! Roles in a file: TOML, one table a binding.
//!
//! ```toml
//! [[binding]]
//! who = ["group:ml", "user:ann@example.org"]
//! role = "contributor"
//! scope = "orders/development"
//! ```

use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::policy::{Binding, Scope, Subject};
use super::role::Role;

/// Why a file gives no roles.
#[derive(Debug, thiserror::Error)]
pub enum BindingsFileError {
    /// It cannot be read.
    #[error("failed to read the roles in {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, and how to write it.
        problem: String,
    },
}

/// What is wrong, and at which byte.
type Wrong = (usize, String);

/// The bindings of a file; it is taken as a whole or not at all.
pub(super) fn read(path: &Path) -> Result<Vec<Binding>, BindingsFileError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| BindingsFileError::Unreadable { path: path.to_owned(), source })?;
    parse(&text).map_err(|(at, problem)| {
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        BindingsFileError::Wrong { path: path.to_owned(), line, problem }
    })
}

fn parse(text: &str) -> Result<Vec<Binding>, Wrong> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().unwrap_or_default().start, error.message().to_owned()))?;
    let mut bindings = Vec::new();
    for (key, value) in table.get_ref() {
        let form = || (key.span().start, "only tables `[[binding]]` can be here".to_owned());
        if key.get_ref() != "binding" {
            return Err(form());
        }
        let DeValue::Array(tables) = value.get_ref() else { return Err(form()) };
        for table in tables.iter() {
            let DeValue::Table(binding) = table.get_ref() else { return Err(form()) };
            read_binding(table.span().start, binding, &mut bindings)?;
        }
    }
    Ok(bindings)
}

fn read_binding(at: usize, table: &DeTable<'_>, bindings: &mut Vec<Binding>) -> Result<(), Wrong> {
    if let Some((key, _)) =
        table.iter().find(|(key, _)| !["who", "role", "scope"].contains(&&**key.get_ref()))
    {
        let problem = format!("`{}` is no key of a binding; it has who, role and scope", key.get_ref());
        return Err((key.span().start, problem));
    }
    let role: Role = value(at, table, "role")?;
    let scope: Scope = value(at, table, "scope")?;
    let who = table.get("who").ok_or_else(|| missing(at, "who"))?;
    let names: Vec<&Spanned<DeValue<'_>>> = match who.get_ref() {
        DeValue::Array(names) => names.iter().collect(),
        _ => vec![who],
    };
    for name in names {
        let subject: Subject = parsed(name)?;
        bindings.push(Binding { subject, role, scope: scope.clone() });
    }
    Ok(())
}

fn missing(at: usize, key: &str) -> Wrong {
    (at, format!("a binding needs `{key}`"))
}

fn value<T>(at: usize, table: &DeTable<'_>, key: &str) -> Result<T, Wrong>
where
    T: std::str::FromStr<Err = String>,
{
    parsed(table.get(key).ok_or_else(|| missing(at, key))?)
}

fn parsed<T: std::str::FromStr<Err = String>>(value: &Spanned<DeValue<'_>>) -> Result<T, Wrong> {
    let wrong = |problem: String| (value.span().start, problem);
    let text = value.get_ref().as_str().ok_or_else(|| wrong("it must be a text".to_owned()))?;
    text.parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn shown(text: &str) -> String {
        match parse(text) {
            Ok(bindings) => {
                let lines = bindings.iter().map(|of| format!("{} {} {}\n", of.subject, of.role, of.scope));
                lines.collect()
            }
            Err((at, problem)) => format!("{at}: {problem}\n"),
        }
    }

    #[test]
    fn bindings_are_read() {
        expect![[r#"
            group:ml contributor orders/development
            user:ann contributor orders/development
            anyone viewer */*
        "#]]
        .assert_eq(&shown(
            "[[binding]]\nwho = [\"group:ml\", \"user:ann\"]\nrole = \"contributor\"\nscope = \
             \"orders/development\"\n[[binding]]\nwho = \"anyone\"\nrole = \"viewer\"\nscope = \"*\"\n",
        ));
        assert_eq!(shown(""), "");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let said = [
            "role = 1",
            "[[binding]]\nwho = \"ann\"\nrole = \"viewer\"\nscope = \"p\"",
            "[[binding]]\nwho = \"user:ann\"\nrole = \"owner\"\nscope = \"p\"",
            "[[binding]]\nwho = \"user:ann\"\nrole = \"viewer\"",
            "[[binding]]\nwho = 1\nrole = \"viewer\"\nscope = \"p\"",
            "[[binding]]\nwho = \"anyone\"\nrole = \"viewer\"\nscope = \"p\"\nuntil = 1",
            "[[binding",
        ];
        expect![[r#"
            0: only tables `[[binding]]` can be here
            18: `ann` names nobody; write user:NAME, group:NAME, client:NAME or anyone
            36: `owner` is no role; write one of viewer, launcher, contributor, admin, propeller
            0: a binding needs `scope`
            18: it must be a text
            55: `until` is no key of a binding; it has who, role and scope
            9: unclosed array table, expected `]]`
        "#]]
        .assert_eq(&said.map(shown).concat());
    }
}
