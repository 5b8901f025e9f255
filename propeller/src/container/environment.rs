//! The environment of a task's container.

use std::collections::BTreeMap;

use aileron_crd::{EnvironmentVariables, ExecutionId};
use aileron_idl::core::{Identifier, KeyValuePair};

/// Where the task of an array's item finds its index; which variable that is, another variable says.
const ARRAY_INDEX: &str = "FLYTE_K8S_ARRAY_INDEX";

/// What an attempt is told about itself.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The execution.
    pub execution: &'a ExecutionId,
    /// The workflow that runs.
    pub workflow: &'a Identifier,
    /// The task.
    pub task: &'a Identifier,
    /// Which try, from 0.
    pub attempt: u32,
    /// The item of an array that it is for.
    pub item: Option<u32>,
}

/// All variables: the task's own, then ours, then the execution's; of two with one name the last wins.
///
/// The limits from which a task would offload a large literal are not set: literals are kept whole.
pub fn environment(
    own: &[KeyValuePair],
    identity: Identity<'_>,
    execution: &EnvironmentVariables,
) -> BTreeMap<String, String> {
    let own = own.iter().map(|pair| (pair.key.clone(), pair.value.clone()));
    let injected = injected(identity).into_iter().map(|(name, value)| (name.to_owned(), value));
    let execution = execution.iter().map(|(name, value)| (name.clone(), value.clone()));
    own.chain(injected).chain(execution).collect()
}

/// What Flyte adds to the task's own variables, in its order.
pub fn injected(identity: Identity<'_>) -> Vec<(&'static str, String)> {
    let Identity { execution, workflow, task, attempt, item } = identity;
    let index = item.into_iter().flat_map(|item| {
        let value = item.to_string();
        [("BATCH_JOB_ARRAY_INDEX_VAR_NAME", ARRAY_INDEX.to_owned()), (ARRAY_INDEX, value)]
    });
    let workflow = format!("{}:{}:{}", workflow.project, workflow.domain, workflow.name);
    let told = [
        ("FLYTE_INTERNAL_EXECUTION_WORKFLOW", workflow),
        ("FLYTE_INTERNAL_EXECUTION_ID", execution.name.clone()),
        ("FLYTE_INTERNAL_EXECUTION_PROJECT", execution.project.clone()),
        ("FLYTE_INTERNAL_EXECUTION_DOMAIN", execution.domain.clone()),
        ("FLYTE_ATTEMPT_NUMBER", attempt.to_string()),
        ("FLYTE_INTERNAL_TASK_PROJECT", task.project.clone()),
        ("FLYTE_INTERNAL_TASK_DOMAIN", task.domain.clone()),
        ("FLYTE_INTERNAL_TASK_NAME", task.name.clone()),
        ("FLYTE_INTERNAL_TASK_VERSION", task.version.clone()),
    ];
    told.into_iter().chain(index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str, version: &str) -> Identifier {
        Identifier {
            project: "flytesnacks".into(),
            domain: "development".into(),
            name: name.into(),
            version: version.into(),
            ..Default::default()
        }
    }

    fn made(own: &[(&str, &str)], execution_wide: &[(&str, &str)]) -> BTreeMap<String, String> {
        made_for(own, execution_wide, None)
    }

    fn made_for(
        own: &[(&str, &str)],
        execution_wide: &[(&str, &str)],
        item: Option<u32>,
    ) -> BTreeMap<String, String> {
        let execution = ExecutionId {
            project: "flytesnacks".into(),
            domain: "development".into(),
            name: "aqzcpcv9fg8hm8skpwgx".into(),
        };
        let pair = |(key, value): &(&str, &str)| KeyValuePair { key: (*key).into(), value: (*value).into() };
        let own: Vec<_> = own.iter().map(pair).collect();
        let execution_wide =
            execution_wide.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (workflow, task) = (id("programs.two_tasks", "w"), id("programs.inc", "NuOlsnVOFQC9t-jtTNRbSw"));
        let identity = Identity { execution: &execution, workflow: &workflow, task: &task, attempt: 0, item };
        environment(&own, identity, &execution_wide)
    }

    #[test]
    fn the_last_of_one_name_wins() {
        let made = made(&[("A", "task"), ("FLYTE_ATTEMPT_NUMBER", "9"), ("A", "task again")], &[]);
        assert_eq!((made["A"].as_str(), made["FLYTE_ATTEMPT_NUMBER"].as_str()), ("task again", "0"));
        let made = super::tests::made(&[("A", "task")], &[("A", "execution")]);
        assert_eq!(made["A"], "execution");
    }

    #[test]
    fn an_item_finds_its_index_where_a_variable_says() {
        let made = made_for(&[], &[], Some(7));
        assert_eq!(made[&made["BATCH_JOB_ARRAY_INDEX_VAR_NAME"]], "7");
    }

    #[test]
    fn names_and_values_are_as_recorded() {
        let recorded: BTreeMap<String, String> =
            serde_json::from_str(include_str!("../../tests/golden/environment.json")).unwrap();
        assert_eq!(made(&[], &[]), recorded);
    }
}
