//! The keys of tasks and sub-workflows: an identifier as text.

use aileron_idl::core::Identifier;

/// `resource_type:TASK  project:"p"  domain:"d"  name:"n"  version:"v"`. Only objects of one writer have
/// equal keys; whoever reads one must look a key up in it.
pub(super) fn key(id: &Identifier) -> String {
    let mut text = format!("resource_type:{}", id.resource_type().as_str_name());
    let fields =
        [("project", &id.project), ("domain", &id.domain), ("name", &id.name), ("version", &id.version)];
    for (field, value) in fields.into_iter().chain([("org", &id.org)]) {
        if !value.is_empty() {
            text.push_str(&format!("  {field}:{value:?}"));
        }
    }
    text
}
