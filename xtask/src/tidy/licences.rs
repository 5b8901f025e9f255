//! Every dependency's licence is one that deny.toml allows. `cargo xtask audit` says so too; that takes a network and a tool
//! which has to be built, so it is not run with all tests, and this is.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Complaint;
use crate::cache::Places;
use crate::process;

/// Where it is said.
const RULES: &str = "deny.toml";

/// What is allowed: of every crate, and of some more.
struct Rules {
    of_all: Vec<String>,
    of_crates: BTreeMap<String, Vec<String>>,
}

pub(super) fn check(places: &Places) -> Result<Vec<Complaint>> {
    let rules = Rules::read(&fs::read_to_string(places.root.join(RULES)).context(RULES)?);
    let mut cargo = places.cargo();
    let text = process::answer(cargo.args(["metadata", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    Ok(refused(&metadata, &rules))
}

fn refused(metadata: &Value, rules: &Rules) -> Vec<Complaint> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let foreign = packages.filter(|package| !package["source"].is_null());
    let told = foreign.filter_map(|package| {
        let (name, licence) = (package["name"].as_str()?, package["license"].as_str().unwrap_or_default());
        let is_allowed = |one: &str| rules.allow(name, one);
        (!holds(licence, &is_allowed)).then(|| Complaint {
            place: RULES.to_owned(),
            message: format!(
                "the licence of {name}, `{licence}`, is not allowed; allow it, or use another crate"
            ),
        })
    });
    told.collect()
}

impl Rules {
    fn read(text: &str) -> Rules {
        let section = text.split_once("[licenses]").map_or("", |(_, rest)| rest);
        let section = section.split("\n[").next().unwrap_or_default();
        let list = |begin: &str| {
            section.split_once(begin).map_or("", |(_, rest)| rest.split("\n]").next().unwrap_or(rest))
        };
        let exceptions = list("exceptions = [").lines().filter_map(|line| {
            let mut words = quoted(line).into_iter();
            Some((words.next()?, words.collect()))
        });
        Rules { of_all: quoted(list("allow = [")), of_crates: exceptions.collect() }
    }

    fn allow(&self, name: &str, licence: &str) -> bool {
        let of_crate = self.of_crates.get(name).into_iter().flatten();
        self.of_all.iter().chain(of_crate).any(|allowed| allowed == licence)
    }
}

/// The texts in quotes, of lines that are no comments.
fn quoted(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// Whether an expression of SPDX's, or one of the older form with slashes, can be met by what is allowed.
fn holds(licence: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = licence.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    either(&mut words.as_slice(), is_allowed)
}

fn either(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut holds = both(words, is_allowed);
    while let ["OR", rest @ ..] = words {
        *words = rest;
        holds |= both(words, is_allowed);
    }
    holds
}

fn both(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut holds = one(words, is_allowed);
    while let ["AND", rest @ ..] = words {
        *words = rest;
        holds &= one(words, is_allowed);
    }
    holds
}

fn one(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    match words {
        ["(", rest @ ..] => {
            *words = rest;
            let holds = either(words, is_allowed);
            if let [")", rest @ ..] = words {
                *words = rest;
            }
            holds
        }
        [name, "WITH", exception, rest @ ..] => {
            let name = format!("{name} WITH {exception}");
            *words = rest;
            is_allowed(&name)
        }
        [name, rest @ ..] => {
            *words = rest;
            is_allowed(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expression_is_met_by_one_of_its_ways() {
        let is_allowed = |licence: &str| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for (licence, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR Apache-2.0) AND NCSA", false),
            ("(GPL-3.0 OR MIT) AND (Zlib OR X)", true),
            ("Apache-2.0 WITH LLVM-exception OR X", true),
            ("Apache-2.0 WITH X", false),
            ("", false),
        ] {
            assert_eq!(holds(licence, &is_allowed), expected, "{licence}");
        }
    }

    #[test]
    fn what_no_rule_allows_is_told_by_its_name() {
        let rules = Rules::read(
            "[licenses]\nallow = [\n  \"MIT\",\n  # \"no\"\n]\nexceptions = [\n  { crate = \"one\", allow = [\"X\"] },\n]\n[bans]\n",
        );
        let package = |name: &str, licence: &str, source: &Value| json!({"name": name, "license": licence, "source": source});
        let packages = [
            package("one", "X", &json!("registry")),
            package("two", "X AND MIT", &json!("registry")),
            package("own", "", &Value::Null),
            package("three", "MIT", &json!("registry")),
        ];
        let told = refused(&json!({"packages": packages}), &rules);
        assert_eq!(told.len(), 1);
        assert!(told[0].message.starts_with("the licence of two, `X AND MIT`"), "{}", told[0].message);
    }
}
