//! Where a pod may run, as whom, and how securely.

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Toleration,
};

use super::super::TaskView;
use super::source::{Source, some};

/// Applies the platform's settings to what the task says.
pub(super) fn apply(view: &TaskView<'_>, source: &mut Source) {
    let config = view.config;
    let spec = &mut source.spec;
    spec.restart_policy.get_or_insert_with(|| "Never".to_owned());
    tolerate(view, spec);
    if spec.service_account_name.is_none() {
        spec.service_account_name = view.execution.service_account.map(str::to_owned);
    }
    if spec.scheduler_name.is_none() && !config.scheduler_name.is_empty() {
        spec.scheduler_name = Some(config.scheduler_name.clone());
    }
    select_nodes(view, spec);
    if spec.affinity.is_none() {
        spec.affinity.clone_from(&config.default_affinity);
    }
    if spec.security_context.is_none() {
        spec.security_context.clone_from(&config.default_pod_security_context);
    }
    if spec.dns_config.is_none() {
        spec.dns_config.clone_from(&config.default_pod_dns_config);
    }
    if config.enable_host_networking_pod.is_some() {
        spec.host_network = config.enable_host_networking_pod;
    }
    let required = if view.interruptible {
        &config.interruptible_node_selector_requirement
    } else {
        &config.non_interruptible_node_selector_requirement
    };
    if let Some(required) = required {
        require(spec, required);
    }
    if let Some(primary) = source.primary_container()
        && primary.security_context.is_none()
    {
        primary.security_context.clone_from(&config.default_security_context);
    }
}

fn tolerate(view: &TaskView<'_>, spec: &mut PodSpec) {
    let limited = |name: &String| {
        spec.containers.iter().filter_map(|container| container.resources.as_ref()).any(|found| {
            let lists = [&found.requests, &found.limits];
            lists.into_iter().flatten().any(|list| list.contains_key(name))
        })
    };
    let of_resources = view.config.resource_tolerations.iter().filter(|(name, _)| limited(name));
    let mut all: Vec<Toleration> = of_resources.flat_map(|(_, list)| list.clone()).collect();
    if view.interruptible {
        all.extend(view.config.interruptible_tolerations.clone());
    }
    all.extend(view.config.default_tolerations.clone());
    all.extend(spec.tolerations.take().unwrap_or_default());
    spec.tolerations = some(all);
}

/// What the task says wins over the default; what interruptible pods need wins over both.
fn select_nodes(view: &TaskView<'_>, spec: &mut PodSpec) {
    let mut selector = view.config.default_node_selector.clone();
    selector.extend(spec.node_selector.take().unwrap_or_default());
    if view.interruptible {
        selector.extend(view.config.interruptible_node_selector.clone());
    }
    spec.node_selector = (!selector.is_empty()).then_some(selector);
}

/// Adds a requirement to every alternative that the pod has for its node.
pub(super) fn require(spec: &mut PodSpec, required: &NodeSelectorRequirement) {
    let affinity = spec.affinity.get_or_insert_with(Affinity::default);
    let nodes = affinity.node_affinity.get_or_insert_with(NodeAffinity::default);
    let selector = nodes
        .required_during_scheduling_ignored_during_execution
        .get_or_insert_with(|| NodeSelector { node_selector_terms: vec![NodeSelectorTerm::default()] });
    if selector.node_selector_terms.is_empty() {
        selector.node_selector_terms.push(NodeSelectorTerm::default());
    }
    for term in &mut selector.node_selector_terms {
        term.match_expressions.get_or_insert_default().push(required.clone());
    }
}
