//! The message in a task that its plugin reads.

use aileron_idl::core::TaskTemplate;
use aileron_idl::json;
use prost::{Message, Name};

use super::BuildError;
use super::pod::source::structure;

/// Reads a task's custom part. Fields of later versions are ignored; numbers, which are floats there, are whole where
/// the message wants whole ones; a part that is missing is empty.
///
/// # Errors
/// When a field is of another type than the message's.
pub(crate) fn read<M: Message + Name + Default>(task: &TaskTemplate) -> Result<M, BuildError> {
    let Some(custom) = &task.custom else { return Ok(M::default()) };
    json::from_value(&structure(custom)).map_err(|error| {
        BuildError::Task(format!(
            "the settings of this `{}` task are no {} ({error}); it may be registered by another version of its \
             flytekit plugin",
            task.r#type,
            M::NAME
        ))
    })
}

#[cfg(test)]
mod tests {
    use aileron_idl::plugins::kubeflow::{CleanPodPolicy, RunPolicy};
    use prost_types::value::Kind;
    use prost_types::{Struct, Value};

    use super::*;

    fn read_from(fields: &[(&str, Kind)]) -> Result<RunPolicy, BuildError> {
        let value = |kind: &Kind| Value { kind: Some(kind.clone()) };
        let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), value(kind))).collect();
        read(&TaskTemplate { custom: Some(Struct { fields }), r#type: "mpi".into(), ..Default::default() })
    }

    #[test]
    fn a_message_is_read_however_its_numbers_and_names_are_written() {
        for (backoff, policy) in [
            (Kind::NumberValue(3.0), Kind::StringValue("CLEANPOD_POLICY_ALL".into())),
            (Kind::StringValue("3".into()), Kind::NumberValue(2.0)),
        ] {
            let found = read_from(&[
                ("backoffLimit", backoff),
                ("cleanPodPolicy", policy),
                ("ofALaterVersion", Kind::BoolValue(true)),
                ("ttlSecondsAfterFinished", Kind::NullValue(0)),
            ])
            .unwrap();
            assert_eq!(
                (found.backoff_limit, found.clean_pod_policy()),
                (3, CleanPodPolicy::CleanpodPolicyAll)
            );
        }
    }

    #[test]
    fn what_is_of_another_type_is_refused_and_says_what_to_look_at() {
        for kind in [Kind::StringValue("many".into()), Kind::NumberValue(1.5), Kind::NumberValue(1e20)] {
            let error = read_from(&[("backoffLimit", kind)]).unwrap_err().to_string();
            assert!(error.contains("no RunPolicy"), "{error}");
            assert!(error.contains("another version of its flytekit plugin"), "{error}");
        }
    }
}
