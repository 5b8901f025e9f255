//! What an entity refers to, found among everything that was dropped.

use std::collections::{BTreeMap, BTreeSet};

use aileron_compiler::{
    Compiled, Diagnostic, LaunchPlan, Request, as_sent, compile, inputs, requirements, walk,
};
use aileron_idl::admin;
use aileron_idl::core::node::Target;
use aileron_idl::core::workflow_node::Reference;
use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Identifier, LiteralMap, ParameterMap, TaskTemplate,
    TypedInterface, WorkflowTemplate,
};

use crate::document::Document;

/// Every task, workflow and launch plan by its id. Of two with one id the later is taken: what was
/// dropped again replaces what was there.
#[derive(Debug, Default)]
pub(crate) struct Library<'a> {
    tasks: BTreeMap<&'a Identifier, &'a TaskTemplate>,
    workflows: BTreeMap<&'a Identifier, &'a WorkflowTemplate>,
    launch_plans: BTreeMap<&'a Identifier, &'a admin::LaunchPlan>,
}

/// A workflow compiled, and what it refers to that was not dropped.
pub(crate) struct Outcome {
    pub(crate) compiled: Compiled,
    pub(crate) missing: BTreeSet<Identifier>,
    /// All that it refers to.
    pub(crate) uses: BTreeSet<Identifier>,
}

impl<'a> Library<'a> {
    pub(crate) fn new(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut library = Self::default();
        for document in documents {
            library.add(document);
        }
        library
    }

    fn add(&mut self, document: &'a Document) {
        match document {
            Document::Task(task) => self.add_tasks([task.as_ref()]),
            Document::Workflow(template, subs) => self.add_workflows(subs.iter().chain([template.as_ref()])),
            Document::LaunchPlan(plan) => {
                self.launch_plans.extend(plan.id.as_ref().map(|id| (id, plan.as_ref())));
            }
            Document::Closure(closure) => self.add_closure(closure),
            Document::Resource(resource) => self.add_closure(&resource.closure),
            Document::Dynamic(spec) => {
                self.add_tasks(&spec.tasks);
                self.add_workflows(&spec.subworkflows);
            }
            Document::Values(_) | Document::Error(_) | Document::Nodes(_) => {}
        }
    }

    fn add_closure(&mut self, closure: &'a CompiledWorkflowClosure) {
        self.add_tasks(closure.tasks.iter().filter_map(|task| task.template.as_ref()));
        let workflows = closure.sub_workflows.iter().chain(&closure.primary);
        self.add_workflows(workflows.filter_map(|workflow| workflow.template.as_ref()));
    }

    fn add_tasks(&mut self, tasks: impl IntoIterator<Item = &'a TaskTemplate>) {
        self.tasks.extend(tasks.into_iter().filter_map(|task| Some((task.id.as_ref()?, task))));
    }

    fn add_workflows(&mut self, workflows: impl IntoIterator<Item = &'a WorkflowTemplate>) {
        self.workflows
            .extend(workflows.into_iter().filter_map(|workflow| Some((workflow.id.as_ref()?, workflow))));
    }

    /// Compiles a template, compiled before or not, with what it refers to.
    pub(crate) fn compile<'t>(
        &self,
        template: &WorkflowTemplate,
        given: impl IntoIterator<Item = &'t WorkflowTemplate>,
    ) -> Outcome {
        let template = as_sent(template.clone());
        let given = given.into_iter().cloned().map(as_sent).collect();
        let sub_workflows = self.sub_workflows(&template, given);
        let required = requirements(&template, &sub_workflows);
        let tasks = required.tasks.iter().filter_map(|id| self.tasks.get(id).map(|task| (*task).clone()));
        let plans = required.launch_plans.iter();
        let plans = plans.filter_map(|id| Some(self.launch_plan(id, self.launch_plans.get(id)?)));
        let (tasks, launch_plans) = (tasks.collect(), plans.collect());
        let no_task = required.tasks.iter().filter(|id| !self.tasks.contains_key(id));
        let no_plan = required.launch_plans.iter().filter(|id| !self.launch_plans.contains_key(id));
        let missing = no_task.chain(no_plan).cloned().collect();
        let own = template.id.as_ref();
        let subs_used = sub_workflows.iter().filter_map(|sub| sub.id.as_ref()).filter(|id| Some(*id) != own);
        let uses = required.tasks.iter().chain(&required.launch_plans).chain(subs_used).cloned().collect();
        let request = Request { template, sub_workflows, tasks, launch_plans };
        Outcome { compiled: compile(request), missing, uses }
    }

    /// The sub-workflows that came with a template, and those that it refers to besides.
    fn sub_workflows(
        &self,
        template: &WorkflowTemplate,
        mut found: Vec<WorkflowTemplate>,
    ) -> Vec<WorkflowTemplate> {
        let mut known: BTreeSet<Identifier> = found.iter().filter_map(|sub| sub.id.clone()).collect();
        let mut open: Vec<_> = [template].into_iter().chain(&found).flat_map(references).collect();
        while let Some(id) = open.pop() {
            let Some(sub) = self.workflows.get(&id).filter(|_| known.insert(id.clone())) else { continue };
            open.extend(references(sub));
            found.push(as_sent(WorkflowTemplate::clone(sub)));
        }
        found
    }

    /// What a launch plan takes and gives, by its workflow; as the server said, if that was not dropped.
    /// Packages have an empty closure in the server's place.
    fn launch_plan(&self, id: &Identifier, plan: &admin::LaunchPlan) -> LaunchPlan {
        let Some(interface) = self.interface(plan) else { return LaunchPlan::from(plan) };
        let expected_inputs = self.expected(plan).ok().map(|(expected, _)| expected);
        LaunchPlan { id: id.clone(), expected_inputs, expected_outputs: interface.outputs.clone() }
    }

    /// The workflow that a launch plan launches.
    pub(crate) fn workflow(&self, plan: &admin::LaunchPlan) -> Option<&'a WorkflowTemplate> {
        self.workflows.get(plan.spec.as_ref()?.workflow_id.as_ref()?).copied()
    }

    fn interface(&self, plan: &admin::LaunchPlan) -> Option<&'a TypedInterface> {
        self.workflow(plan)?.interface.as_ref()
    }

    /// What a launch of the plan may give, and what the plan fixes.
    pub(crate) fn expected(
        &self,
        plan: &admin::LaunchPlan,
    ) -> Result<(ParameterMap, LiteralMap), Vec<Diagnostic>> {
        let spec = plan.spec.clone().unwrap_or_default();
        let (defaults, fixed) =
            (spec.default_inputs.unwrap_or_default(), spec.fixed_inputs.unwrap_or_default());
        let Some(interface) = self.interface(plan) else { return Ok((defaults, fixed)) };
        Ok((inputs::expected(interface, &defaults, &fixed)?, fixed))
    }
}

/// The workflows of a closure, as templates.
pub(crate) fn templates(workflows: &[CompiledWorkflow]) -> impl Iterator<Item = &WorkflowTemplate> {
    workflows.iter().filter_map(|workflow| workflow.template.as_ref())
}

/// The sub-workflows that a template's nodes refer to.
fn references(template: &WorkflowTemplate) -> Vec<Identifier> {
    let found = walk::nodes(template).filter_map(|node| match &node.target {
        Some(Target::WorkflowNode(child)) => match &child.reference {
            Some(Reference::SubWorkflowRef(id)) => Some(id.clone()),
            _ => None,
        },
        _ => None,
    });
    found.collect()
}
