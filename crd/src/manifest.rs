//! The definition of the resource, for a cluster.

/// The manifest of the custom resource definition, as YAML.
///
/// The parts that the controller reads have their types, so that the API server refuses nonsense by
/// itself; everything else is kept as it is. There is no sub-resource for the status: Flyte's propeller
/// writes objects whole.
pub fn manifest() -> &'static str {
    include_str!("../flyteworkflows.yaml")
}
