//! Turns `idl/protos` into the committed Rust of `idl/src/gen` and into the descriptor set beside it.
//!
//! It does not need `protoc`: protox parses the files. Run it through `cargo xtask codegen`;
//! with `--check` nothing is written and a difference is an error.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Parts that are large and mostly absent, where a workflow has thousands: a node without them is a third as
/// large, and a binding a fifth.
const BOXED: [&str; 6] = [
    "flyteidl.core.BindingData.union",
    "flyteidl.core.BindingData.value.scalar",
    "flyteidl.core.BindingData.value.offloaded_metadata",
    "flyteidl.core.Literal.value.offloaded_metadata",
    "flyteidl.core.Node.target.gate_node",
    "flyteidl.core.TaskNode.overrides",
];

/// Where the messages begin that stand in users' files: what a page reads and writes as JSON.
const DOCUMENTS: [&str; 7] = [
    "flyteidl/admin/launch_plan.proto",
    "flyteidl/admin/node_execution.proto",
    "flyteidl/admin/task.proto",
    "flyteidl/admin/workflow.proto",
    "flyteidl/core/compiler.proto",
    "flyteidl/core/dynamic_job.proto",
    "flyteidl/core/errors.proto",
];

fn main() -> Result<()> {
    let check = std::env::args().any(|argument| argument == "--check");
    let idl = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("idl folder")?.to_path_buf();
    let fresh = std::env::temp_dir().join(format!("aileron-idl-{}", std::process::id()));
    fs::create_dir_all(&fresh)?;
    generate(&idl.join("protos"), &fresh)?;
    let committed = idl.join("src/gen");
    let result = if check { compare(&fresh, &committed) } else { replace(&fresh, &committed) };
    fs::remove_dir_all(&fresh)?;
    result
}

fn generate(protos: &Path, out: &Path) -> Result<()> {
    let mut files = proto_files(&protos.join("flyteidl"))?;
    files.extend(proto_files(&protos.join("aileron"))?);
    let mut descriptors = protox::Compiler::new([protos])?;
    descriptors.include_imports(true).open_files(&files)?;
    fs::write(out.join("descriptors.bin"), descriptors.encode_file_descriptor_set())?;
    fs::write(out.join("documents.bin"), documents(protos)?)?;
    let mut config = tonic_prost_build::Config::new();
    // Ordered maps make every encoding deterministic, which digests rely on.
    config.btree_map(["."]);
    config.enable_type_names();
    for field in BOXED {
        config.boxed(field);
    }
    config.type_attribute("flyteidl.core.Identifier", "#[derive(PartialOrd, Ord)]");
    config.type_attribute("flyteidl.core.WorkflowExecutionIdentifier", "#[derive(PartialOrd, Ord)]");
    tonic_prost_build::configure()
        .out_dir(out)
        .emit_rerun_if_changed(false)
        // A server implements the RPCs it has; the rest answer UNIMPLEMENTED.
        .generate_default_stubs(true)
        .client_mod_attribute(".", "#[cfg(feature = \"grpc\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"grpc\")]")
        .include_file("mod.rs")
        .compile_fds_with_config(without_options(descriptors.file_descriptor_set()), config)?;
    Ok(())
}

/// The descriptors of [`DOCUMENTS`] and their imports.
fn documents(protos: &Path) -> Result<Vec<u8>> {
    let mut descriptors = protox::Compiler::new([protos])?;
    descriptors.include_imports(true).open_files(DOCUMENTS)?;
    Ok(descriptors.encode_file_descriptor_set())
}

/// The REST options are for reflection only; google.protobuf stays, as prost maps it to prost-types.
fn without_options(mut set: prost_types::FileDescriptorSet) -> prost_types::FileDescriptorSet {
    set.file.retain(|file| !file.package().starts_with("google.api"));
    set
}

fn proto_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(proto_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn compare(fresh: &Path, committed: &Path) -> Result<()> {
    if names(fresh)? != names(committed)? {
        bail!("idl/src/gen has other files than the protos give; run `cargo xtask codegen`");
    }
    for name in names(fresh)? {
        if fs::read(fresh.join(&name))? != fs::read(committed.join(&name))? {
            bail!("idl/src/gen/{name} is not what the protos give; run `cargo xtask codegen`");
        }
    }
    Ok(())
}

fn replace(fresh: &Path, committed: &Path) -> Result<()> {
    if committed.exists() {
        fs::remove_dir_all(committed)?;
    }
    fs::create_dir_all(committed)?;
    for name in names(fresh)? {
        fs::copy(fresh.join(&name), committed.join(&name))?;
    }
    Ok(())
}
