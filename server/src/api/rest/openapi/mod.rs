//! The OpenAPI document of the REST routes, made of the descriptors that the routes are made of: what
//! is served is what is described, and neither can change alone.
//!
//! It describes the JSON of `Accept: application/json`; other values of that header are answered in
//! lowerCamelCase. Security is left open: who may call is the deployment's matter.

mod operation;
mod schema;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::schema::Schemas;
use super::route::Table;

/// The version of OpenAPI, whose schemas are JSON Schema 2020-12.
const OPENAPI: &str = "3.1.0";

/// The document of the routes whose services `is_served`.
pub(super) fn document(table: &Table, is_served: impl Fn(&str) -> bool) -> Value {
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut bindings: BTreeMap<String, usize> = BTreeMap::new();
    for route in table.routes().iter().filter(|route| is_served(route.service().full_name())) {
        let binding = bindings.entry(route.method.full_name().to_owned()).or_default();
        *binding += 1;
        let operation = operation::of(route, *binding, &mut schemas);
        paths.entry(route.path()).or_default().insert(route.verb.as_str().to_lowercase(), operation);
    }
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": "Flyte's API",
            "description": "Unknown fields are passed over. Every request and answer may be \
                            `application/octet-stream`: the protobuf encoding of the same message.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": { "schemas": schemas.into_definitions() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect_file;

    fn whole() -> Value {
        document(&Table::of(aileron_idl::reflect::pool()), |_| true)
    }

    #[test]
    fn one_operation_stands_for_its_kind() {
        let document = whole();
        let parts = json!({
            "list": document["paths"]["/api/v1/tasks/{id_project}/{id_domain}"]["get"],
            "create": document["paths"]["/api/v1/signals"]["post"],
            "signal": document["components"]["schemas"]["flyteidl.admin.SignalSetRequest"],
            "literal": document["components"]["schemas"]["flyteidl.core.Literal"],
            "primitive": document["components"]["schemas"]["flyteidl.core.Primitive"],
        });
        expect_file!["operations.json"].assert_eq(&format!("{parts:#}\n"));
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
        let document = whole();
        let mut names = Vec::new();
        for operation in document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
        {
            names.push(operation["operationId"].as_str().unwrap());
        }
        assert!(names.len() > 70, "{}", names.len());
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);

        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_served_is_not_described() {
        let document =
            document(&Table::of(aileron_idl::reflect::pool()), |name| name.ends_with("SignalService"));
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        assert!(paths.iter().all(|path| path.starts_with("/api/v1/signals")), "{paths:?}");
        assert!(document["components"]["schemas"].get("flyteidl.admin.Task").is_none());
    }
}
