//! `cargo xtask sbom`: the bill of materials of the binary, as CycloneDX has it: every crate that is built into it, with
//! version, licence, checksum and what it is built from. Equal lock files give equal bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cache::Places;
use crate::process;

/// What the bill is of.
const ROOT: &str = "aileron";

/// Writes the bill.
pub(crate) fn run(places: &Places, out: Option<&Path>) -> Result<()> {
    let mut cargo = places.cargo();
    cargo.args(["metadata", "--format-version", "1", "--locked"]);
    cargo.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let metadata: Value = serde_json::from_str(&process::answer(&mut cargo)?)?;
    let lock = fs::read_to_string(places.root.join("Cargo.lock")).context("Cargo.lock")?;
    let text = serde_json::to_string_pretty(&bill(&metadata, &checksums(&lock))?)?;
    let file = out.map_or_else(|| places.target.join("aileron.cdx.json"), Path::to_path_buf);
    fs::write(&file, text + "\n").with_context(|| file.display().to_string())?;
    println!("wrote {}", file.display());
    Ok(())
}

/// Checksum by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")))?;
            line.strip_suffix('"').map(str::to_owned)
        };
        if let (Some(name), Some(version), Some(checksum)) =
            (value("name"), value("version"), value("checksum"))
        {
            found.insert((name, version), checksum);
        }
    }
    found
}

fn bill(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let packages: BTreeMap<&str, &Value> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo metadata resolves")?;
    let nodes: BTreeMap<&str, Vec<&str>> =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?, built_from(node)))).collect();
    let root = packages.iter().find(|(_, package)| package["name"] == ROOT).context("the binary's crate")?;
    let mut reached = BTreeSet::new();
    let mut open = vec![*root.0];
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(nodes.get(id).into_iter().flatten());
        }
    }
    let shown = |id: &str| component(packages[id], checksums);
    let components: Vec<Value> = reached.iter().filter(|id| **id != *root.0).map(|id| shown(id)).collect();
    let edge = |id: &&str| {
        let on: BTreeSet<String> = nodes.get(id).into_iter().flatten().map(|id| url(packages[*id])).collect();
        json!({ "ref": url(packages[*id]), "dependsOn": on })
    };
    Ok(json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": shown(root.0) },
        "components": components,
        "dependencies": reached.iter().map(edge).collect::<Vec<_>>(),
    }))
}

/// What a crate is built from; what only its tests use is not in the binary.
fn built_from(node: &Value) -> Vec<&str> {
    let is_built = |used: &&Value| {
        let kinds = used["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
    };
    let used = node["deps"].as_array().into_iter().flatten();
    used.filter(is_built).filter_map(|used| used["pkg"].as_str()).collect()
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>) -> Value {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let (name, version) = (text("name"), text("version"));
    let kind = if name == ROOT { "application" } else { "library" };
    let mut component = json!({
        "type": kind, "bom-ref": url(package), "name": name, "version": version, "purl": url(package),
        "licenses": [{ "expression": text("license").replace('/', " OR ") }],
    });
    if let Some(checksum) = checksums.get(&(name, version)) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// The name of a crate among all packages.
fn url(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    format!("pkg:cargo/{}@{}", text("name"), text("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_listed_and_what_tests_use_is_not() {
        let package =
            |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0" });
        let uses = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let packages = ["aileron", "a", "b", "test"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": { "nodes": [
                { "id": "aileron", "deps": [uses("a", Value::Null), uses("test", json!("dev"))] },
                { "id": "a", "deps": [uses("b", json!("build"))] },
                { "id": "b", "deps": [] },
                { "id": "test", "deps": [] },
            ] },
        });
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"c0ffee\"\n";
        let bill = bill(&metadata, &checksums(lock)).unwrap();
        let names: Vec<_> = bill["components"].as_array().unwrap().iter().map(|part| &part["name"]).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "c0ffee");
        assert_eq!(bill["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["dependencies"][1]["dependsOn"], json!(["pkg:cargo/a@1.0.0"]));
    }
}
