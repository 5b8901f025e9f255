//! Manifests that every namespace gets: quotas, service accounts, whatever a platform needs there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use kube::api::DynamicObject;
use serde::Deserialize as _;

/// The manifests of a folder, with `{{ NAME }}` where values go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Templates {
    files: Vec<(String, String)>,
    /// Values that nobody overrides.
    values: BTreeMap<String, String>,
}

impl Templates {
    /// Reads the folder's `.yaml` files, in the order of their names. `values` are `NAME=VALUE`.
    pub(crate) fn open(folder: Option<&Path>, values: &[String]) -> Result<Templates> {
        let mut files = Vec::new();
        if let Some(folder) = folder {
            let entries =
                fs::read_dir(folder).with_context(|| format!("namespace_templates: {}", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml") {
                    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                    files.push((path.display().to_string(), text));
                }
            }
            files.sort();
        }
        let pairs = values.iter().map(|value| {
            let pair =
                value.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
            pair.with_context(|| format!("namespace_values: `{value}` is not NAME=VALUE"))
        });
        Ok(Templates { files, values: pairs.collect::<Result<_>>()? })
    }

    /// The objects for a place. Values that are set for the place count before those of everywhere.
    pub(super) fn fill(&self, place: &BTreeMap<String, String>) -> Result<Vec<DynamicObject>> {
        let mut objects = Vec::new();
        for (path, text) in &self.files {
            let filled = self.fill_text(text, place).with_context(|| path.clone())?;
            for document in serde_yaml_ng::Deserializer::from_str(&filled) {
                let value = serde_json::Value::deserialize(document).with_context(|| path.clone())?;
                if !value.is_null() {
                    objects.push(serde_json::from_value(value).with_context(|| path.clone())?);
                }
            }
        }
        Ok(objects)
    }

    fn fill_text(&self, text: &str, place: &BTreeMap<String, String>) -> Result<String> {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").context("`{{` without `}}`")?;
            let name = name.trim();
            let Some(value) = place.get(name).or_else(|| self.values.get(name)) else {
                bail!(
                    "there is no value for `{name}`: set it in namespace_values, or as a cluster resource attribute"
                );
            };
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(text: &str, values: &[&str]) -> (tempfile::TempDir, Result<Templates>) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("quota.yaml"), text).unwrap();
        let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        let opened = Templates::open(Some(folder.path()), &values);
        (folder, opened)
    }

    const QUOTA: &str = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota, namespace: '{{ namespace }}'}\n\
        spec: {hard: {limits.cpu: '{{projectQuotaCpu}}'}}\n---\n";

    #[test]
    fn what_is_set_for_a_place_counts_before_what_holds_everywhere() {
        let (_folder, opened) = templates(QUOTA, &["projectQuotaCpu=4"]);
        let templates = opened.unwrap();
        let mut place = BTreeMap::from([("namespace".to_owned(), "p-d".to_owned())]);
        let cpu = |place: &BTreeMap<_, _>| {
            let objects = templates.fill(place).unwrap();
            assert_eq!(objects.len(), 1);
            assert_eq!(objects[0].metadata.namespace.as_deref(), Some("p-d"));
            objects[0].data["spec"]["hard"]["limits.cpu"].as_str().unwrap().to_owned()
        };
        assert_eq!(cpu(&place), "4");
        place.insert("projectQuotaCpu".to_owned(), "16".to_owned());
        assert_eq!(cpu(&place), "16");
    }

    #[test]
    fn a_value_that_nobody_gives_is_named_with_its_file() {
        let (_folder, opened) = templates(QUOTA, &[]);
        let place = BTreeMap::from([("namespace".to_owned(), "p-d".to_owned())]);
        let error = format!("{:#}", opened.unwrap().fill(&place).unwrap_err());
        assert!(error.contains("quota.yaml") && error.contains("`projectQuotaCpu`"), "{error}");
        assert!(templates("", &["nonsense"]).1.unwrap_err().to_string().contains("`nonsense`"));
    }
}
