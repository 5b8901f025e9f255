//! What a task needs to reach the same objects: the variables that flytekit and the libraries under it
//! read.

use crate::target::{Place, Target};

/// Flytekit's name for one of a provider's variables.
const FOR_S3: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "FLYTE_AWS_ACCESS_KEY_ID"),
    ("AWS_SECRET_ACCESS_KEY", "FLYTE_AWS_SECRET_ACCESS_KEY"),
];
const FOR_AZURE: [(&str, &str); 5] = [
    ("AZURE_STORAGE_ACCOUNT_NAME", "FLYTE_AZURE_STORAGE_ACCOUNT_NAME"),
    ("AZURE_STORAGE_ACCOUNT_KEY", "FLYTE_AZURE_STORAGE_ACCOUNT_KEY"),
    ("AZURE_TENANT_ID", "FLYTE_AZURE_TENANT_ID"),
    ("AZURE_CLIENT_ID", "FLYTE_AZURE_CLIENT_ID"),
    ("AZURE_CLIENT_SECRET", "FLYTE_AZURE_CLIENT_SECRET"),
];

impl Target {
    /// The store that an object is in, as a task reaches it: by the variables of
    /// [`task_environment`](Target::task_environment).
    pub fn of_task(uri: &str, mut environment: Vec<(String, String)>) -> Target {
        let find = |wanted: &str, all: &[(String, String)]| {
            all.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
        };
        for (ours, theirs) in FOR_S3.iter().chain(&FOR_AZURE) {
            if find(ours, &environment).is_none()
                && let Some(value) = find(theirs, &environment)
            {
                environment.push(((*ours).to_owned(), value));
            }
        }
        let root = match uri.split_once("://") {
            Some((scheme, rest)) if scheme != "file" => {
                format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
            }
            _ => uri.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        };
        let endpoint = find("FLYTE_AWS_ENDPOINT", &environment).filter(|_| root.starts_with("s3:"));
        Target {
            allow_http: endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http:")),
            endpoint,
            region: find("AWS_DEFAULT_REGION", &environment),
            virtual_host: find("FLYTE_AWS_ADDRESSING_STYLE", &environment).as_deref() == Some("virtual"),
            environment,
            ..Target::new(root)
        }
    }

    /// Variables for the environment of tasks; none for a folder, which needs no key.
    ///
    /// A task gets the credentials that we have ourselves: what it reads and writes lies beside what
    /// we do.
    pub fn task_environment(&self) -> Vec<(String, String)> {
        match self.place() {
            Ok(Place::S3(_)) => self.for_s3(),
            Ok(Place::Gcs(_)) => {
                let mut all = self.passed_on("GOOGLE_");
                all.extend(self.setting("STORAGE_EMULATOR_HOST", self.endpoint.as_deref()));
                all
            }
            Ok(Place::Azure { account, .. }) => self.for_azure(account.as_deref()),
            Ok(Place::Folder(_) | Place::Memory) | Err(_) => Vec::new(),
        }
    }

    fn for_s3(&self) -> Vec<(String, String)> {
        let mut all = self.passed_on("AWS_");
        // Flytekit knows no session token, without which these two are of no use.
        if self.variable("AWS_SESSION_TOKEN").is_none() {
            all.extend(self.translated(&FOR_S3));
        }
        let endpoint = self.endpoint.as_deref().or(self.variable("AWS_ENDPOINT_URL"));
        all.extend(self.setting("FLYTE_AWS_ENDPOINT", endpoint.or(self.variable("AWS_ENDPOINT"))));
        all.extend(self.setting("AWS_DEFAULT_REGION", self.region.as_deref()));
        all.extend(self.setting("FLYTE_AWS_ADDRESSING_STYLE", self.virtual_host.then_some("virtual")));
        all
    }

    fn for_azure(&self, account: Option<&str>) -> Vec<(String, String)> {
        let mut all = self.passed_on("AZURE_");
        all.extend(self.translated(&FOR_AZURE));
        all.extend(self.setting("FLYTE_AZURE_STORAGE_ACCOUNT_NAME", account));
        all
    }

    fn passed_on(&self, prefix: &str) -> Vec<(String, String)> {
        self.variables(prefix).cloned().collect()
    }

    fn translated(&self, names: &[(&str, &str)]) -> Vec<(String, String)> {
        let value =
            |&(ours, theirs): &(&str, &str)| Some((theirs.to_owned(), self.variable(ours)?.to_owned()));
        names.iter().filter_map(value).collect()
    }

    fn setting(&self, name: &str, value: Option<&str>) -> Option<(String, String)> {
        value.map(|value| (name.to_owned(), value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(target: &Target) -> String {
        let all = target.task_environment();
        all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_a_task_is_told_names_the_store_again() {
        let told = environment(&[
            ("FLYTE_AWS_ENDPOINT", "http://h:9"),
            ("FLYTE_AWS_ACCESS_KEY_ID", "A"),
            ("FLYTE_AWS_SECRET_ACCESS_KEY", "S"),
        ]);
        let target = Target::of_task("s3://b/x/y", told);
        assert_eq!((target.uri.as_str(), target.endpoint.as_deref()), ("s3://b", Some("http://h:9")));
        assert!(target.allow_http);
        assert_eq!(target.variable("AWS_SECRET_ACCESS_KEY"), Some("S"));
        assert_eq!(Target::of_task("/a/b/c", Vec::new()).uri, "/a/b");
    }

    #[test]
    fn tasks_reach_the_same_store() {
        let mut target = Target {
            endpoint: Some("http://h:9".into()),
            region: Some("r".into()),
            environment: environment(&[
                ("AWS_ACCESS_KEY_ID", "A"),
                ("AWS_SECRET_ACCESS_KEY", "S"),
                ("X", "Y"),
            ]),
            ..Target::new("s3://b")
        };
        assert_eq!(
            shown(&target),
            "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S FLYTE_AWS_ACCESS_KEY_ID=A \
             FLYTE_AWS_SECRET_ACCESS_KEY=S FLYTE_AWS_ENDPOINT=http://h:9 AWS_DEFAULT_REGION=r"
        );
        target.environment.push(("AWS_SESSION_TOKEN".into(), "T".into()));
        assert!(!shown(&target).contains("FLYTE_AWS_ACCESS_KEY_ID"), "{}", shown(&target));
        let target = Target {
            environment: environment(&[
                ("AZURE_STORAGE_ACCOUNT_NAME", "a"),
                ("AZURE_STORAGE_ACCOUNT_KEY", "k"),
            ]),
            ..Target::new("az://c")
        };
        assert!(shown(&target).contains("FLYTE_AZURE_STORAGE_ACCOUNT_KEY=k"), "{}", shown(&target));
        let secret = environment(&[("AWS_ACCESS_KEY_ID", "A")]);
        assert_eq!(shown(&Target { environment: secret, ..Target::new("/folder") }), "");
    }
}
