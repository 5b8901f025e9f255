//! What is sent.

use aileron_idl::admin::{ExecutionCreateRequest, ExecutionSpec};
use aileron_idl::core::{Identifier, LiteralMap};

use super::options::{Options, Problem};
use crate::model::route::Place;

/// The request of a launch. `spec` is that of the launch that is repeated, or the default.
///
/// # Errors
/// Every option that cannot be.
pub fn request(
    place: &Place,
    target: Identifier,
    spec: &ExecutionSpec,
    options: &Options,
    inputs: LiteralMap,
) -> Result<ExecutionCreateRequest, Vec<Problem>> {
    let mut spec = ExecutionSpec { launch_plan: Some(target), ..spec.clone() };
    // Who launched, from where and when, is for the server to say.
    spec.metadata = None;
    options.apply(&mut spec)?;
    Ok(ExecutionCreateRequest {
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: options.name.trim().to_owned(),
        spec: Some(spec),
        inputs: Some(inputs),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn a_launch_is_repeated_to_the_byte() {
        let target =
            Identifier { name: "a.b".into(), version: "v1".into(), resource_type: 3, ..Default::default() };
        let mut spec =
            ExecutionSpec { launch_plan: Some(target.clone()), max_parallelism: 3, ..Default::default() };
        Options { envs: "A=1".into(), ..Options::of(&spec) }.apply(&mut spec).expect("it can be");
        let first = ExecutionCreateRequest {
            project: "p".into(),
            domain: "d".into(),
            spec: Some(spec.clone()),
            inputs: Some(LiteralMap::default()),
            ..Default::default()
        };
        let again = request(&Place::new("p", "d"), target, &spec, &Options::of(&spec), LiteralMap::default());
        assert_eq!(again.map(|request| request.encode_to_vec()), Ok(first.encode_to_vec()));
    }
}
