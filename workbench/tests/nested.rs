//! A workflow inside a workflow is drawn on its own, once.

use aileron_idl::admin::WorkflowSpec;
use aileron_idl::core::node::Target;
use aileron_idl::core::workflow_node::Reference;
use aileron_idl::core::{Identifier, Node, ResourceType, WorkflowNode, WorkflowTemplate};
use aileron_workbench::Workspace;
use prost::Message;

fn id(name: &str) -> Identifier {
    let [name, project, domain, version] = [name, "p", "d", "v"].map(str::to_owned);
    let resource_type = ResourceType::Workflow as i32;
    Identifier { resource_type, project, domain, name, version, ..Identifier::default() }
}

fn calls(node: usize, workflow: &str) -> Node {
    let reference = Some(Reference::SubWorkflowRef(id(workflow)));
    let target = Some(Target::WorkflowNode(WorkflowNode { reference }));
    Node { id: format!("n{node}"), target, ..Node::default() }
}

fn workflow(name: &str, nodes: Vec<Node>) -> WorkflowTemplate {
    WorkflowTemplate { id: Some(id(name)), nodes, ..WorkflowTemplate::default() }
}

#[test]
fn a_template_that_many_nodes_use_is_drawn_once() {
    let outer = workflow("outer", (0..40).map(|node| calls(node, "middle")).collect());
    let middle = workflow("middle", (0..40).map(|node| calls(node, "inner")).collect());
    let inner = workflow("inner", vec![Node { id: "n0".to_owned(), ..Node::default() }]);
    let spec =
        WorkflowSpec { template: Some(outer), sub_workflows: vec![middle, inner], ..WorkflowSpec::default() };
    let mut workspace = Workspace::default();
    let added = workspace.add(&spec.encode_to_vec(), "outer.pb").unwrap();
    let pictures = workspace.layout(added.entities[0].id).unwrap();
    let mut names: Vec<_> = pictures.iter().map(|picture| picture.workflow.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["inner", "middle", "outer"]);
}
