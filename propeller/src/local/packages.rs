//! What to install when a task of a plugin's type misses a package.

use aileron_engine::Failure;

/// Task types, and what pip installs for them.
const PACKAGES: [(&str, &str); 6] = [
    ("dask", "flytekitplugins-dask"),
    ("ray", "flytekitplugins-ray"),
    ("spark", "flytekitplugins-spark (and a Java runtime)"),
    ("pytorch", "flytekitplugins-kfpytorch torch"),
    ("tensorflow", "flytekitplugins-kftensorflow tensorflow"),
    ("mpi", "flytekitplugins-kfmpi (and mpirun)"),
];
/// How Python says that a package is missing.
const MISSING: [&str; 3] = ["ModuleNotFoundError", "ImportError", "JAVA_GATEWAY_EXITED"];

/// The failure, with what to install if that is what it is about.
pub(super) fn hinted(task_type: &str, failure: Failure) -> Failure {
    let known = PACKAGES.iter().find(|(name, _)| *name == task_type);
    match known.filter(|_| MISSING.iter().any(|word| failure.message.contains(word))) {
        None => failure,
        Some((name, packages)) => {
            let hint = format!(
                "\n\nTasks of type `{name}` run on this machine alone, with its processors: `pip install {packages}` in \
                 the environment that `task_path` names."
            );
            Failure { message: failure.message + &hint, ..failure }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_package_is_named_for_the_types_that_need_it() {
        let failed = |message: &str| Failure::system("c", message);
        let missing = "ModuleNotFoundError: No module named 'distributed'";
        let hint = |task_type: &str, message: &str| hinted(task_type, failed(message)).message;
        assert!(
            hint("dask", missing)
                .ends_with("`pip install flytekitplugins-dask` in the environment that `task_path` names.")
        );
        assert_eq!(hint("python-task", missing), missing);
        assert_eq!(hint("ray", "ValueError: 3"), "ValueError: 3");
    }
}
