//! What the variables in a task's command stand for in one attempt, and what its environment tells it.

use aileron_idl::core::task_template::Target;
use aileron_idl::core::{Identifier, LiteralMap, TaskTemplate};

use super::{Attempt, Halt, Step};
use crate::container::environment::Identity;
use crate::container::template::{self, Substitutes, Values, render};

impl Attempt {
    /// What the variables stand for. The task template lies in the store then, if a text asks for it.
    pub(crate) async fn substitutes<'a>(
        &self,
        task: &TaskTemplate,
        texts: impl Iterator<Item = &'a String>,
    ) -> Step<Substitutes> {
        let (paths, node, number) = (&self.run.paths, &self.place, self.number);
        let task_template = paths.task_template(node, number);
        if template::asks_for_task_template(texts) {
            self.patiently(|| self.host.storage.put_message(&task_template, task)).await?;
        }
        Ok(Substitutes {
            input: self.input_of_command(),
            output_prefix: paths.attempt(node, number),
            raw_output_prefix: paths.raw_output(node, number),
            checkpoint_prefix: paths.checkpoint(node, number),
            previous_checkpoint_prefix: self.previous_checkpoint().await?,
            generated_name: paths.generated_name(node, number),
            task_template,
            namespace: self.run.workflow.metadata.namespace.clone(),
        })
    }

    /// The task with its command's variables filled in.
    pub(crate) async fn rendered(&self, original: &TaskTemplate, inputs: &LiteralMap) -> Step<TaskTemplate> {
        let mut task = original.clone();
        let Some(Target::Container(container)) = &mut task.target else { return Ok(task) };
        let texts: Vec<String> = container.command.iter().chain(&container.args).cloned().collect();
        let names = self.substitutes(original, texts.iter()).await?;
        let values = Values { names: &names, inputs };
        for text in container.command.iter_mut().chain(&mut container.args) {
            *text = render(text, &values)
                .map_err(|error| Halt::Failed(crate::plugins::BuildError::from(error).into()))?;
        }
        Ok(task)
    }

    /// Where the attempt before left a checkpoint; for the first, that of the execution that is recovered.
    async fn previous_checkpoint(&self) -> Step<Option<String>> {
        match self.number.checked_sub(1) {
            Some(before) => Ok(Some(self.run.paths.checkpoint(&self.place, before))),
            None => self.checkpoint_of_other().await,
        }
    }

    /// A mapped task that knows its index reads the inputs of the whole array.
    fn input_of_command(&self) -> String {
        match &self.item {
            Some(item) if item.indexed => item.array_inputs.clone(),
            _ => self.run.paths.inputs(&self.place, self.number),
        }
    }

    /// What the attempt is told about itself.
    pub(crate) fn identity<'a>(&'a self, task: &'a TaskTemplate) -> Identity<'a> {
        static NONE: std::sync::LazyLock<Identifier> = std::sync::LazyLock::new(Identifier::default);
        Identity {
            execution: &self.run.workflow.execution_id,
            workflow: self.run.workflow_id.as_ref().unwrap_or(&NONE),
            task: task.id.as_ref().unwrap_or(&NONE),
            attempt: self.number,
            item: self.item.as_ref().map(|item| item.index),
        }
    }
}
