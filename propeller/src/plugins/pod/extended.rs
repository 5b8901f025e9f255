//! GPUs of a kind, parts of them, and shared memory.

use aileron_idl::core::gpu_accelerator::PartitionSizeValue;
use aileron_idl::core::{ExtendedResources, GpuAccelerator, SharedMemory};
use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, NodeSelectorRequirement, PodSpec, Toleration, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::super::{BuildError, TaskView};
use super::schedule::require;
use super::source::{Source, wrong};

/// Applies what this use of the task, or the task, asks for.
pub(super) fn apply(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    let own = view.task.extended_resources.as_ref();
    let over = view.overrides.and_then(|overrides| overrides.extended_resources.as_ref());
    let asked = |find: fn(&ExtendedResources) -> bool| over.filter(|found| find(found)).or(own);
    let gpu = asked(|found| found.gpu_accelerator.is_some()).and_then(|found| found.gpu_accelerator.as_ref());
    if let Some(gpu) = gpu.filter(|_| has_gpus(view, &source.spec)) {
        accelerate(view, &mut source.spec, gpu);
    }
    let memory = asked(|found| found.shared_memory.is_some()).and_then(|found| found.shared_memory.as_ref());
    memory.map_or(Ok(()), |memory| share_memory(source, memory))
}

fn has_gpus(view: &TaskView<'_>, spec: &PodSpec) -> bool {
    let name = &view.config.gpu_resource_name;
    let limits = spec.containers.iter().filter_map(|container| container.resources.as_ref()?.limits.as_ref());
    limits.flat_map(|limits| limits.keys()).any(|found| found == name)
}

fn accelerate(view: &TaskView<'_>, spec: &mut PodSpec, gpu: &GpuAccelerator) {
    let config = view.config;
    if !gpu.device.is_empty() {
        of_kind(spec, &config.gpu_device_node_label, &gpu.device);
    }
    match &gpu.partition_size_value {
        Some(PartitionSizeValue::PartitionSize(size)) => {
            of_kind(spec, &config.gpu_partition_size_node_label, size);
        }
        Some(PartitionSizeValue::Unpartitioned(true)) => {
            let absent = || NodeSelectorRequirement {
                key: config.gpu_partition_size_node_label.clone(),
                operator: "DoesNotExist".to_owned(),
                values: None,
            };
            require(spec, &config.gpu_unpartitioned_node_selector_requirement.clone().unwrap_or_else(absent));
            spec.tolerations.get_or_insert_default().extend(config.gpu_unpartitioned_toleration.clone());
        }
        Some(PartitionSizeValue::Unpartitioned(false)) | None => {}
    }
}

/// Only nodes with this label, whose taint of the same name is tolerated.
fn of_kind(spec: &mut PodSpec, label: &str, value: &str) {
    require(
        spec,
        &NodeSelectorRequirement {
            key: label.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![value.to_owned()]),
        },
    );
    spec.tolerations.get_or_insert_default().push(Toleration {
        key: Some(label.to_owned()),
        operator: Some("Equal".to_owned()),
        value: Some(value.to_owned()),
        effect: Some("NoSchedule".to_owned()),
        toleration_seconds: None,
    });
}

fn share_memory(source: &mut Source, memory: &SharedMemory) -> Result<(), BuildError> {
    let SharedMemory { mount_path, mount_name, size_limit } = memory;
    if mount_path.is_empty() || mount_name.is_empty() {
        return Err(wrong("shared memory needs a name and a path to be mounted at"));
    }
    let volumes = source.spec.volumes.get_or_insert_default();
    if volumes.iter().any(|volume| volume.name == *mount_name) {
        return Err(wrong(&format!("shared memory is named `{mount_name}`, as another volume of the pod")));
    }
    let medium = EmptyDirVolumeSource {
        medium: Some("Memory".to_owned()),
        size_limit: Some(Quantity(size_limit.clone())).filter(|limit| !limit.0.is_empty()),
    };
    volumes.push(Volume { name: mount_name.clone(), empty_dir: Some(medium), ..Default::default() });
    let Some(primary) = source.primary_container() else { return Ok(()) };
    let mounts = primary.volume_mounts.get_or_insert_default();
    if mounts.iter().any(|mount| mount.mount_path == *mount_path) {
        return Err(wrong(&format!("shared memory is mounted at `{mount_path}`, where another volume is")));
    }
    mounts.push(VolumeMount {
        name: mount_name.clone(),
        mount_path: mount_path.clone(),
        ..Default::default()
    });
    Ok(())
}
