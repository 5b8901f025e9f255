//! What is launched, from the server: expected inputs, defaults, and the launch that is repeated.

use aileron_compiler::values;
use aileron_idl::admin::{ExecutionSpec, LaunchPlanSpec};
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{
    Identifier, LiteralMap, NodeExecutionIdentifier, Parameter, ParameterMap, ResourceType,
    WorkflowExecutionIdentifier,
};

use crate::api::{self, ApiError, Code, Data};
use crate::model::launch::Form;
use crate::model::launch::options::Options;
use crate::model::query::Query;
use crate::model::route::{Entity, Place};

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) kind: Option<Entity>,
    pub(super) name: String,
    /// Empty for the active one, or the newest.
    pub(super) version: String,
    /// The execution that is launched again.
    pub(super) relaunch: String,
    /// Inputs to begin with, in JSON.
    inputs: String,
    /// The execution and its node whose inputs are begun with.
    of: String,
    node: String,
}

impl Asked {
    pub(super) fn of(query: &Query) -> Self {
        let text = |name| query.get(name).unwrap_or_default().to_owned();
        let kind = query.get("kind").and_then(|key| Entity::ALL.into_iter().find(|kind| kind.key() == key));
        Self {
            kind,
            name: text("name"),
            version: text("version"),
            relaunch: text("relaunch"),
            inputs: text("inputs"),
            of: text("of"),
            node: text("node"),
        }
    }
}

/// A form, ready to be filled in.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) target: Identifier,
    pub(super) form: Form,
    /// The spec that is repeated; the default for a new launch.
    pub(super) base: ExecutionSpec,
    pub(super) options: Options,
    /// What the launch plan says of the options.
    pub(super) plan: Options,
    /// What could not be filled in, and why.
    pub(super) remarks: Vec<String>,
}

/// Asks for what is launched; none while nothing is chosen.
pub(super) async fn load(place: &Place, asked: &Asked) -> Result<Option<Loaded>, ApiError> {
    if !asked.relaunch.is_empty() {
        return again(place, &asked.relaunch).await.map(Some);
    }
    let Some(kind) = asked.kind.filter(|_| !asked.name.is_empty()) else { return Ok(None) };
    let version = if asked.version.is_empty() {
        newest(place, kind, &asked.name).await?
    } else {
        asked.version.clone()
    };
    let mut loaded = form(identifier(place, kind, &asked.name, &version)).await?;
    if !asked.node.is_empty() {
        let execution_id = Some(execution(place, &asked.of));
        let node = NodeExecutionIdentifier { node_id: asked.node.clone(), execution_id };
        fill(&mut loaded, api::node_data(&node).await?);
    }
    if !asked.inputs.is_empty() {
        let filled = values::parse_json(&asked.inputs)
            .map_err(|finding| finding.message)
            .and_then(|json| loaded.form.fill_json(&json));
        loaded
            .remarks
            .extend(filled.err().map(|problem| format!("The address's inputs were not taken: {problem}")));
    }
    Ok(Some(loaded))
}

fn identifier(place: &Place, kind: Entity, name: &str, version: &str) -> Identifier {
    // A workflow is launched by the launch plan of its own name.
    let kind = if kind == Entity::Task { ResourceType::Task } else { ResourceType::LaunchPlan };
    Identifier {
        resource_type: kind as i32,
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.to_owned(),
        version: version.to_owned(),
        ..Default::default()
    }
}

/// The active version of a launch plan, or else the newest.
async fn newest(place: &Place, kind: Entity, name: &str) -> Result<String, ApiError> {
    let (versions, _) = api::versions(place, kind, name, 50, String::new()).await?;
    let active = versions.iter().find(|version| version.is_active).or_else(|| versions.first());
    active.map(|version| version.version.clone()).ok_or_else(|| ApiError {
        question: "version",
        code: Code::NotFound,
        message: format!("no version of {name} is registered"),
    })
}

async fn form(target: Identifier) -> Result<Loaded, ApiError> {
    let (expected, fixed, plan) = if target.resource_type == ResourceType::Task as i32 {
        let task = api::task(&target).await?;
        let template = task.closure.and_then(|closure| closure.compiled_task?.template).unwrap_or_default();
        let inputs = template.interface.and_then(|interface| interface.inputs).unwrap_or_default();
        let required = |(name, variable)| {
            (name, Parameter { var: Some(variable), behavior: Some(Behavior::Required(true)) })
        };
        let parameters = inputs.variables.into_iter().map(required).collect();
        (ParameterMap { parameters }, LiteralMap::default(), LaunchPlanSpec::default())
    } else {
        let plan = api::launch_plan(&target).await?;
        let spec = plan.spec.unwrap_or_default();
        let expected = plan.closure.and_then(|closure| closure.expected_inputs).unwrap_or_default();
        (expected, spec.fixed_inputs.clone().unwrap_or_default(), spec)
    };
    Ok(Loaded {
        target,
        form: Form::new(expected, fixed),
        base: ExecutionSpec::default(),
        options: Options::default(),
        plan: of_plan(plan),
        remarks: Vec::new(),
    })
}

fn of_plan(plan: LaunchPlanSpec) -> Options {
    Options::of(&ExecutionSpec {
        labels: plan.labels,
        annotations: plan.annotations,
        envs: plan.envs,
        max_parallelism: plan.max_parallelism,
        interruptible: plan.interruptible,
        overwrite_cache: plan.overwrite_cache,
        raw_output_data_config: plan.raw_output_data_config,
        security_context: plan.security_context,
        cluster_assignment: plan.cluster_assignment,
        quality_of_service: plan.quality_of_service,
        ..ExecutionSpec::default()
    })
}

/// The form as an execution was launched.
async fn again(place: &Place, name: &str) -> Result<Loaded, ApiError> {
    let id = execution(place, name);
    let spec = api::execution(&id).await?.spec.unwrap_or_default();
    let data = api::execution_data(&id).await?;
    let mut loaded = form(spec.launch_plan.clone().unwrap_or_default()).await?;
    fill(&mut loaded, data);
    loaded.options = Options::of(&spec);
    loaded.base = spec;
    Ok(loaded)
}

/// Takes over what was given before.
fn fill(loaded: &mut Loaded, given: Data) {
    let gone = loaded.form.fill(&given.inputs);
    if !gone.is_empty() {
        loaded.remarks.push(format!("These inputs are not there any more: {}.", gone.join(", ")));
    }
    for (what, url) in given.elsewhere {
        loaded.remarks.push(format!("The {what} were too large to be taken over; they are at {url}."));
    }
}

fn execution(place: &Place, name: &str) -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier {
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.to_owned(),
        ..Default::default()
    }
}
