//! Dependencies point one way, and the pure ring has no way to the outside.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Complaint;
use crate::cache::Places;
use crate::process;

/// Each crate and those it may use. A new edge is a change of its own.
const MAY_USE: [(&str, &[&str]); 21] = [
    ("aileron-idl", &[]),
    ("aileron-idl-codegen", &[]),
    ("aileron-storage", &[]),
    ("aileron-s3", &["aileron-storage"]),
    ("aileron-telemetry", &[]),
    ("aileron-isolation", &[]),
    ("aileron-layout", &[]),
    ("aileron-compiler", &["aileron-idl", "aileron-layout"]),
    ("aileron-compiler-bench", &["aileron-idl", "aileron-compiler", "aileron-workbench"]),
    ("aileron-workbench", &["aileron-idl", "aileron-compiler", "aileron-crd"]),
    ("aileron-engine", &["aileron-idl", "aileron-compiler"]),
    ("aileron-crd", &["aileron-idl", "aileron-compiler"]),
    (
        "aileron-server",
        &[
            "aileron-idl",
            "aileron-compiler",
            "aileron-engine",
            "aileron-crd",
            "aileron-storage",
            "aileron-telemetry",
        ],
    ),
    (
        "aileron-propeller",
        &[
            "aileron-idl",
            "aileron-compiler",
            "aileron-engine",
            "aileron-crd",
            "aileron-storage",
            "aileron-telemetry",
            "aileron-isolation",
        ],
    ),
    ("aileron-console", &["aileron-idl", "aileron-compiler", "aileron-engine"]),
    (
        "aileron",
        &[
            "aileron-idl",
            "aileron-compiler",
            "aileron-crd",
            "aileron-storage",
            "aileron-s3",
            "aileron-telemetry",
            "aileron-isolation",
            "aileron-server",
            "aileron-propeller",
        ],
    ),
    (
        "aileron-tests",
        &[
            "aileron-idl",
            "aileron-compiler",
            "aileron-engine",
            "aileron-crd",
            "aileron-storage",
            "aileron-test-cluster",
            "aileron-test-postgres",
        ],
    ),
    (
        "aileron-fuzz",
        &[
            "aileron-idl",
            "aileron-compiler",
            "aileron-crd",
            "aileron-workbench",
            "aileron-storage",
            "aileron-propeller",
            "aileron-server",
        ],
    ),
    ("aileron-test-postgres", &[]),
    ("aileron-test-cluster", &[]),
    ("xtask", &["aileron-test-postgres", "aileron-test-cluster"]),
];

/// Crates that decide, and so must not be able to do anything else.
const PURE: [&str; 6] = [
    "aileron-idl",
    "aileron-layout",
    "aileron-compiler",
    "aileron-crd",
    "aileron-workbench",
    "aileron-engine",
];
/// What would let them: async, files, network, randomness, clocks, databases.
const OUTSIDE: [&str; 14] = [
    "tokio",
    "async-std",
    "smol",
    "futures",
    "hyper",
    "reqwest",
    "tonic",
    "axum",
    "object_store",
    "sqlx",
    "rand",
    "getrandom",
    "chrono",
    "tempfile",
];

pub(super) fn check(places: &Places) -> Result<Vec<Complaint>> {
    let mut cargo = places.cargo();
    let text = process::answer(cargo.args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let edges = edges(&serde_json::from_str(&text)?)?;
    let mut found = wrong_edges(&edges);
    for package in PURE {
        let mut cargo = places.cargo();
        cargo.args(["tree", "--edges", "normal", "--prefix", "none", "--package", package]);
        found.extend(outside(package, &process::answer(&mut cargo)?));
    }
    Ok(found)
}

/// Crate to the crates of the house that it is built from; what only tests use does not count.
fn edges(metadata: &Value) -> Result<BTreeMap<String, Vec<String>>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let mut edges = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has a name")?;
        let uses = package["dependencies"].as_array().context("a package has dependencies")?;
        let house = uses.iter().filter(|used| !used["path"].is_null() && used["kind"] != "dev");
        edges.insert(
            name.to_owned(),
            house.filter_map(|used| used["name"].as_str().map(str::to_owned)).collect(),
        );
    }
    Ok(edges)
}

fn wrong_edges(edges: &BTreeMap<String, Vec<String>>) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (name, uses) in edges {
        let complain = |message: String| Complaint { place: format!("crate {name}"), message };
        match MAY_USE.iter().find(|(known, _)| known == name) {
            None => found.push(complain("is not in the layering of xtask/src/tidy/layering.rs".to_owned())),
            Some((_, allowed)) => {
                let wrong = uses.iter().filter(|used| !allowed.contains(&used.as_str()));
                found.extend(
                    wrong.map(|used| complain(format!("must not use {used}: dependencies point one way"))),
                );
            }
        }
    }
    found
}

fn outside(package: &str, tree: &str) -> Vec<Complaint> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let mut wrong: Vec<_> = names.filter(|name| OUTSIDE.contains(name)).collect();
    wrong.sort_unstable();
    wrong.dedup();
    wrong
        .iter()
        .map(|name| Complaint {
            place: format!("crate {package}"),
            message: format!("is pure, yet reaches {name}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_against_the_grain_is_named() {
        let edges = BTreeMap::from([
            ("aileron-server".to_owned(), vec!["aileron-idl".to_owned(), "aileron-propeller".to_owned()]),
            ("aileron-new".to_owned(), Vec::new()),
        ]);
        let messages: Vec<_> = wrong_edges(&edges).into_iter().map(|complaint| complaint.message).collect();
        assert_eq!(messages.len(), 2);
        assert!(messages[1].contains("must not use aileron-propeller"), "{messages:?}");
    }

    #[test]
    fn a_way_out_of_the_pure_ring_is_named() {
        let tree = "aileron-engine v0.1.0 (path)\nprost v0.14.1\ntokio v1.2.3\ntokio v1.2.3 (*)\n";
        let found = outside("aileron-engine", tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "is pure, yet reaches tokio");
    }
}
