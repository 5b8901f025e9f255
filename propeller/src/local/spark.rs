//! Spark tasks on this machine: what an operator would give their driver, flytekit leaves to whoever starts it.

use std::collections::BTreeMap;

use aileron_idl::core::TaskTemplate;
use aileron_idl::plugins::SparkJob;

use crate::container::shell::quoted;
use crate::plugins::{BuildError, custom};

const TASK_TYPE: &str = "spark";
/// From where pyspark has its settings.
const SETTINGS: &str = "PYSPARK_SUBMIT_ARGS";
/// As flytekit has it for a Spark of one machine: nobody else reaches it.
const ADDRESS: (&str, &str) = ("spark.driver.bindAddress", "127.0.0.1");
/// Hadoop's settings are Spark's with this before them.
const OF_HADOOP: &str = "spark.hadoop.";

/// The variable by which the Spark that a task begins has the task's settings.
///
/// # Errors
/// When the task's message is none of Spark's.
pub(super) fn settings(task: &TaskTemplate) -> Result<Option<(String, String)>, BuildError> {
    if task.r#type != TASK_TYPE {
        return Ok(None);
    }
    let job: SparkJob = custom::read(task)?;
    let hadoop = job.hadoop_conf.into_iter().map(|(name, value)| (format!("{OF_HADOOP}{name}"), value));
    let mut all = BTreeMap::from([(ADDRESS.0.to_owned(), ADDRESS.1.to_owned())]);
    all.extend(hadoop.chain(job.spark_conf));
    let mut line: String =
        all.iter().map(|(name, value)| format!("--conf {} ", quoted(&format!("{name}={value}")))).collect();
    line += "pyspark-shell";
    Ok(Some((SETTINGS.to_owned(), line)))
}

#[cfg(test)]
mod tests {
    use aileron_idl::json::structure;
    use serde_json::{Value, json};

    use super::*;

    fn found(task_type: &str, custom: &Value) -> Result<Option<String>, String> {
        let custom = Some(structure(custom.as_object().unwrap()));
        let task = TaskTemplate { r#type: task_type.into(), custom, ..TaskTemplate::default() };
        settings(&task).map(|found| found.map(|(_, line)| line)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_settings_of_a_task_are_those_of_the_spark_it_begins() {
        let custom = json!({
            "sparkConf": {"spark.app": "two words", "spark.driver.memory": "1g"},
            "hadoopConf": {"fs.x": "it's"},
        });
        let line = "--conf 'spark.app=two words' --conf spark.driver.bindAddress=127.0.0.1 \
                    --conf spark.driver.memory=1g --conf 'spark.hadoop.fs.x=it'\\''s' pyspark-shell";
        assert_eq!(found("spark", &custom), Ok(Some(line.to_owned())));
        assert_eq!(found("python-task", &custom), Ok(None));
    }

    #[test]
    fn a_task_may_say_where_its_spark_listens() {
        let line = found("spark", &json!({"sparkConf": {"spark.driver.bindAddress": "::1"}}));
        assert_eq!(line, Ok(Some("--conf spark.driver.bindAddress=::1 pyspark-shell".to_owned())));
    }

    #[test]
    fn a_message_of_another_shape_is_refused() {
        let refused = found("spark", &json!({"sparkConf": 3})).unwrap_err();
        assert!(refused.contains("no SparkJob"), "{refused}");
    }
}
