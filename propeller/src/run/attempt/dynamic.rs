//! A task that made a workflow: it is compiled and kept, and the engine goes on with it.

use std::sync::Arc;

use aileron_compiler::{LaunchPlan, Request, compile, render, requirements};
use aileron_engine::{AttemptSeen, ErrorKind, Failure, Inside, Place, Timestamp};
use aileron_idl::core::{
    CompiledWorkflowClosure, DynamicJobSpec, Identifier, ResourceType, TaskTemplate, TypedInterface,
    WorkflowTemplate,
};

use super::{Attempt, Halt, Step};

/// Characters of a made workflow's version.
const VERSION: usize = 10;

impl Attempt {
    /// What the engine goes on with. The same specification always gives the same workflow.
    pub(super) async fn grown(
        &self,
        task: &TaskTemplate,
        spec: DynamicJobSpec,
        (since, at): (Timestamp, Timestamp),
    ) -> Step<AttemptSeen> {
        let closure = self.compiled(task, spec).await?;
        let uri = self.run.paths.made_workflow(&self.place, self.number);
        self.patiently(|| self.host.storage.put_message(&uri, &closure)).await?;
        Ok(AttemptSeen::Grew { since, at, inside: Inside::Workflow(Arc::new(closure)) })
    }

    async fn compiled(&self, task: &TaskTemplate, mut spec: DynamicJobSpec) -> Step<CompiledWorkflowClosure> {
        let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.clone());
        let mut interface = TypedInterface { inputs: Some(Default::default()), outputs };
        leave_out_descriptions(&mut interface);
        spec.tasks.iter_mut().filter_map(|task| task.interface.as_mut()).for_each(leave_out_descriptions);
        let template = WorkflowTemplate {
            id: Some(self.made_id()),
            interface: Some(interface),
            nodes: spec.nodes,
            outputs: spec.outputs,
            ..Default::default()
        };
        let mut launch_plans = Vec::new();
        for id in requirements(&template, &spec.subworkflows).launch_plans {
            launch_plans.extend(self.launch_plan(&id).await?);
        }
        let (sub_workflows, tasks) = (spec.subworkflows, spec.tasks);
        let request = Request { template, sub_workflows, tasks, launch_plans };
        compile(request).into_result().map_err(|found| Halt::Failed(refused(&render(&found))))
    }

    /// A launch plan as the compiler sees it; one that is not there is the compiler's to tell.
    async fn launch_plan(&self, id: &Identifier) -> Step<Option<LaunchPlan>> {
        let found = self.asking(|| self.host.control.launch_plan(id.clone())).await?;
        Ok(found.map(|plan| LaunchPlan { id: id.clone(), ..LaunchPlan::from(&plan) }))
    }

    /// The names of what a launch plan gives.
    pub(super) async fn outputs_of_launch_plan(&self, id: &Identifier) -> Step<Vec<String>> {
        let outputs = self.launch_plan(id).await?.and_then(|plan| plan.expected_outputs);
        Ok(outputs.unwrap_or_default().variables.into_keys().collect())
    }

    fn made_id(&self) -> Identifier {
        let execution = &self.run.workflow.execution_id;
        Identifier {
            resource_type: ResourceType::Workflow.into(),
            project: execution.project.clone(),
            domain: execution.domain.clone(),
            name: format!("dynamic_{}", self.node_id),
            version: version(&execution.name, &self.place, self.number),
            ..Default::default()
        }
    }
}

/// Nobody reads them at run time, and they are in every event that tells of the workflow.
fn leave_out_descriptions(interface: &mut TypedInterface) {
    let sides = [&mut interface.inputs, &mut interface.outputs];
    let variables = sides.into_iter().flatten().flat_map(|side| side.variables.values_mut());
    variables.for_each(|variable| variable.description.clear());
}

/// A name for what an attempt made: the same each time it is read.
fn version(execution: &str, place: &Place, attempt: u32) -> String {
    let name = format!("{execution}-{}-{attempt}", place.unique_id);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")[..VERSION].to_owned()
}

fn refused(why: &str) -> Failure {
    let message = format!("the workflow that the task made cannot be run: {why}");
    Failure { kind: ErrorKind::User, ..Failure::permanent("DynamicWorkflowBuildFailed", message) }
}
