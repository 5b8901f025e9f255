//! How much of what users drop is read before they are asked.

/// What one dropped file may cost. Each limit has its own problem, which names it, so that a caller can
/// raise that one and try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it is dropped.
    pub bytes: usize,
    /// Bytes of what is inside it, decompressed.
    pub unpacked: usize,
    /// How many times larger than the file its inside may be. The first MiB is free.
    pub ratio: usize,
    /// Bytes of a YAML text, which takes much longer to read than JSON. A custom resource in a cluster has
    /// at most 1.5 MiB.
    pub yaml: usize,
    /// Files of an archive, elements of a list, or documents of a YAML stream.
    pub entries: usize,
    /// Levels of messages in messages. Protobuf's decoders end at 100, so that raising it further has no
    /// effect.
    pub depth: usize,
    /// Nodes of a workflow with its sub-workflows.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            unpacked: 256 << 20,
            ratio: 200,
            yaml: 4 << 20,
            entries: 10_000,
            depth: 100,
            nodes: 100_000,
        }
    }
}

impl Limits {
    /// For a user who has been told and insists: only what cannot be done at all is refused.
    #[must_use]
    pub fn none() -> Self {
        let all = usize::MAX;
        Self { bytes: all, unpacked: all, ratio: all, yaml: all, entries: all, depth: 100, nodes: all }
    }
}
