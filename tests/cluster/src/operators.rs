//! The definitions of the objects that operators run, as their projects release them (`operators/README.md`).

use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use flate2::read::GzDecoder;

const ALL: [(&str, &[u8]); 6] = [
    ("daskjobs.kubernetes.dask.org", include_bytes!("../operators/daskjobs.kubernetes.dask.org.json.gz")),
    ("mpijobs.kubeflow.org", include_bytes!("../operators/mpijobs.kubeflow.org.json.gz")),
    ("pytorchjobs.kubeflow.org", include_bytes!("../operators/pytorchjobs.kubeflow.org.json.gz")),
    ("rayjobs.ray.io", include_bytes!("../operators/rayjobs.ray.io.json.gz")),
    (
        "sparkapplications.sparkoperator.k8s.io",
        include_bytes!("../operators/sparkapplications.sparkoperator.k8s.io.json.gz"),
    ),
    ("tfjobs.kubeflow.org", include_bytes!("../operators/tfjobs.kubeflow.org.json.gz")),
];

/// The definition of a kind of objects, by its name `PLURAL.GROUP`, as a manifest.
///
/// # Errors
/// When there is none of the name.
pub fn definition(name: &str) -> Result<String> {
    let Some((_, packed)) = ALL.iter().find(|(known, _)| *known == name) else {
        bail!("no definition of `{name}`; there are {:?}", ALL.map(|(name, _)| name));
    };
    let mut text = String::new();
    GzDecoder::new(*packed).read_to_string(&mut text).with_context(|| name.to_owned())?;
    Ok(text)
}
