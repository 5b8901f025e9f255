//! What brings a raw container its inputs as files, and takes its outputs from files.
//!
//! Inputs are downloaded by an init container. Outputs are uploaded by one that goes on running beside the
//! task (a native sidecar) and is told to end when the task has: it uploads then.

use aileron_idl::core::{DataLoadingConfig, VariableMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, ResourceRequirements, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use prost::Message;

use super::super::config::Copilot;
use super::super::{BuildError, TaskView};
use super::container::{last_of_each, of_platform};
use super::source::{Source, wrong};

/// Adds the copilot's containers and volumes, if the task asks for them.
pub(super) fn add(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    let Some(data) = source.data.clone() else { return Ok(()) };
    let copilot = &view.config.co_pilot;
    let places = Places::new(copilot, &data);
    if places.input == places.output {
        return Err(wrong(&format!("the container's inputs and outputs are both at `{}`", places.input)));
    }
    let interface = view.task.interface.as_ref();
    let inputs = interface.and_then(|interface| interface.inputs.clone()).filter(has_variables);
    let outputs = interface.and_then(|interface| interface.outputs.clone()).filter(has_variables);
    let mut before = Vec::new();
    if let Some(outputs) = &outputs {
        before.push(uploader(view, &places, outputs));
        mount(source, &copilot.output_vol_name, &places.output);
        source.spec.termination_grace_period_seconds =
            Some(i64::try_from(copilot.timeout.as_secs()).unwrap_or(i64::MAX));
    }
    if let Some(inputs) = &inputs {
        before.push(downloader(view, &places, (&data, inputs)));
        mount(source, &copilot.input_vol_name, &places.input);
    }
    before.extend(source.spec.init_containers.take().unwrap_or_default());
    source.spec.init_containers = super::source::some(before);
    Ok(())
}

struct Places {
    input: String,
    output: String,
}

impl Places {
    fn new(copilot: &Copilot, data: &DataLoadingConfig) -> Places {
        let or = |given: &String, default: &String| if given.is_empty() { default } else { given }.clone();
        Places {
            input: or(&data.input_path, &copilot.default_input_path),
            output: or(&data.output_path, &copilot.default_output_path),
        }
    }
}

fn has_variables(map: &VariableMap) -> bool {
    !map.variables.is_empty()
}

fn mount(source: &mut Source, volume: &str, path: &str) {
    let empty = Some(EmptyDirVolumeSource::default());
    let volumes = source.spec.volumes.get_or_insert_default();
    volumes.push(Volume { name: volume.to_owned(), empty_dir: empty, ..Default::default() });
    if let Some(primary) = source.primary_container() {
        primary.volume_mounts.get_or_insert_default().push(mounted(volume, path));
    }
}

fn mounted(volume: &str, path: &str) -> VolumeMount {
    VolumeMount { name: volume.to_owned(), mount_path: path.to_owned(), ..Default::default() }
}

fn downloader(
    view: &TaskView<'_>,
    places: &Places,
    (data, inputs): (&DataLoadingConfig, &VariableMap),
) -> Container {
    let names = view.values.names;
    let interface = BASE64_STANDARD.encode(inputs.encode_to_vec());
    let format = data.format().as_str_name().to_ascii_lowercase();
    let arguments = [
        "download",
        "--from",
        &names.input,
        "--to-folder",
        &places.input,
        "--format",
        &format,
        "--inputs",
        &interface,
    ]
    .map(str::to_owned);
    let volume = mounted(&view.config.co_pilot.input_vol_name, &places.input);
    container(view, "downloader", &arguments, volume)
}

fn uploader(view: &TaskView<'_>, places: &Places, outputs: &VariableMap) -> Container {
    let names = view.values.names;
    let interface = BASE64_STANDARD.encode(outputs.encode_to_vec());
    let arguments = [
        "upload",
        "--from-folder",
        &places.output,
        "--to",
        &names.output_prefix,
        "--raw",
        &names.raw_output_prefix,
        "--outputs",
        &interface,
    ]
    .map(str::to_owned);
    let volume = mounted(&view.config.co_pilot.output_vol_name, &places.output);
    Container { restart_policy: Some("Always".to_owned()), ..container(view, "uploader", &arguments, volume) }
}

/// A container of the copilot reaches the objects by the same variables as tasks.
fn container(view: &TaskView<'_>, role: &str, arguments: &[String], volume: VolumeMount) -> Container {
    let copilot = &view.config.co_pilot;
    let amounts = [("cpu", &copilot.cpu), ("memory", &copilot.memory)];
    let amounts: std::collections::BTreeMap<_, _> =
        amounts.map(|(name, amount)| (name.to_owned(), Quantity(amount.clone()))).into();
    let variables = last_of_each(of_platform(view).collect());
    let policy = Some(view.config.image_pull_policy.clone()).filter(|policy| !policy.is_empty());
    Container {
        name: format!("{}{role}", copilot.name),
        image: Some(copilot.image.clone()),
        command: Some(vec!["aileron".to_owned(), "copilot".to_owned()]),
        args: Some(arguments.to_vec()),
        env: super::source::some(variables),
        resources: Some(ResourceRequirements {
            requests: Some(amounts.clone()),
            limits: Some(amounts),
            claims: None,
        }),
        volume_mounts: Some(vec![volume]),
        image_pull_policy: policy,
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..Default::default()
    }
}
