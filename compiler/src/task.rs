//! Compiling a task: what must be true of it by itself.

use aileron_idl::core::task_template::Target;
use aileron_idl::core::{CompiledTask, Container, K8sPod, TaskTemplate};

use crate::check::{self, invalid_value, unrecognized_value, value_required};
use crate::diagnostic::{Diagnostic, Location};
use crate::findings::Findings;
use crate::signature::Signature;

/// Checks a task's interface and what it runs: a container has an image, and a command when it has
/// something to read or write; amounts of resources are quantities; a pod has named containers. Other
/// kinds of tasks are left to what runs them.
///
/// # Errors
/// Every finding, up to a thousand; a task has no warnings.
pub fn compile_task(template: &TaskTemplate) -> Result<CompiledTask, Vec<Diagnostic>> {
    let mut found = Findings::default();
    found.extend(template.id.is_none().then(value_required::task_id));
    found.extend(check::interface(template.interface.as_ref()));
    match &template.target {
        Some(Target::Container(container)) => {
            found.extend(container_findings(container, &Signature::of(template.interface.as_ref())));
        }
        Some(Target::K8sPod(pod)) => found.extend(pod_findings(pod)),
        Some(Target::Sql(_)) | None => {}
    }
    found.verdict()?;
    Ok(CompiledTask { template: Some(template.clone()) })
}

fn container_findings(container: &Container, signature: &Signature<'_>) -> Vec<Diagnostic> {
    let has_data = !signature.inputs.is_empty() || !signature.outputs.is_empty();
    let idle = container.command.is_empty() && container.args.is_empty();
    let image = container.image.is_empty().then(value_required::image);
    let command = (has_data && idle).then(value_required::command);
    let place = Location::variable("container.resources");
    let quantities = unrecognized_value::quantities(&place, container.resources.as_ref());
    image.into_iter().chain(command).chain(quantities).collect()
}

fn pod_findings(pod: &K8sPod) -> Vec<Diagnostic> {
    match &pod.pod_spec {
        Some(spec) => invalid_value::pod(spec),
        None => vec![value_required::pod_spec()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{id, interface};
    use crate::types::samples::int;
    use aileron_idl::core::resources::ResourceEntry;
    use aileron_idl::core::{Resources, Sql};
    use expect_test::{Expect, expect};

    fn task(target: Target) -> TaskTemplate {
        let interface = Some(interface(&[("a", int())], &[]));
        TaskTemplate { id: Some(id("t")), interface, target: Some(target), ..TaskTemplate::default() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
    fn check(target: Target, expected: Expect) {
        let found = compile_task(&task(target)).err().unwrap_or_default();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        expected.assert_eq(&found.join("\n"));
    }

    #[test]
    fn a_container_needs_an_image_a_command_and_quantities() {
        let entry = ResourceEntry { name: 1, value: "lots".to_owned() };
        let resources = Some(Resources { requests: vec![], limits: vec![entry] });
        check(
            Target::Container(Container { resources, ..Container::default() }),
            expect![[r#"
            ValueRequired at container.image: the container has no image (name the image to run)
            ValueRequired at container.command: the container has inputs or outputs, but neither command nor arguments (say how it reads them)
            UnrecognizedValue at container.resources: the CPU limit 'lots' is not a quantity (write a number with an optional unit: n, u, m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei)"#]],
        );
    }

    #[test]
    fn a_pod_needs_a_spec() {
        check(
            Target::K8sPod(K8sPod::default()),
            expect![
                "ValueRequired at k8s_pod.pod_spec: the pod has no spec (give it at least one container)"
            ],
        );
    }

    #[test]
    fn other_tasks_pass_unchanged() {
        let query = task(Target::Sql(Sql::default()));
        assert_eq!(compile_task(&query).unwrap().template, Some(query));
    }
}
