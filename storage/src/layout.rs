//! Where the objects that several parts share lie: Flyte's layout, which clients and tasks know.

use crate::Storage;

/// Three names that make an execution's folder.
#[derive(Clone, Copy, Debug)]
pub struct ExecutionPath<'a> {
    /// Project id.
    pub project: &'a str,
    /// Domain id.
    pub domain: &'a str,
    /// Execution name.
    pub name: &'a str,
}

impl ExecutionPath<'_> {
    /// `metadata/P/D/NAME/inputs`: the complete inputs, defaults filled in.
    pub fn inputs(&self, storage: &Storage) -> String {
        storage.uri(&["metadata", self.project, self.domain, self.name, "inputs"])
    }

    /// `metadata/P/D/NAME/user_inputs`: the inputs as the user sent them.
    pub fn user_inputs(&self, storage: &Storage) -> String {
        storage.uri(&["metadata", self.project, self.domain, self.name, "user_inputs"])
    }

    fn folder(&self) -> String {
        format!("{}-{}-{}", self.project, self.domain, self.name)
    }

    /// `metadata/propeller/P-D-NAME/FOLDER/inputs.pb`: what a node reads, the same for all attempts. The
    /// folder of node `n0` is `n0/data`.
    pub fn node_inputs(&self, storage: &Storage, folder: &[String]) -> String {
        self.node(storage, folder, "inputs.pb")
    }

    /// `metadata/propeller/P-D-NAME/FOLDER/ATTEMPT`: where one attempt writes.
    pub fn attempt_outputs(&self, storage: &Storage, folder: &[String], attempt: u32) -> String {
        self.node(storage, folder, &attempt.to_string())
    }

    fn node(&self, storage: &Storage, folder: &[String], name: &str) -> String {
        let run = self.folder();
        let above = ["metadata", "propeller", &run].into_iter();
        let segments: Vec<&str> = above.chain(folder.iter().map(String::as_str)).chain([name]).collect();
        storage.uri(&segments)
    }
}

/// `metadata/admin/P/D/NAME/VERSION`: the compiled closure of a workflow, an `admin.WorkflowClosure`.
pub fn workflow_closure(storage: &Storage, project: &str, domain: &str, name: &str, version: &str) -> String {
    storage.uri(&["metadata", "admin", project, domain, name, version])
}

/// `ROOT/SHARD/GENERATED`: where an attempt puts bulk data; two characters spread the names.
///
/// A root with the scheme `file` loses it: flytekit refuses that scheme in the literal of a file.
pub fn raw_output(root: &str, generated_name: &str) -> String {
    let root = root.strip_prefix("file://").unwrap_or(root).trim_end_matches('/');
    format!("{root}/{}/{generated_name}", shard(generated_name))
}

/// Two characters of `a..z0..9` from the 32-bit FNV-1a hash of the name.
pub fn shard(name: &str) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let index = (hash % 1296) as usize;
    [LETTERS[index / 36] as char, LETTERS[index % 36] as char].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_bulk_data_is_named_by_its_path() {
        assert_eq!(raw_output("file:///d/objects/data/", "a-n0-0"), raw_output("/d/objects/data", "a-n0-0"));
        assert!(raw_output("file:///d/data", "a-n0-0").starts_with("/d/data/"));
        assert!(raw_output("s3://b/data", "a-n0-0").starts_with("s3://b/data/"));
    }

    /// Names and shards as recorded from Flyte v1.16.8.
    #[test]
    fn shards_are_flytes() {
        for (name, expected) in [
            ("aqzcpcv9fg8hm8skpwgx-n0-0", "co"),
            ("aqzcpcv9fg8hm8skpwgx-n1-0", "bj"),
            ("arhsktp2hj68wtnw7tsg-n0-1", "r0"),
        ] {
            assert_eq!(shard(name), expected, "{name}");
        }
    }
}
