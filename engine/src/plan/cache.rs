//! Which nodes use the cache: the node's own word goes before its task's.

use aileron_idl::core::node_metadata::{CacheSerializableValue, CacheVersionValue, CacheableValue};
use aileron_idl::core::{Node, TaskTemplate};

use super::{NodeKind, Plan};
use crate::CacheRule;

/// The rule of a node, if it uses the cache. A task without outputs has nothing to keep.
pub(super) fn rule(node: &Node, kind: NodeKind, plan: &Plan) -> Option<CacheRule> {
    let NodeKind::Task(ix) = kind else { return None };
    let task = plan.task(ix);
    let own = node.metadata.clone().unwrap_or_default();
    let inherited = task.metadata.clone().unwrap_or_default();
    let cacheable = own.cacheable_value.map(|CacheableValue::Cacheable(said)| said);
    let serialize = own.cache_serializable_value.map(|CacheSerializableValue::CacheSerializable(said)| said);
    let version = own.cache_version_value.map(|CacheVersionValue::CacheVersion(said)| said);
    let version = version.filter(|said| !said.is_empty());
    let used = cacheable.unwrap_or(inherited.discoverable) && has_outputs(task);
    used.then(|| CacheRule {
        version: version.unwrap_or(inherited.discovery_version),
        serialize: serialize.unwrap_or(inherited.cache_serializable),
        overwrite: plan.settings.overwrite_cache,
    })
}

fn has_outputs(task: &TaskTemplate) -> bool {
    let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
    outputs.is_some_and(|outputs| !outputs.variables.is_empty())
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{
        CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Identifier, NodeMetadata,
        TaskMetadata, TaskNode, TypedInterface, Variable, VariableMap, WorkflowTemplate, node::Target,
        task_node::Reference,
    };

    use super::*;
    use crate::PlanSettings;

    fn rule_of(task: TaskMetadata, node: NodeMetadata, outputs: usize, overwrite_cache: bool) -> String {
        let id = Identifier { name: "t".into(), ..Default::default() };
        let variables = (0..outputs).map(|ix| (format!("o{ix}"), Variable::default())).collect();
        let interface = TypedInterface { inputs: None, outputs: Some(VariableMap { variables }) };
        let template = TaskTemplate {
            id: Some(id.clone()),
            metadata: Some(task),
            interface: Some(interface),
            ..Default::default()
        };
        let used = TaskNode { reference: Some(Reference::ReferenceId(id)), overrides: None };
        let node = Node {
            id: "n0".into(),
            metadata: Some(node),
            target: Some(Target::TaskNode(used)),
            ..Default::default()
        };
        let workflow = WorkflowTemplate { nodes: vec![node], ..Default::default() };
        let closure = CompiledWorkflowClosure {
            primary: Some(CompiledWorkflow {
                template: Some(workflow),
                connections: Some(ConnectionSet::default()),
            }),
            tasks: vec![CompiledTask { template: Some(template) }],
            ..Default::default()
        };
        let plan = Plan::from_closure(&closure, PlanSettings { overwrite_cache, ..Default::default() });
        let plan = plan.expect("a plan");
        plan.node(plan.find("n0").expect("n0")).cache.as_ref().map_or_else(String::new, |rule| {
            format!("{} serialize: {} overwrite: {}", rule.version, rule.serialize, rule.overwrite)
        })
    }

    #[test]
    fn a_nodes_own_word_goes_before_its_tasks() {
        let task = |discoverable| TaskMetadata {
            discoverable,
            discovery_version: "1".into(),
            cache_serializable: true,
            ..Default::default()
        };
        let silent = NodeMetadata::default;
        let on = NodeMetadata {
            cacheable_value: Some(CacheableValue::Cacheable(true)),
            cache_version_value: Some(CacheVersionValue::CacheVersion("2".into())),
            cache_serializable_value: Some(CacheSerializableValue::CacheSerializable(false)),
            ..Default::default()
        };
        let off =
            NodeMetadata { cacheable_value: Some(CacheableValue::Cacheable(false)), ..Default::default() };
        assert_eq!(rule_of(task(true), silent(), 1, false), "1 serialize: true overwrite: false");
        assert_eq!(rule_of(task(true), silent(), 1, true), "1 serialize: true overwrite: true");
        assert_eq!(rule_of(task(false), on.clone(), 1, false), "2 serialize: false overwrite: false");
        assert_eq!(rule_of(task(true), off, 1, false), "");
        assert_eq!(rule_of(task(false), silent(), 1, false), "");
        assert_eq!(rule_of(task(true), on, 0, false), "");
    }
}
